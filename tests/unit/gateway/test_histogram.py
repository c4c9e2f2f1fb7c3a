"""Histogram: what is counted within its time is given, and the period before as a whole or not at all."""

from typing import Any, cast

from logmesh.gateway.query.histogram import histogram, read_histogram
from logmesh.store.counts import Buckets, KeyCount
from logmesh.store.errors import TooSlow
from logmesh.store.store import Store
from logmesh.store.time_range import TimeRange
from logmesh.v1.query_service_pb2 import HistogramRequest

NOW = 1_800_000_000 * 10**9
HOUR = 3_600 * 10**9


class CountedStore:
    """Has one record counted beforehand in each first bucket, and no time for what was before `since`."""

    def __init__(self, since: int) -> None:
        self._since = since

    async def is_counted(self, *_: Any, **__: Any) -> bool:
        return True

    async def count_keys(
        self, _tenant: str, _node: Any, span: TimeRange, _buckets: Buckets, *_: Any, seconds: float
    ) -> Any:
        if span.start_unix_nano < self._since:
            raise TooSlow(f"more than {seconds} s")
        return [KeyCount(0, 1, 1)]


async def counted(since: int) -> tuple[int, list[int]]:
    """The records of the last hour, and the totals of the buckets before, asked of a store that has time for what is after `since`."""
    request = HistogramRequest(buckets=6, previous=True)
    request.start_time.FromNanoseconds(NOW - HOUR)
    request.end_time.FromNanoseconds(NOW)
    answer = await histogram(cast("Store", CountedStore(since)), "default", read_histogram(request, NOW), 5.0)
    return sum(sum(series.counts) for series in answer.series), list(answer.previous)


async def test_the_period_before_is_left_out_where_there_is_no_time_for_it() -> None:
    assert await counted(since=0) == (1, [1, 0, 0, 0, 0, 0])
    assert await counted(since=NOW - HOUR) == (1, [])
