import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import io.opentelemetry.exporter.otlp.logs.OtlpGrpcLogRecordExporter;
import io.opentelemetry.instrumentation.logback.appender.v1_0.OpenTelemetryAppender;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.common.export.RetryPolicy;
import io.opentelemetry.sdk.logs.SdkLoggerProvider;
import io.opentelemetry.sdk.logs.data.LogRecordData;
import io.opentelemetry.sdk.logs.export.BatchLogRecordProcessor;
import io.opentelemetry.sdk.logs.export.LogRecordExporter;
import io.opentelemetry.sdk.resources.Resource;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/** An application that logs by Logback, as the settings in the file of the first argument say; SENDER_… say what. */
class Logback {
  static final Level[] LEVELS = {Level.DEBUG, Level.INFO, Level.WARN, Level.ERROR};

  public static void main(String[] arguments) throws Exception {
    LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
    context.reset();
    JoranConfigurator configurator = new JoranConfigurator();
    configurator.setContext(context);
    configurator.doConfigure(new File(arguments[0]));
    String endpoint = System.getenv("SENDER_OTLP");
    SdkLoggerProvider provider = endpoint == null ? null : install(endpoint);
    log(Integer.parseInt(System.getenv("SENDER_RECORDS")), Integer.parseInt(System.getenv("SENDER_SECONDS")));
    if (provider != null) {
      provider.forceFlush().join(180, TimeUnit.SECONDS);
      provider.shutdown().join(10, TimeUnit.SECONDS);
    }
    context.stop(); // which sends what appenders hold
  }

  static SdkLoggerProvider install(String endpoint) {
    RetryPolicy retries =
        RetryPolicy.builder()
            .setMaxAttempts(5) // more the SDK does not allow
            .setInitialBackoff(Duration.ofSeconds(4))
            .setMaxBackoff(Duration.ofSeconds(15))
            .setRetryExceptionPredicate(error -> true) // also of a connection that broke
            .build();
    LogRecordExporter exporter =
        OtlpGrpcLogRecordExporter.builder().setEndpoint(endpoint).setTimeout(Duration.ofSeconds(120)).setRetryPolicy(retries).build();
    SdkLoggerProvider provider =
        SdkLoggerProvider.builder()
            .setResource(Resource.builder().put("service.name", "senders").put("service.instance.id", "one").build())
            .addLogRecordProcessor(
                BatchLogRecordProcessor.builder(new Watched(exporter))
                    .setMaxQueueSize(65_536)
                    .setMaxExportBatchSize(1_024)
                    .setScheduleDelay(Duration.ofMillis(200))
                    .setExporterTimeout(Duration.ofSeconds(120))
                    .build())
            .build();
    OpenTelemetryAppender.install(OpenTelemetrySdk.builder().setLoggerProvider(provider).build());
    return provider;
  }

  static void log(int records, int seconds) throws InterruptedException {
    Logger logger = LoggerFactory.getLogger("shop.orders");
    long start = System.nanoTime();
    for (int number = 0; number < records; ) {
      long due = Math.min(records, (System.nanoTime() - start) * records / (seconds * 1_000_000_000L) + 1);
      for (; number < due; number++) {
        logger
            .atLevel(LEVELS[number % LEVELS.length])
            .addKeyValue("order", number)
            .addKeyValue("user.name", "user " + number % 97 + " \u00fc\u2713")
            .addKeyValue("paid", number % 2 == 0)
            .log(String.format("record %09d of the sender", number));
      }
      Thread.sleep(20);
    }
  }

  /** An exporter as it is; only what it gives up is noted in SENDER_GIVEN_UP. */
  record Watched(LogRecordExporter exporter) implements LogRecordExporter {
    public CompletableResultCode export(Collection<LogRecordData> logs) {
      CompletableResultCode result = exporter.export(logs);
      return result.whenComplete(
          () -> {
            if (!result.isSuccess()) note(logs);
          });
    }

    public CompletableResultCode flush() {
      return exporter.flush();
    }

    public CompletableResultCode shutdown() {
      return exporter.shutdown();
    }

    static void note(Collection<LogRecordData> logs) {
      StringBuilder numbers = new StringBuilder();
      for (LogRecordData one : logs) numbers.append(Integer.parseInt(one.getBodyValue().asString().substring(7, 16))).append('\n');
      try {
        Path file = Path.of(System.getenv("SENDER_GIVEN_UP"));
        Files.writeString(file, numbers, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
      } catch (java.io.IOException error) {
        throw new java.io.UncheckedIOException(error);
      }
    }
  }
}
