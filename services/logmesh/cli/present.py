"""Records for people and for programs: a coloured line, one JSON object a line, or the body alone."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from google.protobuf.struct_pb2 import Struct, Value
from rich.text import Text

from logmesh.record.severity import severity_name
from logmesh.v1.record_pb2 import LogRecord

# Escape sequences, other control characters and bidirectional marks: what a log line must not do to a terminal.
_ESCAPES: Final = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-_])")
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_COLOURS: Final = ("dim", "dim", "green", "yellow", "red", "bold white on red")


def json_line(record: LogRecord) -> str:
    """The record as one line of JSON. Ids are hexadecimal, the time is RFC 3339 with nanoseconds; what is empty is left out."""
    fields: dict[str, Any] = {
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
    }
    if record.original_time_unix_nano:
        fields["original_time"] = format_time(record.original_time_unix_nano)
    kept = {name: value for name, value in fields.items() if value or name == "body"}
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))


def text_line(record: LogRecord) -> Text:
    """The record as a coloured line: local time, level, service, body, attributes."""
    level = record.severity_text or severity_name(record.severity_number)
    colour = _COLOURS[(record.severity_number - 1) // 4] if 1 <= record.severity_number <= 24 else ""
    local = datetime.fromtimestamp(record.time_unix_nano / 1e9, UTC).astimezone()
    line = Text()
    line.append(f"{local:%Y-%m-%d %H:%M:%S}.{record.time_unix_nano // 10**6 % 1000:03} ", style="dim")
    line.append(f"{clean(level):<5} ", style=colour)
    line.append(clean(record.resource.service_name), style="cyan")
    if record.resource.service_instance_id:
        line.append(f"[{clean(record.resource.service_instance_id)}]", style="dim cyan")
    line.append(" ")
    line.append(clean(record.body), style=colour if record.severity_number >= 17 else "")
    for name, value in plain(record.attributes).items():
        line.append(f" {clean(name)}=", style="dim")
        line.append(clean(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)))
    return line


def clean(text: str) -> str:
    """Text that can't move the cursor, change colours or turn the direction of writing."""
    return _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", _ESCAPES.sub("", text))


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
