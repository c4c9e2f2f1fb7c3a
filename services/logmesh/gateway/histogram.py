"""Histogram: records over time by the values of a field, and as many buckets before for comparison.

Whole minutes come from the rollup where it knows filter and field, exactly and at once. Otherwise records are counted newest
first for as long as time allows; which ten values are told apart is then known from the newest that match.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Final

import asyncpg
from google.protobuf.duration_pb2 import Duration

from logmesh.filters import compile_key, parse_field, parse_filter
from logmesh.filters.ast import Node
from logmesh.filters.fields import LEVELS, Column, Field
from logmesh.gateway.buckets import MAX_BUCKETS, Buckets, choose_buckets
from logmesh.gateway.counting import MINUTE_NANO, from_counts, from_records, is_countable, is_countable_field
from logmesh.gateway.facets import count_values
from logmesh.gateway.reader import reading
from logmesh.gateway.request import TimeRange, read_limit, read_range, to_proto
from logmesh.gateway.rows import from_timestamp, to_timestamp
from logmesh.gateway.walk import walk
from logmesh.storage.statement import Statement
from logmesh.v1.query_service_pb2 import HistogramRequest, HistogramResponse, Series

VALUES_TOLD_APART: Final = 10


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


async def histogram(pool: "asyncpg.Pool", tenant: str, query: HistogramQuery, seconds: float) -> HistogramResponse:
    """Count within about `seconds`. Raises Busy, OSError and asyncpg's errors."""
    deadline = time.monotonic() + seconds
    values: Sequence[str] = LEVELS
    if query.field != Column("level"):
        # Half of the time at most: which values there are is of no use without their counts.
        (top,) = await count_values(
            pool, tenant, query.filter, query.buckets.range, [query.field], VALUES_TOLD_APART, seconds / 2
        )
        values = [value for value, _ in top.values]
    counter = _Counter(pool, tenant, query, values, deadline)
    tally, counted_from = await counter.count(query.buckets)
    previous: list[int] = []
    if query.previous and counted_from == query.buckets.start_unix_nano:
        before, reached = await counter.count(query.buckets.before())
        # Half a period would look like a fall: it is given as a whole or not at all.
        if reached == query.buckets.before().start_unix_nano:
            previous = [sum(bucket) for bucket in zip(*before, strict=True)]
    return HistogramResponse(
        start_time=to_proto(query.buckets.start_unix_nano),
        width=Duration(seconds=query.buckets.width_nano // 10**9),
        series=_series(tally, values, query.field),
        previous=previous,
        counted_from=to_proto(counted_from),
    )


class _Counter:
    """Counts buckets by key: 0 for no value, then the values in their order, then all others."""

    def __init__(
        self, pool: "asyncpg.Pool", tenant: str, query: HistogramQuery, values: Sequence[str], deadline: float
    ) -> None:
        self._pool, self._tenant, self._query, self._values = pool, tenant, query, values
        self._deadline = deadline

    async def count(self, buckets: Buckets) -> tuple[list[list[int]], int]:
        """Return the counts by key and bucket, and the time from which on everything was counted."""
        tally = [[0] * buckets.count for _ in range(len(self._values) + 2)]
        query = self._query
        if is_countable(query.filter) and is_countable_field(query.field) and buckets.width_nano % MINUTE_NANO == 0:
            remaining = self._deadline - time.monotonic()
            async with reading(self._pool, self._tenant, remaining, replan=True) as connection:
                await self._add(connection, from_counts(query.filter, buckets.range), buckets, tally)
            return tally, buckets.start_unix_nano

        async def look(connection: Any, window: TimeRange) -> bool:
            await self._add(connection, from_records(query.filter, window), buckets, tally)
            return False

        return tally, await walk(self._pool, self._tenant, buckets.range, self._deadline, look)

    async def _add(self, connection: Any, statement: Statement, buckets: Buckets, tally: list[list[int]]) -> None:
        key = statement.compile(partial(compile_key, self._query.field, self._values))
        origin, _ = to_timestamp(buckets.start_unix_nano)
        statement.add("histogram", key=key, width=timedelta(microseconds=buckets.width_nano // 1000), origin=origin)
        for bucket, place, records in await connection.fetch(statement.sql, *statement.parameters):
            tally[place][buckets.index(from_timestamp(bucket, 0))] += records


def _series(tally: list[list[int]], values: Sequence[str], field: Field) -> list[Series]:
    """Those that have records: levels by severity, other values by frequency, then no value, then the rest."""
    none, *told_apart, rest = tally
    named = [Series(value=value, counts=counts) for value, counts in zip(values, told_apart, strict=True)]
    if field == Column("level"):
        named.reverse()
    else:
        named.sort(key=lambda series: (-sum(series.counts), series.value))
    found = [*named, Series(counts=none), Series(is_rest=True, counts=rest)]
    return [series for series in found if any(series.counts)]
