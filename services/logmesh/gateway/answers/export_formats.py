"""Records as pieces of a file: one JSON object a line, or CSV after RFC 4180. Pure."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple, TypeAlias

from logmesh.record.json_line import json_line, plain_fields, to_json
from logmesh.v1.query_service_pb2 import (
    EXPORT_FORMAT_CSV,
    EXPORT_FORMAT_NDJSON,
    EXPORT_FORMAT_UNSPECIFIED,
    ExportFormat,
)
from logmesh.v1.record_pb2 import LogRecord

CSV_COLUMNS: Final = (
    "time", "severity", "severity_number", "service", "instance", "body", "attributes", "resource", "trace_id", "span_id",
    "scope", "scope_version", "original_time", "id", "observed_time", "event_name",
)  # fmt: skip
"""`attributes` and `resource` are JSON objects; ids are hexadecimal; times are RFC 3339."""

_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula, or skips before one."""


Write: TypeAlias = Callable[[Iterable[LogRecord]], bytes]
"""Turns records into bytes."""


class Format(NamedTuple):
    """How a file is written: its media type, its first bytes, and what writes records behind them."""

    content_type: str
    header: bytes
    write: Write


def write_ndjson(records: Iterable[LogRecord]) -> bytes:
    """A line a record, the same as `logmesh search` writes into a pipe."""
    return "".join(f"{json_line(record)}\n" for record in records).encode()


def write_csv(records: Iterable[LogRecord]) -> bytes:
    """A row a record, lines ended by CR LF; a cell that would be a formula begins with an apostrophe instead."""
    return _csv(map(_cells, map(plain_fields, records)))


def guard(cell: str) -> str:
    """The cell as a spreadsheet shows it and does not run it."""
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell


def _cells(fields: Mapping[str, Any]) -> list[str]:
    return [guard(_cell(fields[column])) for column in CSV_COLUMNS]


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return value
    return to_json(value) if value else ""


def _csv(rows: Iterable[Iterable[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()


_NDJSON: Final = Format("application/x-ndjson", b"", write_ndjson)
FORMATS: Final[dict[ExportFormat.ValueType, Format]] = {
    EXPORT_FORMAT_UNSPECIFIED: _NDJSON,
    EXPORT_FORMAT_NDJSON: _NDJSON,
    EXPORT_FORMAT_CSV: Format("text/csv; charset=utf-8; header=present", _csv([CSV_COLUMNS]), write_csv),
}
