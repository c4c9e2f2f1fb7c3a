"""OTLP's JSON, turned into what its protobuf would have been."""

from base64 import b64encode
from typing import Any, Final

import orjson
from google.protobuf.json_format import ParseDict, ParseError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from logmesh.producer.receivers.received import RequestRefused

_IDS: Final = ("traceId", "spanId")


def from_json(body: bytes) -> bytes:
    """The serialised ExportLogsServiceRequest that `body` says. Raises RequestRefused.

    It is protobuf's own JSON but for ids, which are hexadecimal here and base64 there. Names that are not known are ignored.
    """
    try:
        request = orjson.loads(body)
        for record in _records(request):
            for name in _IDS:
                if name in record:
                    record[name] = b64encode(bytes.fromhex(record[name])).decode()
        return ParseDict(request, ExportLogsServiceRequest(), ignore_unknown_fields=True).SerializeToString()
    except (ValueError, TypeError, AttributeError, ParseError, RecursionError) as error:
        raise RequestRefused(f"not an ExportLogsServiceRequest in JSON: {error}") from error


def _records(request: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        record
        for of_resource in request.get("resourceLogs") or ()
        for of_scope in of_resource.get("scopeLogs") or ()
        for record in of_scope.get("logRecords") or ()
    ]
