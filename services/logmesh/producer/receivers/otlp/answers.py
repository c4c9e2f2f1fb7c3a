"""What an OTLP sender is answered."""

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsPartialSuccess, ExportLogsServiceResponse

from logmesh.producer.receivers.received import Received

_NAMED = 3
"""Of the records that were refused, how many are named with their reason."""


def answer_to(received: Received) -> ExportLogsServiceResponse:
    """Success; a partial one where records were refused, with the reasons of the first."""
    if not received.refused:
        return ExportLogsServiceResponse()
    reasons = "; ".join(f"record {place}: {reason}" for place, reason in received.refused[:_NAMED])
    return ExportLogsServiceResponse(
        partial_success=ExportLogsPartialSuccess(rejected_log_records=len(received.refused), error_message=reasons)
    )
