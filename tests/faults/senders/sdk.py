"""An application that logs by OpenTelemetry's SDK for Python: ``python -m tests.faults.senders.sdk``, configured as its documentation
says, by OTEL_… variables. SENDER_RECORDS, SENDER_SECONDS and SENDER_BEGAN say what it logs.

The numbers of records that the exporter gave up are written to SENDER_GIVEN_UP: the SDK tells nobody else.
"""

import os
import time
from collections.abc import Sequence
from pathlib import Path

from opentelemetry import trace
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.sdk._logs import LoggerProvider, ReadableLogRecord
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor, LogRecordExporter, LogRecordExportResult
from opentelemetry.sdk.resources import Resource
from tests.faults.senders.load import Load
from tests.faults.senders.records import RESOURCE, SCOPE, number_of, record_of

WAIT_FOR_READY = '{"methodConfig": [{"name": [{}], "waitForReady": true}]}'
"""An export waits for a connection until its time is up, and fails at once otherwise: six failures are all that the SDK stands."""
_TURN_SECONDS = 0.02
_LAST_MILLISECONDS = 180_000


class Watched(LogRecordExporter):
    """An exporter as it is; only what it gives up is noted."""

    def __init__(self, exporter: LogRecordExporter, given_up: Path) -> None:
        self._exporter, self._given_up = exporter, given_up

    def export(self, batch: Sequence[ReadableLogRecord]) -> LogRecordExportResult:
        """As the exporter does."""
        result = self._exporter.export(batch)
        if result is not LogRecordExportResult.SUCCESS:
            with self._given_up.open("a", encoding="utf-8") as file:
                file.writelines(f"{number_of(str(one.log_record.body))}\n" for one in batch)
        return result

    def force_flush(self, timeout_millis: int = 10_000) -> bool:
        """As the exporter does."""
        return self._exporter.force_flush(timeout_millis)

    def shutdown(self) -> None:
        """As the exporter does."""
        self._exporter.shutdown()  # type: ignore[no-untyped-call]


def exporter_of(protocol: str) -> LogRecordExporter:
    """The SDK's exporter for OTEL_EXPORTER_OTLP_PROTOCOL."""
    if protocol == "grpc":
        from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter as Grpc

        return Grpc(channel_options=(("grpc.service_config", WAIT_FOR_READY),))
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter as Http

    return Http()


def main() -> None:
    """Log at an even rate, and wait for the last export."""
    load = Load(*(int(os.environ[f"SENDER_{name}"]) for name in ("RECORDS", "SECONDS", "BEGAN")))
    provider = LoggerProvider(Resource(RESOURCE))
    exporter = exporter_of(os.environ["OTEL_EXPORTER_OTLP_PROTOCOL"])
    provider.add_log_record_processor(BatchLogRecordProcessor(Watched(exporter, Path(os.environ["SENDER_GIVEN_UP"]))))
    logger = provider.get_logger(*SCOPE)
    start, number = time.monotonic(), 0
    while number < load.records:
        due = load.due(time.monotonic() - start)
        for at in range(number, due):
            one = record_of(at, load.began)
            span = trace.SpanContext(one.trace_id, one.span_id, is_remote=False, trace_flags=trace.TraceFlags(1))
            logger.emit(
                LogRecord(
                    timestamp=one.time,
                    context=trace.set_span_in_context(trace.NonRecordingSpan(span)),
                    severity_number=SeverityNumber(one.severity),
                    body=one.body,
                    attributes=one.attributes,
                )
            )
        number = due
        time.sleep(_TURN_SECONDS)
    provider.force_flush(_LAST_MILLISECONDS)
    provider.shutdown()


if __name__ == "__main__":
    main()
