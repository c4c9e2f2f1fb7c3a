"""What all questions to two stores have in common: which of a range the older one may have, and how much time is left."""

import time
from collections.abc import Iterable
from typing import Final, Protocol

from logmesh.record.ids import parse_record_id
from logmesh.record.sizes import size_of
from logmesh.store.errors import TooSlow
from logmesh.store.order import Cursor
from logmesh.store.store import Store
from logmesh.store.time_range import ANY_TIME, TimeRange
from logmesh.v1.record_pb2 import LogRecord

Place = tuple[int, int, int]
"""Time, spool and position, which is how records stand in order."""
_NONE_SECONDS: Final = 1.0


class Times(Protocol):
    """Knows the times of a store's records, of all tenants."""

    async def read(self, seconds: float) -> TimeRange | None:
        """A range that has them all, as of now; None where there is no record. Raises StoreError."""


class Deadline:
    """When a question must have its answer."""

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds until then. Raises TooSlow where there are none."""
        if (left := self._ends - time.monotonic()) <= 0:
            raise TooSlow("the first of two stores took all the time")
        return left


class AsksBoth:
    """One kind of questions. Where the older store had no record at all, it is looked again after a second: until then nothing is asked
    of it, and the first records that it gets again may be missed for that long."""

    def __init__(self, older: Store, newer: Store, times: Times) -> None:
        self._older, self._newer, self._times = older, newer, times
        self._known: TimeRange | None = ANY_TIME
        """The times of the older store's records when they were last asked for."""
        self._asked = 0.0

    async def _in_older(self, span: TimeRange, deadline: Deadline, *, exactly: bool = False) -> TimeRange | None:
        """The part of a range of which the older store has records, perhaps; None: it has none. `exactly`: as of now, for what is asked
        only once. Raises StoreError."""
        now = time.monotonic()
        if exactly or self._known is not None or now >= self._asked + _NONE_SECONDS:
            self._known, self._asked = await self._times.read(deadline.left()), now
        return overlap(span, self._known)


def overlap(span: TimeRange, other: TimeRange | None) -> TimeRange | None:
    """What two ranges have in common; None for nothing."""
    if other is None:
        return None
    start, end = max(span.start_unix_nano, other.start_unix_nano), min(span.end_unix_nano, other.end_unix_nano)
    return TimeRange(start, end) if start < end else None


def place_of(record: LogRecord) -> Place:
    """Where a record stands that a store has given."""
    return record.time_unix_nano, *parse_record_id(record.id)


def key_of(cursor: Cursor) -> Place:
    """A place as what places are compared by."""
    return cursor.unix_nano, cursor.spool, cursor.position


def first(records: Iterable[LogRecord], most: int, max_bytes: int) -> list[LogRecord]:
    """The first `most`, until they take more than `max_bytes`: the last one may be what was too much.

    Of stores that end so as well, none is passed over: what one has not given is behind where this ends.
    """
    found: list[LogRecord] = []
    size = 0
    for record in records:
        if len(found) == most or size > max_bytes:
            break
        found.append(record)
        size += size_of(record)
    return found
