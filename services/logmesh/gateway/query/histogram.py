"""Histogram: records over time by the values of a field, and as many buckets before for comparison.

What the store has counted beforehand is asked for at once, and exact. Otherwise records are counted newest first for as long as time
allows, and what is counted tells which values are the most frequent.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from google.protobuf.duration_pb2 import Duration

from logmesh.filters import parse_field, parse_filter
from logmesh.filters.ast import Node
from logmesh.filters.fields import LEVELS, Column, Field
from logmesh.gateway.figures.buckets import MAX_BUCKETS, choose_buckets
from logmesh.gateway.figures.telling_apart import NAMED_A_WINDOW, Values
from logmesh.gateway.requests.checks import read_limit, read_range, to_proto
from logmesh.gateway.walking.deadline import seconds_left
from logmesh.gateway.walking.walk import Look, walk
from logmesh.store.counts import Buckets
from logmesh.store.errors import TooSlow
from logmesh.store.store import Store
from logmesh.store.time_range import TimeRange
from logmesh.v1.query_service_pb2 import HistogramRequest, HistogramResponse, Series

VALUES_TOLD_APART: Final = 10
_LEVEL: Final = Column("level")


@dataclass(frozen=True, slots=True)
class HistogramQuery:
    """What to count over time, and whether the period before is counted, too."""

    filter: Node
    buckets: Buckets
    field: Field
    previous: bool


def read_histogram(request: HistogramRequest, now_unix_nano: int) -> HistogramQuery:
    """The query that a request asks for. Raises FilterError or RequestError."""
    wanted = read_limit("buckets", request.buckets, default=60, most=MAX_BUCKETS)
    return HistogramQuery(
        parse_filter(request.filter),
        choose_buckets(read_range(request, now_unix_nano), wanted),
        parse_field(request.group_by or "level"),
        request.previous,
    )


async def histogram(store: Store, tenant: str, query: HistogramQuery, seconds: float) -> HistogramResponse:
    """Count within about `seconds`. Raises StoreError."""
    counter = _Counter(store, tenant, query.filter, time.monotonic() + seconds)
    buckets, exact = query.buckets, True
    if query.field == _LEVEL:
        tally, reached = await counter.by_key(buckets, query.field, LEVELS)
        series = _series(tally, LEVELS, query.field)
    else:
        found, reached = await counter.by_value(buckets, query.field)
        apart = found.apart(VALUES_TOLD_APART)
        tally, exact = [apart.none, *(counts for _, counts in apart.values), apart.rest], apart.exact
        series = _series(tally, [value for value, _ in apart.values], query.field)
    is_whole = reached == buckets.range.start_unix_nano
    return HistogramResponse(
        start_time=to_proto(buckets.start_unix_nano),
        width=Duration(seconds=buckets.width_nano // 10**9),
        series=series,
        previous=await _previous(counter, buckets) if query.previous and is_whole else [],
        counted_from=to_proto(buckets.start_unix_nano if is_whole else reached),
        exact=exact and is_whole,
    )


async def _previous(counter: "_Counter", buckets: Buckets) -> list[int]:
    # Half a period would look like a fall: it is given as a whole or not at all.
    before = buckets.before()
    try:
        tally, reached = await counter.by_key(before, _LEVEL, LEVELS)
    except TooSlow:
        return []
    return [sum(bucket) for bucket in zip(*tally, strict=True)] if reached == before.range.start_unix_nano else []


class _Counter:
    """Counts records of a filter until a deadline of the monotonic clock."""

    def __init__(self, store: Store, tenant: str, node: Node, deadline: float) -> None:
        self._store, self._tenant, self._filter, self._deadline = store, tenant, node, deadline

    async def by_key(self, buckets: Buckets, field: Field, keys: Sequence[str]) -> tuple[list[list[int]], int]:
        """Return the counts by key and bucket, and the time from which on everything was counted.

        A key is 0 for no value, then come `keys` in their order, then all others.
        """
        tally = [[0] * buckets.count for _ in range(len(keys) + 2)]

        async def look(part: TimeRange, seconds: float) -> bool:
            counted = self._store.count_keys(self._tenant, self._filter, part, buckets, field, keys, seconds=seconds)
            for bucket, key, records in await counted:
                tally[key][bucket] += records
            return False

        return tally, await self._over(buckets, look, at_once=await self._is_counted(buckets, field))

    async def by_value(self, buckets: Buckets, field: Field) -> tuple[Values, int]:
        """Return the counts by value and bucket, and the time from which on everything was counted."""
        found = Values(buckets.count)
        # A look at everything knows which values are the most frequent; of several windows each may name others.
        is_counted = await self._is_counted(buckets, field)
        most = VALUES_TOLD_APART if is_counted else NAMED_A_WINDOW

        async def look(part: TimeRange, seconds: float) -> bool:
            counted = self._store.count_values(self._tenant, self._filter, part, buckets, field, most, seconds=seconds)
            found.add(await counted)
            return False

        return found, await self._over(buckets, look, at_once=is_counted)

    async def _over(self, buckets: Buckets, look: Look, *, at_once: bool) -> int:
        """Look at the whole range, at once or window by window; how far that came."""
        if not at_once:
            return await walk(buckets.range, self._deadline, look, first_nano=self._store.first_look_nano)
        await look(buckets.range, seconds_left(self._deadline))
        return buckets.range.start_unix_nano

    async def _is_counted(self, buckets: Buckets, field: Field) -> bool:
        seconds = seconds_left(self._deadline)
        return await self._store.is_counted(self._filter, field, buckets.range, buckets.width_nano, seconds=seconds)


def _series(tally: list[list[int]], values: Sequence[str], field: Field) -> list[Series]:
    """Those that have records: levels by severity, other values by frequency, then no value, then the rest."""
    none, *told_apart, rest = tally
    named = [Series(value=value, counts=counts) for value, counts in zip(values, told_apart, strict=True)]
    if field == _LEVEL:
        named.reverse()
    else:
        named.sort(key=lambda series: (-sum(series.counts), series.value))
    found = [*named, Series(counts=none), Series(is_rest=True, counts=rest)]
    return [series for series in found if any(series.counts)]
