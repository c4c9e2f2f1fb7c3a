"""What the same instance logged before and after a record, in the order (time, nanoseconds, spool, position).

That order is unique, so a hundred records of one time stand before or after each other and none is lost. Windows widen away
from the record until enough is found: a busy instance is read in one, a quiet one does not cost a look at everything.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import asyncpg

from logmesh.gateway.answering import NotFound, OutOfTime
from logmesh.gateway.fetching import MAX_ANSWER_BYTES, fetch, fitting, size_of
from logmesh.gateway.page_token import Cursor
from logmesh.gateway.reader import reading
from logmesh.gateway.request import MAX_UNIX_NANO, RequestError, read_limit
from logmesh.gateway.rows import from_timestamp, record_from_row, to_timestamp
from logmesh.gateway.windows import Windows
from logmesh.record.ids import parse_record_id
from logmesh.record.limits import MAX_AGE, MAX_AHEAD
from logmesh.storage.sql import load
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


def read_context_request(request: GetContextRequest) -> ContextQuery:
    """What a request asks for. Raises RequestError."""
    try:
        spool, position = parse_record_id(request.record_id)
    except ValueError as error:
        raise RequestError(f"record_id: {error}") from error
    before = read_limit("before", request.before, default=DEFAULT_RECORDS, most=MAX_RECORDS)
    after = read_limit("after", request.after, default=DEFAULT_RECORDS, most=MAX_RECORDS)
    return ContextQuery(spool, position, before, after, min(request.time_unix_nano, MAX_UNIX_NANO))


async def find_context(
    pool: "asyncpg.Pool", tenant: str, query: ContextQuery, *, time_limit_seconds: float
) -> GetContextResponse:
    """The record with its neighbours, oldest first; fewer than asked for when there are none within a week, when time runs
    out or when a message can't hold them: then the nearest. Raises NotFound, OutOfTime and what reading raises."""
    deadline = time.monotonic() + time_limit_seconds
    record = await _find_record(pool, tenant, query, deadline)
    resource = record.resource
    async with reading(pool, tenant, _left(deadline)) as connection:
        rows = await connection.fetch(
            load("list_instance_origins"), resource.service_name, resource.service_instance_id
        )
    walk = _Walk(pool, tenant, resource.service_name, [row["origin"] for row in rows], deadline)
    place = Cursor(record.time_unix_nano, query.spool, query.position)
    room = (MAX_ANSWER_BYTES - size_of(record)) // 2
    before = await walk.nearest(place, query.before, room, older=True)
    after = await walk.nearest(place, query.after, room, older=False)
    return GetContextResponse(records=[*reversed(before), record, *after], index=len(before))


class _Walk(NamedTuple):
    """Away from a record, along those of its instance."""

    pool: "asyncpg.Pool"
    tenant: str
    service: str
    origins: Sequence[int]
    deadline: float

    async def nearest(self, place: Cursor, wanted: int, room: int, *, older: bool) -> list[LogRecord]:
        """At most `wanted` records of at most `room` bytes, the nearest to `place` first."""
        sql = load("list_before" if older else "list_after")
        farthest = max(0, place.unix_nano - FARTHEST_NANO) if older else place.unix_nano + FARTHEST_NANO
        windows, cursor, found = Windows(), place, list[LogRecord]()
        while len(found) < wanted and cursor.unix_nano != farthest:
            edge = (windows.lower if older else windows.upper)(cursor.unix_nano, farthest)
            at = *to_timestamp(cursor.unix_nano), cursor.spool, cursor.position
            remaining = self.deadline - time.monotonic()
            if remaining <= 0:
                break
            began = time.monotonic()
            try:
                async with reading(self.pool, self.tenant, windows.patience(remaining)) as connection:
                    parameters = self.service, self.origins, *at, *to_timestamp(edge), wanted - len(found)
                    rows = await fetch(connection, sql, *parameters, max_bytes=room)
            except asyncpg.QueryCanceledError:
                if windows.cancelled():
                    continue
                break
            found += [row.record for row in rows]
            if (held := fitting(found, room)) < len(found):
                return found[:held]
            windows.finished(time.monotonic() - began)
            cursor = Cursor(edge)
        return found


async def _find_record(pool: "asyncpg.Pool", tenant: str, query: ContextQuery, deadline: float) -> LogRecord:
    """The record itself. Raises NotFound, and OutOfTime when it is looked for everywhere for too long."""
    if query.hint_unix_nano:
        low, high = query.hint_unix_nano - _AROUND_HINT_NANO, query.hint_unix_nano + _AROUND_HINT_NANO
    else:
        low, high = await _times_of_spool(pool, tenant, query.spool, deadline)
    windows = Windows()
    while high > low:
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            raise OutOfTime(_NOT_IN_TIME)
        edge = windows.lower(high, low)
        began = time.monotonic()
        try:
            async with reading(pool, tenant, windows.patience(remaining)) as connection:
                times = to_timestamp(edge)[0], to_timestamp(high)[0]
                row = await connection.fetchrow(load("find_record"), *times, query.spool, query.position)
        except asyncpg.QueryCanceledError as error:
            if windows.cancelled():
                continue
            raise OutOfTime(_NOT_IN_TIME) from error
        if row is not None:
            return record_from_row(row)
        windows.finished(time.monotonic() - began)
        high = edge
    raise NotFound("there is no such record" + (" at that time" if query.hint_unix_nano else ""))


async def _times_of_spool(pool: "asyncpg.Pool", tenant: str, spool: int, deadline: float) -> tuple[int, int]:
    """Between which times the records of a spool are: what is farther from the clock is clamped when it is stored."""
    async with reading(pool, tenant, _left(deadline)) as connection:
        row = await connection.fetchrow(load("find_spool_times"), spool)
    if row is None or row["last_commit"] is None:
        raise NotFound("there is no such record")
    low, high = from_timestamp(row["created"] - MAX_AGE, 0), from_timestamp(row["last_commit"] + MAX_AHEAD, 0)
    return low, high + 1_000_000_000


def _left(deadline: float) -> float:
    return max(0.001, deadline - time.monotonic())
