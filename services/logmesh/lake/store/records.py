"""Rows of a file's columns to LogRecord."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from logmesh.lake.reading.conditions import Conditions
from logmesh.record.ids import format_record_id
from logmesh.record.origin_more import read_more
from logmesh.record.rare import read_rare
from logmesh.rows.records import fill_values
from logmesh.v1.record_pb2 import LogRecord, Resource

_FACE: Final = "time, spool, position, severity, service"
_COLUMNS: Final = (
    "time, spool, position, severity, severity_text, service, instance, trace_id, span_id, resource, scope_name, scope_version,"
    " original_time_unix_nano, extra, origin_extra"
)


def columns(to: Conditions, characters: int | None = None) -> str:
    """What is read of a record: all of it, or its face alone, where its body is cut to some characters: many thousands of these are
    held at once."""
    if characters is not None:
        return f"{_FACE}, left(body, {to.bind(characters)}) AS body, NULL::VARCHAR AS attributes"
    return f"{_COLUMNS}, body, {to.attributes()} AS attributes"


def record_from_columns(row: Mapping[str, Any]) -> LogRecord:
    """The record that a row of `columns` holds."""
    record = LogRecord(
        id=format_record_id(row["spool"], row["position"]),
        time_unix_nano=row["time"],
        severity_number=row["severity"],
        severity_text=row["severity_text"] or "",
        body=row["body"],
        original_time_unix_nano=row["original_time_unix_nano"] or 0,
        trace_id=row["trace_id"] or b"",
        span_id=row["span_id"] or b"",
    )
    record.resource.CopyFrom(_resource(row["service"], row["instance"], row["resource"]))
    if row["scope_name"] or row["scope_version"]:
        record.scope.name, record.scope.version = row["scope_name"], row["scope_version"]
    fill_values(record.attributes, row["attributes"])
    if row["extra"]:
        read_rare(row["extra"], record)
    if row["origin_extra"]:
        read_more(row["origin_extra"], record)
    return record


@lru_cache(maxsize=256)
def _resource(service: str, instance: str, text: str) -> Resource:
    """The same for many records. To read its text for each of them would take a fifth of the time to make one. Not to be changed."""
    resource = Resource(service_name=service, service_instance_id=instance)
    fill_values(resource.attributes, text)
    return resource
