"""A record as users of the library hold it: plain values, for records that come as for those that go."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from logmesh.client.moments import from_unix_nano, to_unix_nano
from logmesh.record.severity import severity_name
from logmesh.record.values import plain, plain_value
from logmesh.v1.record_pb2 import LogRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One log record, by the names of OpenTelemetry's log data model. Only `body`, or a structured one, must be given to append one.

    Attributes:
        body: the line, at most 256 KiB.
        time: when it happened; None: now (on the way in).
        severity: the level as it was written, at most 64 bytes; empty: the name of `severity_number`.
        severity_number: 1 (TRACE) to 24 (FATAL4); 0: as the name in `severity` says, such as ``INFO`` or ``warning``.
        attributes: strings, numbers, booleans, bytes, lists, mappings; at most 128, and 64 KiB as JSON. They come back as the types
            that they were: an int of any size as an int, bytes as bytes, and a number that no float holds exactly as a Decimal.
            NaN and the infinities, which JSON lacks, come back as their names.
        trace_id: 32 hexadecimal digits, or empty.
        span_id: 16 hexadecimal digits, or empty.
        service: ``service.name``; empty: that of the appender.
        instance: ``service.instance.id``; empty: that of the appender.
        resource: other attributes of what logged, such as ``k8s.pod.name``, at most 64 KiB as JSON; empty: those of the appender.
        scope: name of the logger, of which 255 bytes are kept.
        time_unix_nano: `time` to the nanosecond; on the way in it goes before `time`.
        original_time: the time as it came, where the store had to clamp it.
        id: given by the store, and never changed; empty on the way in.
        structured_body: the body, where it is more than a text: a value as those of `attributes`. `body` is its JSON then, and is
            ignored on the way in.
        event_name: the kind of event that it is, such as ``order.placed``.
        observed_time: when it was first seen, where that is not `time`.
        flags: W3C trace flags in the lower 8 bits.
    """

    body: str = ""
    time: datetime | None = None
    severity: str = ""
    severity_number: int = 0
    attributes: Mapping[str, Any] = field(default_factory=dict)
    trace_id: str = ""
    span_id: str = ""
    service: str = ""
    instance: str = ""
    resource: Mapping[str, Any] = field(default_factory=dict)
    scope: str = ""
    time_unix_nano: int = 0
    original_time: datetime | None = None
    id: str = ""
    structured_body: Any = None
    event_name: str = ""
    observed_time: datetime | None = None
    flags: int = 0

    def unix_nano(self) -> int:
        """When it happened, 0 for unknown. Raises ValueError for a time without a zone."""
        if self.time_unix_nano or self.time is None:
            return self.time_unix_nano
        return to_unix_nano(self.time)


def from_message(message: LogRecord) -> Record:
    """The record of a message."""
    original = message.original_time_unix_nano
    return Record(
        body=message.body,
        time=from_unix_nano(message.time_unix_nano),
        severity=message.severity_text or severity_name(message.severity_number),
        severity_number=message.severity_number,
        attributes=plain(message.attributes),
        trace_id=message.trace_id.hex(),
        span_id=message.span_id.hex(),
        service=message.resource.service_name,
        instance=message.resource.service_instance_id,
        resource=plain(message.resource.attributes),
        scope=message.scope.name,
        time_unix_nano=message.time_unix_nano,
        original_time=from_unix_nano(original) if original else None,
        id=message.id,
        structured_body=plain_value(message.structured_body) if message.HasField("structured_body") else None,
        event_name=message.event_name,
        observed_time=from_unix_nano(message.observed_time_unix_nano) if message.observed_time_unix_nano else None,
        flags=message.flags,
    )
