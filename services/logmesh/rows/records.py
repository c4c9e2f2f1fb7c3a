"""Rows of logmesh.records to LogRecord."""

from datetime import datetime
from typing import Any

from logmesh.record.attributes import attributes_from_json
from logmesh.record.ids import format_record_id
from logmesh.record.origin_more import read_more
from logmesh.record.rare import read_rare
from logmesh.record.values import Values
from logmesh.store.microseconds import from_microseconds, to_microseconds
from logmesh.v1.record_pb2 import LogRecord


def to_timestamp(unix_nano: int) -> tuple[datetime, int]:
    """A time as the table keeps it: microseconds, and the nanoseconds below them."""
    microseconds, ns = divmod(unix_nano, 1000)
    return from_microseconds(microseconds), ns


def from_timestamp(time: datetime, ns: int) -> int:
    """The inverse of `to_timestamp`."""
    return to_microseconds(time) * 1000 + ns


def record_from_row(row: Any) -> LogRecord:
    """The record that a row of search.sql holds."""
    record = LogRecord(
        id=format_record_id(row["spool"], row["position"]),
        time_unix_nano=from_timestamp(row["time"], row["ns"]),
        severity_number=row["severity"],
        severity_text=row["severity_text"] or "",
        body=row["body"],
        original_time_unix_nano=row["original_time_unix_nano"] or 0,
    )
    record.resource.service_name = row["service"]
    record.resource.service_instance_id = row["instance"]
    fill_values(record.resource.attributes, row["resource"])
    if row["scope_name"] or row["scope_version"]:
        record.scope.name, record.scope.version = row["scope_name"], row["scope_version"]
    if row["trace_id"] is not None:
        record.trace_id = row["trace_id"].bytes
    if row["span_id"] is not None:
        record.span_id = row["span_id"].to_bytes(8, "big", signed=True)
    fill_values(record.attributes, row["attributes"])
    if row["extra"]:
        read_rare(row["extra"], record)
    if row["origin_extra"]:
        read_more(row["origin_extra"], record)
    return record


def fill_values(values: Values, json_text: str | None) -> None:
    """Add the members of a store's JSON object; none for no text."""
    if not json_text or json_text == "{}":
        return
    try:
        attributes_from_json(json_text.encode(), values)
    except ValueError:
        # What is nested thousands deep is JSON to the database and not to Python; it must not end the search.
        values.clear()
        values["logmesh.unreadable"].string_value = json_text[:1000]
