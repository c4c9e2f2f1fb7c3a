"""A record as users of the library hold it: plain values, for records that come as for those that go."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from logmesh.client.moments import from_unix_nano, to_unix_nano
from logmesh.record.attributes import plain
from logmesh.record.severity import severity_name
from logmesh.v1.record_pb2 import LogRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One log record, by the names of OpenTelemetry's log data model. Only `body` must be given to append one.

    Attributes:
        body: the line, at most 256 KiB.
        time: when it happened; None: now (on the way in).
        severity: the level as it was written, at most 64 bytes; empty: the name of `severity_number`.
        severity_number: 1 (TRACE) to 24 (FATAL4); 0: as the name in `severity` says, such as ``INFO`` or ``warning``.
        attributes: strings, numbers, booleans, lists, mappings; at most 128, and 64 KiB as JSON.
        trace_id: 32 hexadecimal digits, or empty.
        span_id: 16 hexadecimal digits, or empty.
        service: ``service.name``; empty: that of the appender.
        instance: ``service.instance.id``; empty: that of the appender.
        resource: other attributes of what logged, such as ``k8s.pod.name``; empty: those of the appender.
        scope: name of the logger.
        time_unix_nano: `time` to the nanosecond; on the way in it goes before `time`.
        original_time: the time as it came, where the store had to clamp it.
        id: given by the store, and never changed; empty on the way in.
    """

    body: str
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
    )
