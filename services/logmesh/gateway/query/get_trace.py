"""GetTrace: all records of a trace: those that the cache of recent ones has, and from the store what it lacks.

A hit is never the whole truth: the key may have expired and come again, or a batch may not have reached it. But it says when
the trace was, so the store is asked for that time alone. Only a miss looks through everything.
"""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from logmesh.gateway.answers.fitting import MAX_ANSWER_BYTES
from logmesh.gateway.requests.checks import RequestError, read_limit, read_open_range
from logmesh.gateway.walking.deadline import seconds_left
from logmesh.record.ids import parse_record_id
from logmesh.record.sizes import fitting
from logmesh.runtime import metrics
from logmesh.store.recent_traces import RecentTraces
from logmesh.store.store import Store
from logmesh.store.time_range import TimeRange
from logmesh.v1.query_service_pb2 import GetTraceRequest, GetTraceResponse
from logmesh.v1.record_pb2 import LogRecord

DEFAULT_PAGE_SIZE: Final = 1_000
MAX_PAGE_SIZE: Final = 10_000
_HOUR_NANO: Final = 3600 * 10**9
_TRACE_ID: Final = re.compile(r"[0-9a-fA-F]{32}", re.ASCII)


@dataclass(frozen=True, slots=True)
class TraceQuery:
    """Which trace, and which part of it."""

    trace_id: bytes
    range: TimeRange
    page_size: int
    whole: bool
    """Whether neither start nor end was asked for."""


def read_trace(request: GetTraceRequest) -> TraceQuery:
    """What a request asks for. Raises RequestError."""
    if not _TRACE_ID.fullmatch(request.trace_id):
        raise RequestError("trace_id must have 32 hexadecimal digits")
    page_size = read_limit("page_size", request.page_size, default=DEFAULT_PAGE_SIZE, most=MAX_PAGE_SIZE)
    asked = read_open_range(request)
    whole = not request.HasField("start_time") and not request.HasField("end_time")
    return TraceQuery(bytes.fromhex(request.trace_id), asked, page_size, whole)


class Traces:
    """Looks traces up, in `recent` if there is such a cache and in `store`."""

    def __init__(self, store: Store, recent: RecentTraces | None, *, time_limit_seconds: float) -> None:
        self._store, self._recent, self._limit = store, recent, time_limit_seconds

    async def find(self, tenant: str, query: TraceQuery) -> GetTraceResponse:
        """The trace's records of `tenant`, oldest first. Raises StoreError."""
        deadline = time.monotonic() + self._limit
        if self._recent and (cached := await self._recent.get(tenant, query.trace_id, seconds=seconds_left(deadline))):
            metrics.CACHE_HITS.inc()
            return _answer(query, await self._complete(tenant, query, cached, deadline), cached=True)
        metrics.CACHE_MISSES.inc()
        found = await self._read(tenant, query, deadline)
        answer = _answer(query, found, cached=False)
        if self._recent and found and query.whole and not answer.truncated:
            await self._recent.fill(tenant, query.trace_id, found)
        return answer

    async def _complete(
        self, tenant: str, query: TraceQuery, cached: Sequence[LogRecord], deadline: float
    ) -> list[LogRecord]:
        """The cached records and those that the store has besides, oldest first."""
        start, end = query.range.start_unix_nano, query.range.end_unix_nano
        earliest = min(record.time_unix_nano for record in cached)
        span = TimeRange(max(start, earliest - _HOUR_NANO) if query.whole else start, end)
        known = [parse_record_id(record.id) for record in cached]
        others = await self._ask(tenant, query, span, deadline, known)
        asked_for = [record for record in cached if start <= record.time_unix_nano < end]
        return sorted([*asked_for, *others], key=_place)

    async def _read(self, tenant: str, query: TraceQuery, deadline: float) -> Sequence[LogRecord]:
        """The records that the store has, oldest first."""
        if not query.whole:
            return await self._ask(tenant, query, query.range, deadline)
        low, high = query.range.start_unix_nano, query.range.end_unix_nano
        recent = max(low, min(time.time_ns(), high) - _HOUR_NANO)
        found = await self._ask(tenant, query, TimeRange(recent, high), deadline)
        # A trace that goes on now may have begun a little earlier; one that is not here may be anywhere.
        low = min(recent, found[0].time_unix_nano - _HOUR_NANO) if found else low
        return [*await self._ask(tenant, query, TimeRange(low, recent), deadline), *found]

    async def _ask(
        self,
        tenant: str,
        query: TraceQuery,
        span: TimeRange,
        deadline: float,
        known: Sequence[tuple[int, int]] = (),
    ) -> Sequence[LogRecord]:
        # One more than asked for tells whether there are more.
        return await self._store.trace(
            tenant,
            query.trace_id,
            span,
            query.page_size + 1,
            known=known,
            max_bytes=MAX_ANSWER_BYTES,
            seconds=seconds_left(deadline),
        )


def _answer(query: TraceQuery, records: Sequence[LogRecord], *, cached: bool) -> GetTraceResponse:
    kept = records[: min(query.page_size, fitting(records, MAX_ANSWER_BYTES))]
    return GetTraceResponse(records=kept, truncated=len(kept) < len(records), cached=cached)


def _place(record: LogRecord) -> tuple[int, int, int]:
    return record.time_unix_nano, *parse_record_id(record.id)
