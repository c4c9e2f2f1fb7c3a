"""All records of a trace: those that Redis has, and from the database what it lacks.

A hit is never the whole truth: the key may have expired and come again, or a batch may not have reached it. But it says when
the trace was, so the database is asked for that time alone. Only a miss looks through everything.
"""

import re
import time
from dataclasses import dataclass
from typing import Final

import asyncpg

from logmesh.gateway.copied import record_from_copied
from logmesh.gateway.fetching import Found, fetch, fitting
from logmesh.gateway.origins import Origins
from logmesh.gateway.reader import reading
from logmesh.gateway.request import RequestError, read_limit, read_open_range
from logmesh.gateway.rows import to_timestamp
from logmesh.gateway.trace_cache import TraceCache
from logmesh.record.ids import parse_record_id
from logmesh.runtime import metrics
from logmesh.storage.read_rows import CopiedRow
from logmesh.storage.sql import load
from logmesh.v1.query_service_pb2 import GetTraceRequest, GetTraceResponse
from logmesh.v1.record_pb2 import LogRecord

DEFAULT_PAGE_SIZE: Final = 1_000
MAX_PAGE_SIZE: Final = 10_000
_HOUR_NANO: Final = 3600 * 10**9
_TRACE_ID: Final = re.compile(r"[0-9a-fA-F]{32}", re.ASCII)


@dataclass(frozen=True, slots=True)
class TraceQuery:
    """Which trace, and which part of it: from `start_unix_nano` on, before `end_unix_nano`."""

    trace_id: bytes
    start_unix_nano: int
    end_unix_nano: int
    page_size: int
    whole: bool
    """Whether neither start nor end was asked for."""


def read_trace_request(request: GetTraceRequest) -> TraceQuery:
    """What a request asks for. Raises RequestError."""
    if not _TRACE_ID.fullmatch(request.trace_id):
        raise RequestError("trace_id must have 32 hexadecimal digits")
    page_size = read_limit("page_size", request.page_size, default=DEFAULT_PAGE_SIZE, most=MAX_PAGE_SIZE)
    asked = read_open_range(request)
    whole = not request.HasField("start_time") and not request.HasField("end_time")
    return TraceQuery(bytes.fromhex(request.trace_id), asked.start_unix_nano, asked.end_unix_nano, page_size, whole)


class Traces:
    """Looks traces up, in `cache` if there is one and in the database of `pool`."""

    def __init__(self, pool: "asyncpg.Pool", cache: TraceCache | None, *, time_limit_seconds: float) -> None:
        self._pool, self._cache, self._limit = pool, cache, time_limit_seconds
        self._origins = Origins()

    async def find(self, tenant: str, query: TraceQuery) -> GetTraceResponse:
        """The trace's records of `tenant`, oldest first. Raises what reading from the database raises."""
        deadline = time.monotonic() + self._limit
        cached = await self._cache.get(tenant, query.trace_id) if self._cache else []
        if cached and (records := await self._complete(tenant, query, cached, deadline)) is not None:
            metrics.CACHE_HITS.inc()
            return _answer(query, records, cached=True)
        metrics.CACHE_MISSES.inc()
        found = await self._read(tenant, query, deadline)
        answer = _answer(query, [one.record for one in found], cached=False)
        if self._cache and found and query.whole and not answer.truncated:
            await self._cache.fill(tenant, query.trace_id, [one.row for one in found])
        return answer

    async def _complete(
        self, tenant: str, query: TraceQuery, cached: list[CopiedRow], deadline: float
    ) -> list[LogRecord] | None:
        """The cached records and those that the database has besides; None when the rows are of unknown origins."""
        earliest = min(row.unix_nano for row in cached)
        start = max(query.start_unix_nano, earliest - _HOUR_NANO) if query.whole else query.start_unix_nano
        async with reading(self._pool, tenant, _left(deadline)) as connection:
            numbers = {row.origin for row in cached}
            origins = await self._origins.resolve(connection, tenant, numbers, time.monotonic())
            if len(origins) < len(numbers):
                return None
            others = await self._fetch(connection, query, start, query.end_unix_nano, cached)
        records = [
            record_from_copied(row, origins[row.origin])
            for row in cached
            if query.start_unix_nano <= row.unix_nano < query.end_unix_nano
        ]
        return sorted(records + [one.record for one in others], key=_place)

    async def _read(self, tenant: str, query: TraceQuery, deadline: float) -> list[Found]:
        """The records that the database has, oldest first."""
        low, high = query.start_unix_nano, query.end_unix_nano
        recent = max(low, min(time.time_ns(), high) - _HOUR_NANO)
        async with reading(self._pool, tenant, _left(deadline)) as connection:
            if not query.whole:
                return await self._fetch(connection, query, low, high)
            found = await self._fetch(connection, query, recent, high)
        # A trace that goes on now may have begun a little earlier; one that is not here may be anywhere.
        low = found[0].record.time_unix_nano - _HOUR_NANO if found else low
        async with reading(self._pool, tenant, _left(deadline)) as connection:
            return await self._fetch(connection, query, low, recent) + found

    async def _fetch(
        self,
        connection: "asyncpg.pool.PoolConnectionProxy",
        query: TraceQuery,
        low: int,
        high: int,
        known: list[CopiedRow] | None = None,
    ) -> list[Found]:
        places = [row.spool for row in known or []], [row.position for row in known or []]
        range_ = *to_timestamp(low), *to_timestamp(high)
        # One more than asked for tells whether there are more.
        return await fetch(connection, load("find_trace"), query.trace_id.hex(), *range_, query.page_size + 1, *places)


def _answer(query: TraceQuery, records: list[LogRecord], *, cached: bool) -> GetTraceResponse:
    kept = records[: min(query.page_size, fitting(records))]
    return GetTraceResponse(records=kept, truncated=len(kept) < len(records), cached=cached)


def _place(record: LogRecord) -> tuple[int, int, int]:
    return record.time_unix_nano, *parse_record_id(record.id)


def _left(deadline: float) -> float:
    return max(0.001, deadline - time.monotonic())
