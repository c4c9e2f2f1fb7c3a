"""Reads JSON objects that hold another line or record: Docker's json-file, the journal's export, OpenTelemetry's files."""

import re
from collections.abc import Callable
from typing import Any, Final

from logmesh.producer.attributes import attributes_of, with_attributes
from logmesh.producer.container_lines import is_in_json
from logmesh.producer.fields import said_by
from logmesh.producer.level_fields import take_level
from logmesh.producer.parsed import Parsed
from logmesh.producer.timestamps.clock import Clock
from logmesh.producer.timestamps.fields import take_time, time_of_value
from logmesh.producer.timestamps.settling import settle
from logmesh.record.trace_ids import span_id, trace_id

Reader = Callable[[bytes, Clock], Parsed]

# Of 64 bits: Python refuses to read one of thousands of digits.
_INT: Final = re.compile(r"-?[0-9]{1,19}")


def read_document(fields: dict[str, Any], line_length: int, clock: Clock, read: Reader) -> Parsed:
    """What a JSON object of `line_length` bytes says, and the line in it, for which `read` is called."""
    if "log" in fields and is_in_json(fields):
        return _docker(fields, clock, read)
    if "MESSAGE" in fields and ("__REALTIME_TIMESTAMP" in fields or "_BOOT_ID" in fields):
        return _journal(fields, line_length, clock, read)
    if "resourceLogs" in fields and (records := _otlp_records(fields)):
        return _otlp(fields, records, line_length, clock)
    return said_by(fields, line_length, clock)


def _docker(fields: dict[str, Any], clock: Clock, read: Reader) -> Parsed:
    """As the container's line, behind the time at which Docker took it."""
    inner = read(fields["log"].removesuffix("\n").encode("utf-8", "replace"), clock)
    stream = fields.get("stream")
    written = time_of_value(fields.get("time"), clock)
    inner = inner.at(settle(inner.time_unix_nano, written))
    return with_attributes(inner, {"log.iostream": stream}) if isinstance(stream, str) else inner


def _journal(fields: dict[str, Any], line_length: int, clock: Clock, read: Reader) -> Parsed:
    """The journal knows the time and the sender; the level that the message says is nearer than that of its stream."""
    message = fields["MESSAGE"]
    if isinstance(message, list) and all(isinstance(byte, int) and 0 <= byte < 256 for byte in message):
        message = fields["MESSAGE"] = bytes(message).decode("utf-8", "replace")
    outer = said_by(fields, line_length, clock)
    if not isinstance(message, str):
        return outer
    inner = read(message.partition("\n")[0].encode("utf-8", "replace"), clock)
    return outer._replace(
        time_unix_nano=outer.time_unix_nano or inner.time_unix_nano,
        severity=inner.severity or outer.severity,
        severity_text=inner.severity_text if inner.severity else outer.severity_text,
        trace_id=outer.trace_id or inner.trace_id,
        span_id=outer.span_id or inner.span_id,
    )


def _otlp_records(fields: dict[str, Any]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Each record with its resource."""
    found = []
    for resource in _objects(fields.get("resourceLogs")):
        for scope in _objects(resource.get("scopeLogs")):
            found += [(record, resource) for record in _objects(scope.get("logRecords"))]
    return found


def _otlp(
    fields: dict[str, Any], records: list[tuple[dict[str, Any], dict[str, Any]]], line_length: int, clock: Clock
) -> Parsed:
    """A line with one record is that record. One with several is as early as the first, and as severe as the worst."""
    record, resource = records[0]
    severity, text = max((take_level(dict(each)) for each, _ in records), key=lambda level: level[0])
    time = take_time(dict(record), clock) or time_of_value(record.get("observedTimeUnixNano"), clock)
    traces = {str(each.get("traceId") or "") for each, _ in records}
    trace = trace_id(traces.pop()) if len(traces) == 1 else b""
    span = span_id(str(record.get("spanId") or "")) if len(records) == 1 else b""
    if len(records) == 1:
        held = resource.get("resource")
        named = _otlp_attributes(held.get("attributes") if isinstance(held, dict) else None)
        fields = named | _otlp_attributes(record.get("attributes")) | {"body": _otlp_value(record.get("body"))}
    return Parsed(time, severity, text, attributes_of(fields, line_length), trace, span)


def _otlp_attributes(pairs: Any) -> dict[str, Any]:
    return {str(pair.get("key")): _otlp_value(pair.get("value")) for pair in _objects(pairs)}


def _otlp_value(value: Any) -> Any:
    """OTLP's JSON writes `{"stringValue": "x"}`, and its integers as text."""
    if not isinstance(value, dict) or len(value) != 1:
        return value
    ((kind, held),) = value.items()
    if kind == "intValue" and isinstance(held, str) and _INT.fullmatch(held):
        return int(held)
    if kind == "arrayValue" and isinstance(held, dict):
        items = held.get("values")
        return [_otlp_value(item) for item in items] if isinstance(items, list) else []
    return _otlp_attributes(held.get("values")) if kind == "kvlistValue" and isinstance(held, dict) else held


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
