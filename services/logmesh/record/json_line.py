"""A record as one line of JSON: what `logmesh search` writes into a pipe and an export into a file."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from google.protobuf.struct_pb2 import Struct, Value

from logmesh.record.severity import severity_name
from logmesh.v1.record_pb2 import LogRecord

# Made once: json.dumps makes one for each value when it is not the default one.
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def json_line(record: LogRecord) -> str:
    """The record as one line of JSON. Ids are hexadecimal, the time is RFC 3339 with nanoseconds; what is empty is left out."""
    fields = plain_fields(record)
    kept = {name: value for name, value in fields.items() if value or name == "body"}
    return to_json(kept)


def plain_fields(record: LogRecord) -> dict[str, Any]:
    """Every field by its name, as values of JSON; those that are empty, too."""
    return {
        "id": record.id,
        "time": format_time(record.time_unix_nano),
        "severity": record.severity_text or severity_name(record.severity_number),
        "severity_number": record.severity_number,
        "service": record.resource.service_name,
        "instance": record.resource.service_instance_id,
        "body": record.body,
        "attributes": plain(record.attributes),
        "resource": plain(record.resource.attributes),
        "trace_id": record.trace_id.hex(),
        "span_id": record.span_id.hex(),
        "scope": record.scope.name,
        "scope_version": record.scope.version,
        "original_time": format_time(record.original_time_unix_nano) if record.original_time_unix_nano else "",
    }


def to_json(value: Any) -> str:
    """JSON in one line, letters as they are."""
    return _ENCODER.encode(value)


def format_time(unix_nano: int) -> str:
    """RFC 3339 in UTC, nanoseconds included."""
    whole = datetime.fromtimestamp(unix_nano // 10**9, UTC)
    return f"{whole:%Y-%m-%dT%H:%M:%S}.{unix_nano % 10**9:09}Z"


def plain(struct: Struct) -> Mapping[str, Any]:
    """The struct as plain values; whole numbers without a fraction."""
    return {name: _plain(value) for name, value in sorted(struct.fields.items())}


def _plain(value: Value) -> Any:
    match value.WhichOneof("kind"):
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() and abs(number) < 1 << 53 else number
        case "string_value":
            return value.string_value
        case "bool_value":
            return value.bool_value
        case "struct_value":
            return plain(value.struct_value)
        case "list_value":
            return [_plain(item) for item in value.list_value.values]
        case _:
            return None
