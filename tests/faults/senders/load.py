"""What is sent, how fast, and what of it arrives."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.faults.senders.records import RESOURCE, SCOPE, Record, canonical


@dataclass(frozen=True, slots=True)
class Load:
    """`records`, evenly over `seconds`; `began` is the time of the first, in nanoseconds."""

    records: int
    seconds: int
    began: int

    def due(self, elapsed: float) -> int:
        """How many are to be sent by then."""
        return min(self.records, int(elapsed / self.seconds * self.records) + 1)


def carried_by_otlp(record: Record, of_resource: Mapping[str, Any] = RESOURCE) -> dict[str, Any]:
    """All that a record of OpenTelemetry says, by column."""
    resource = dict(of_resource)
    return {
        "body": record.body,
        "time": record.time,
        "severity": record.severity,
        "attributes": canonical(record.attributes),
        "trace_id": record.trace_id,
        "span_id": record.span_id,
        "service": resource.pop("service.name"),
        "instance": resource.pop("service.instance.id"),
        "resource": canonical(resource),
        "scope_name": SCOPE[0],
        "scope_version": SCOPE[1],
    }
