"""Records for people and for programs: a coloured line, one JSON object a line, or the body alone."""

import re
from datetime import UTC, datetime
from typing import Final

from rich.text import Text

from logmesh.record.json_line import json_line, to_json
from logmesh.record.severity import severity_name
from logmesh.record.values import json_values
from logmesh.v1.record_pb2 import LogRecord

__all__ = ["clean", "json_line", "local_time", "offset_line", "text_line"]

# Escape sequences, other control characters and bidirectional marks: what a log line must not do to a terminal.
_ESCAPES: Final = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-_])")
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_COLOURS: Final = ("dim", "dim", "green", "yellow", "red", "bold white on red")


def text_line(record: LogRecord) -> Text:
    """The record as a coloured line: local time, level, service, body, attributes."""
    line = Text()
    line.append(f"{local_time(record.time_unix_nano)} ", style="dim")
    return line.append_text(_said(record))


def offset_line(record: LogRecord, since_unix_nano: int) -> Text:
    """The same, indented, with seconds since another record in place of the time."""
    line = Text()
    line.append(f"{(record.time_unix_nano - since_unix_nano) / 1e9:+12.6f}s ", style="dim")
    return line.append_text(_said(record))


def local_time(unix_nano: int) -> str:
    """Local time down to the millisecond."""
    local = datetime.fromtimestamp(unix_nano / 1e9, UTC).astimezone()
    return f"{local:%Y-%m-%d %H:%M:%S}.{unix_nano // 10**6 % 1000:03}"


def _said(record: LogRecord) -> Text:
    level = record.severity_text or severity_name(record.severity_number)
    colour = _COLOURS[(record.severity_number - 1) // 4] if 1 <= record.severity_number <= 24 else ""
    line = Text()
    line.append(f"{clean(level):<5} ", style=colour)
    line.append(clean(record.resource.service_name), style="cyan")
    if record.resource.service_instance_id:
        line.append(f"[{clean(record.resource.service_instance_id)}]", style="dim cyan")
    line.append(" ")
    line.append(clean(record.body), style=colour if record.severity_number >= 17 else "")
    for name, value in json_values(record.attributes).items():
        line.append(f" {clean(name)}=", style="dim")
        line.append(clean(value if isinstance(value, str) else to_json(value)))
    return line


def clean(text: str) -> str:
    """Text that can't move the cursor, change colours or turn the direction of writing."""
    return _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", _ESCAPES.sub("", text))
