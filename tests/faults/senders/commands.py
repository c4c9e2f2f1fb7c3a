"""The senders, each as its own documentation says that it is configured, and what it carries of a record."""

import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.faults.processes import Running, start
from tests.faults.senders.cluster import ReceiverCluster
from tests.faults.senders.records import RESOURCE, SCOPE, Record, canonical


@dataclass(frozen=True, slots=True)
class Load:
    """What is sent: `records`, evenly over `seconds`; `began` is the time of the first, in nanoseconds."""

    records: int
    seconds: float
    began: int


@dataclass(frozen=True, slots=True)
class Sender:
    """`start` starts it in a folder of its own. `is_done` waits until it has nothing more to send by its own account; then it has ended
    or may be ended. `carries` are the columns of a record that it sends. `needs` as in tests/needs."""

    start: Callable[[ReceiverCluster, Load, Path], Running]
    carries: Callable[[Record], Mapping[str, Any]]
    feed: Callable[[Load, Path], Awaitable[None]] | None = None
    needs: str = ""


def carried_by_otlp(record: Record) -> dict[str, Any]:
    """All that a record of OpenTelemetry says."""
    resource = dict(RESOURCE)
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


def _sdk(protocol: str, endpoint: Callable[[ReceiverCluster], str]) -> Sender:
    def begin(cluster: ReceiverCluster, load: Load, folder: Path) -> Running:
        settings = {
            "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
            "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint(cluster),
            # Seconds for one export with all its repetitions, of which six are the most.
            "OTEL_EXPORTER_OTLP_TIMEOUT": "120",
            # What is logged while nobody answers; more is dropped.
            "OTEL_BLRP_MAX_QUEUE_SIZE": "65536",
            "OTEL_BLRP_SCHEDULE_DELAY": "200",
            "SENDER_RECORDS": str(load.records),
            "SENDER_SECONDS": str(load.seconds),
            "SENDER_BEGAN": str(load.began),
            "SENDER_GIVEN_UP": str(folder / "given-up"),
        }
        return start("tests.faults.senders.sdk", {**os.environ, **settings}, folder / "sender.out")

    return Sender(begin, carried_by_otlp)


SENDERS: dict[str, Sender] = {
    "otel-grpc": _sdk("grpc", lambda cluster: f"http://{cluster.otlp}"),
    "otel-http": _sdk("http/protobuf", lambda cluster: f"http://{cluster.http}"),
}
