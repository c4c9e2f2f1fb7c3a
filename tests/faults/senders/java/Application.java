import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.exporter.otlp.logs.OtlpGrpcLogRecordExporter;
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
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.ThreadContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * An application that logs by the library that the first argument names, `logback` or `log4j`, as the settings in the file of
 * the second say; SENDER_… say what.
 */
class Application {
  interface Library {
    void log(int number, String text, Map<String, Object> said);

    default void install(OpenTelemetry telemetry) {}

    default void stop() {}
  }

  public static void main(String[] arguments) throws Exception {
    File settings = new File(arguments[1]);
    Library library = arguments[0].equals("log4j") ? new Log4j(settings) : new Logback(settings);
    String endpoint = System.getenv("SENDER_OTLP");
    SdkLoggerProvider provider = endpoint == null ? null : provider(endpoint);
    if (provider != null) library.install(OpenTelemetrySdk.builder().setLoggerProvider(provider).build());
    log(library, Integer.parseInt(System.getenv("SENDER_RECORDS")), Integer.parseInt(System.getenv("SENDER_SECONDS")));
    if (provider != null) {
      provider.forceFlush().join(180, TimeUnit.SECONDS);
      provider.shutdown().join(10, TimeUnit.SECONDS);
    }
    library.stop(); // which sends what appenders hold
  }

  static class Logback implements Library {
    static final Level[] LEVELS = {Level.DEBUG, Level.INFO, Level.WARN, Level.ERROR};
    final LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
    final Logger logger = LoggerFactory.getLogger("shop.orders");

    Logback(File settings) throws Exception {
      context.reset();
      JoranConfigurator configurator = new JoranConfigurator();
      configurator.setContext(context);
      configurator.doConfigure(settings);
    }

    public void install(OpenTelemetry telemetry) {
      io.opentelemetry.instrumentation.logback.appender.v1_0.OpenTelemetryAppender.install(telemetry);
    }

    public void log(int number, String text, Map<String, Object> said) {
      LoggingEventBuilder event = logger.atLevel(LEVELS[number % LEVELS.length]);
      said.forEach(event::addKeyValue);
      event.log(text);
    }

    public void stop() {
      context.stop();
    }
  }

  /** What is said beside the text is the thread's context, whose values are texts. */
  static class Log4j implements Library {
    static final org.apache.logging.log4j.Level[] LEVELS = {
      org.apache.logging.log4j.Level.DEBUG,
      org.apache.logging.log4j.Level.INFO,
      org.apache.logging.log4j.Level.WARN,
      org.apache.logging.log4j.Level.ERROR
    };
    final org.apache.logging.log4j.Logger logger;

    Log4j(File settings) {
      // One context, though this file and its libraries have class loaders of their own where `java` is given the source.
      System.setProperty("log4j2.contextSelector", "org.apache.logging.log4j.core.selector.BasicContextSelector");
      System.setProperty("log4j2.configurationFile", settings.getPath());
      logger = LogManager.getLogger("shop.orders");
    }

    public void install(OpenTelemetry telemetry) {
      io.opentelemetry.instrumentation.log4j.appender.v2_17.OpenTelemetryAppender.install(telemetry);
    }

    public void log(int number, String text, Map<String, Object> said) {
      said.forEach((name, value) -> ThreadContext.put(name, value.toString()));
      logger.log(LEVELS[number % LEVELS.length], text);
    }
  }

  static SdkLoggerProvider provider(String endpoint) {
    RetryPolicy retries =
        RetryPolicy.builder()
            .setMaxAttempts(5) // more the SDK does not allow
            .setInitialBackoff(Duration.ofSeconds(4))
            .setMaxBackoff(Duration.ofSeconds(15))
            .setRetryExceptionPredicate(error -> true) // also of a connection that broke
            .build();
    LogRecordExporter exporter =
        OtlpGrpcLogRecordExporter.builder().setEndpoint(endpoint).setTimeout(Duration.ofSeconds(120)).setRetryPolicy(retries).build();
    return SdkLoggerProvider.builder()
        .setResource(Resource.builder().put("service.name", "senders").put("service.instance.id", "one").build())
        .addLogRecordProcessor(
            BatchLogRecordProcessor.builder(new Watched(exporter))
                .setMaxQueueSize(65_536)
                .setMaxExportBatchSize(1_024)
                .setScheduleDelay(Duration.ofMillis(200))
                .setExporterTimeout(Duration.ofSeconds(120))
                .build())
        .build();
  }

  static void log(Library library, int records, int seconds) throws InterruptedException {
    long start = System.nanoTime();
    for (int number = 0; number < records; ) {
      long due = Math.min(records, (System.nanoTime() - start) * records / (seconds * 1_000_000_000L) + 1);
      for (; number < due; number++) {
        String name = "user " + number % 97 + " \u00fc\u2713";
        Map<String, Object> said = Map.of("order", number, "user.name", name, "paid", number % 2 == 0);
        library.log(number, String.format("record %09d of the sender", number), said);
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
