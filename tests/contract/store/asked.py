"""Records to store, and what is right by looking at each of them."""

import time
from collections.abc import Iterable, Mapping
from contextlib import aclosing
from typing import Any, Final

from logmesh.filters import compile_predicate, parse_filter
from logmesh.record.values import set_values
from logmesh.store.order import Cursor, Window
from logmesh.store.store import Store
from logmesh.store.time_range import TimeRange
from logmesh.v1.record_pb2 import LogRecord

SECOND: Final = 10**9
MINUTE: Final = 60 * SECOND
NOW: Final = time.time_ns() // MINUTE * MINUTE
"""A whole minute. Records are of the minutes before it."""
SECONDS: Final = 20.0
ALL: Final = TimeRange(NOW - 60 * MINUTE, NOW)


def record(
    age_nano: int,
    body: str = "line",
    *,
    service: str = "checkout",
    instance: str = "pod-1",
    severity: int = 9,
    trace: bytes = b"",
    attributes: Mapping[str, Any] | None = None,
) -> LogRecord:
    """One of `age_nano` before NOW."""
    made = LogRecord(time_unix_nano=NOW - age_nano, body=body, severity_number=severity, trace_id=trace)  # type: ignore[arg-type]
    made.resource.service_name, made.resource.service_instance_id = service, instance
    set_values(made.attributes, dict(attributes or {}))
    return made


def matching(text: str, records: Iterable[LogRecord], span: TimeRange = ALL) -> list[LogRecord]:
    """Those that a filter matches in a range."""
    matches = compile_predicate(parse_filter(text))
    return [one for one in records if span.start_unix_nano <= one.time_unix_nano < span.end_unix_nano and matches(one)]


async def search(
    store: Store, window: Window, text: str = "", most: int = 10_000, *, tenant: str = "default", is_rare: bool = False
) -> list[LogRecord]:
    """All that a search of one window yields. What it says of its places is held to what it yields."""
    found: list[LogRecord] = []
    node = parse_filter(text)
    async with aclosing(store.search(tenant, node, window, most, seconds=SECONDS, is_rare=is_rare)) as parts:
        async for part in parts:
            count, reached, size = len(part), part.reached, part.size
            records = list(part.records())
            assert len(records) == count
            assert size >= sum(len(one.body) for one in records)
            if records:
                assert place_of(records[-1]) == reached
            found += records
    return found


def place_of(one: LogRecord) -> Cursor:
    """Of a record that a store gave."""
    spool, position = (int(part, 16) for part in one.id.split("-"))
    return Cursor(one.time_unix_nano, spool, position)


def bodies(records: Iterable[LogRecord]) -> list[str]:
    """Their bodies, in their order."""
    return [one.body for one in records]
