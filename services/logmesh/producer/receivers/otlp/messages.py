"""The messages of a request, as far as they are parsed: what is looked up by its bytes, or is text, stays bytes.

Most attributes are the same in many records, and so are resources and scopes. And one text that is not UTF-8 costs itself and not
the request.
"""

from opentelemetry.proto.common.v1 import common_pb2
from opentelemetry.proto.logs.v1 import logs_pb2
from opentelemetry.proto.resource.v1 import resource_pb2

from logmesh.record.opaque import opaque_types

Logs = opaque_types(
    logs_pb2.DESCRIPTOR,
    {
        ("ResourceLogs", "resource"), ("ResourceLogs", "schema_url"), ("ScopeLogs", "scope"), ("ScopeLogs", "schema_url"),
        ("LogRecord", "severity_text"), ("LogRecord", "body"), ("LogRecord", "attributes"), ("LogRecord", "event_name"),
    },
)("LogsData")  # fmt: skip
"""The same on the wire as ExportLogsServiceRequest. Parse with ``Logs.FromString(data)``; raises DecodeError."""

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
