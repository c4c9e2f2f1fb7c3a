"""The messages of a request, as far as they are parsed: what is looked up by its bytes, or is text, stays bytes.

Most attributes are the same in many records, and so are resources and scopes. And one text that is not UTF-8 costs itself and not
the request.
"""

from typing import Final

from opentelemetry.proto.common.v1 import common_pb2
from opentelemetry.proto.logs.v1 import logs_pb2
from opentelemetry.proto.resource.v1 import resource_pb2

from logmesh.record.opaque import opaque_types

_OF_RECORD: Final = {("LogRecord", "severity_text"), ("LogRecord", "attributes"), ("LogRecord", "event_name")}

_logs = opaque_types(
    logs_pb2.DESCRIPTOR,
    {
        ("ResourceLogs", "resource"), ("ResourceLogs", "schema_url"),
        ("ScopeLogs", "scope"), ("ScopeLogs", "schema_url"), ("ScopeLogs", "log_records"),
        ("LogRecord", "body"), *_OF_RECORD,
    },
)  # fmt: skip
Logs, LogRecord = _logs("LogsData"), _logs("LogRecord")
"""`Logs` is the same on the wire as ExportLogsServiceRequest. Parse with ``Logs.FromString(data)``; raises DecodeError."""

LogRecords = opaque_types(
    logs_pb2.DESCRIPTOR,
    {*_OF_RECORD, ("AnyValue", "string_value"), ("AnyValue", "array_value"), ("AnyValue", "kvlist_value")},
    many={"LogRecord", "AnyValue"},
)("LogRecord")
"""What any number of LogRecords are that are joined: each field has the values of all of them, and the body those of all bodies."""

LogRecordsOfAnyBody = opaque_types(logs_pb2.DESCRIPTOR, {*_OF_RECORD, ("LogRecord", "body")}, many={"LogRecord"})(
    "LogRecord"
)
"""The same with the bodies as serialised AnyValues."""

_common = opaque_types(
    common_pb2.DESCRIPTOR,
    {
        ("KeyValue", "key"),
        ("AnyValue", "string_value"),
        ("InstrumentationScope", "name"),
        ("InstrumentationScope", "version"),
    },
)
KeyValue, Value, Scope = _common("KeyValue"), _common("AnyValue"), _common("InstrumentationScope")
"""The same with texts as bytes."""

Resource = opaque_types(resource_pb2.DESCRIPTOR, {("Resource", "attributes")})("Resource")
"""The same with attributes as serialised KeyValues."""
