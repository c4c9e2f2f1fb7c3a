"""A record as one line of JSON: what `logmesh search` writes into a pipe and an export into a file."""

from datetime import UTC, datetime
from typing import Any

from logmesh.record.json_text import dump_json
from logmesh.record.severity import severity_name
from logmesh.record.values import json_value, json_values
from logmesh.v1.record_pb2 import LogRecord


def json_line(record: LogRecord) -> str:
    """The record as one line of JSON."""
    return to_json(record_fields(record))


def record_fields(record: LogRecord) -> dict[str, Any]:
    """The record as values of JSON. Ids are hexadecimal, the time is RFC 3339 with nanoseconds; what is empty is left out."""
    return {name: value for name, value in plain_fields(record).items() if value or name == "body"}


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
        "attributes": json_values(record.attributes),
        "resource": json_values(record.resource.attributes),
        "trace_id": record.trace_id.hex(),
        "span_id": record.span_id.hex(),
        "scope": record.scope.name,
        "scope_version": record.scope.version,
        "original_time": format_time(record.original_time_unix_nano) if record.original_time_unix_nano else "",
        "observed_time": format_time(record.observed_time_unix_nano) if record.observed_time_unix_nano else "",
        "structured_body": json_value(record.structured_body) if record.HasField("structured_body") else None,
        "event_name": record.event_name,
        "flags": record.flags,
        "dropped_attributes_count": record.dropped_attributes_count,
        "scope_attributes": json_values(record.scope.attributes),
        "scope_schema_url": record.scope.schema_url,
        "scope_dropped_attributes_count": record.scope.dropped_attributes_count,
        "resource_schema_url": record.resource.schema_url,
        "resource_dropped_attributes_count": record.resource.dropped_attributes_count,
    }


def to_json(value: Any) -> str:
    """JSON in one line, letters as they are."""
    return dump_json(value).decode()


def format_time(unix_nano: int) -> str:
    """RFC 3339 in UTC, nanoseconds included."""
    whole = datetime.fromtimestamp(unix_nano // 10**9, UTC)
    return f"{whole:%Y-%m-%dT%H:%M:%S}.{unix_nano % 10**9:09}Z"
