"""GetContext: what the same instance logged before and after a record, in the order (time, nanoseconds, spool, position).

That order is unique, so a hundred records of one time stand before or after each other and none is lost. Windows widen away
from the record until enough is found: a busy instance is read in one, a quiet one does not cost a look at everything.
"""

import time
from dataclasses import dataclass
from typing import Final

from logmesh.gateway.answers.answering import NotFound, OutOfTime
from logmesh.gateway.answers.fitting import MAX_ANSWER_BYTES
from logmesh.gateway.requests.checks import MAX_UNIX_NANO, RequestError, read_limit
from logmesh.gateway.walking.deadline import seconds_left
from logmesh.gateway.walking.windows import Windows
from logmesh.record.ids import parse_record_id
from logmesh.record.sizes import fitting, size_of
from logmesh.store.errors import TooSlow
from logmesh.store.found import Neighbours
from logmesh.store.order import Cursor
from logmesh.store.store import Store
from logmesh.store.time_range import TimeRange
from logmesh.v1.query_service_pb2 import GetContextRequest, GetContextResponse
from logmesh.v1.record_pb2 import LogRecord

DEFAULT_RECORDS: Final = 10
MAX_RECORDS: Final = 500
FARTHEST_NANO: Final = 7 * 86_400 * 10**9
"""How far from the record its surroundings may be."""
_AROUND_HINT_NANO: Final = 10**6
"""A program that counts in doubles, as browsers do, is off by some hundred nanoseconds."""
_NOT_IN_TIME: Final = "the record was not found in time; give time_unix_nano as well"


@dataclass(frozen=True, slots=True)
class ContextQuery:
    """Whose surroundings, and how many records of them. `hint_unix_nano` is about when it was, 0 when that is unknown."""

    spool: int
    position: int
    before: int
    after: int
    hint_unix_nano: int


def read_context(request: GetContextRequest) -> ContextQuery:
    """What a request asks for. Raises RequestError."""
    try:
        spool, position = parse_record_id(request.record_id)
    except ValueError as error:
        raise RequestError(f"record_id: {error}") from error
    before = read_limit("before", request.before, default=DEFAULT_RECORDS, most=MAX_RECORDS)
    after = read_limit("after", request.after, default=DEFAULT_RECORDS, most=MAX_RECORDS)
    return ContextQuery(spool, position, before, after, min(request.time_unix_nano, MAX_UNIX_NANO))


async def get_context(
    store: Store, tenant: str, query: ContextQuery, *, time_limit_seconds: float
) -> GetContextResponse:
    """The record with its neighbours, oldest first; fewer than asked for when there are none within a week, when time runs
    out or when a message can't hold them: then the nearest. Raises NotFound, OutOfTime and StoreError."""
    deadline = time.monotonic() + time_limit_seconds
    record = await _find_record(store, tenant, query, deadline)
    neighbours = await store.neighbours(tenant, record, seconds=seconds_left(deadline))
    place = Cursor(record.time_unix_nano, query.spool, query.position)
    room = (MAX_ANSWER_BYTES - size_of(record)) // 2
    before = await _nearest(neighbours, place, query.before, room, deadline, older=True)
    after = await _nearest(neighbours, place, query.after, room, deadline, older=False)
    return GetContextResponse(records=[*reversed(before), record, *after], index=len(before))


async def _nearest(
    neighbours: Neighbours, place: Cursor, wanted: int, room: int, deadline: float, *, older: bool
) -> list[LogRecord]:
    """At most `wanted` records of at most `room` bytes, the nearest to `place` first."""
    farthest = max(0, place.unix_nano - FARTHEST_NANO) if older else place.unix_nano + FARTHEST_NANO
    windows, cursor, found = Windows(), place, list[LogRecord]()
    while len(found) < wanted and cursor.unix_nano != farthest:
        edge = (windows.lower if older else windows.upper)(cursor.unix_nano, farthest)
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            break
        began, most = time.monotonic(), wanted - len(found)
        try:
            found += await neighbours.nearest(cursor, edge, most, max_bytes=room, seconds=windows.patience(remaining))
        except TooSlow:
            if windows.cancelled():
                continue
            break
        if (held := fitting(found, room)) < len(found):
            return found[:held]
        windows.finished(time.monotonic() - began)
        cursor = Cursor(edge)
    return found


async def _find_record(store: Store, tenant: str, query: ContextQuery, deadline: float) -> LogRecord:
    """The record itself. Raises NotFound, and OutOfTime when it is looked for everywhere for too long."""
    if query.hint_unix_nano:
        low, high = query.hint_unix_nano - _AROUND_HINT_NANO, query.hint_unix_nano + _AROUND_HINT_NANO
    else:
        times = await store.times_of(tenant, query.spool, seconds=seconds_left(deadline))
        if times is None:
            raise NotFound("there is no such record")
        low, high = times.start_unix_nano, times.end_unix_nano
    windows = Windows()
    while high > low:
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            raise OutOfTime(_NOT_IN_TIME)
        part = TimeRange(windows.lower(high, low), high)
        began, seconds = time.monotonic(), windows.patience(remaining)
        try:
            record = await store.record(tenant, query.spool, query.position, part, seconds=seconds)
        except TooSlow as error:
            if windows.cancelled():
                continue
            raise OutOfTime(_NOT_IN_TIME) from error
        if record is not None:
            return record
        windows.finished(time.monotonic() - began)
        high = part.start_unix_nano
    raise NotFound("there is no such record" + (" at that time" if query.hint_unix_nano else ""))
