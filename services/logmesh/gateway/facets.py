"""Facets: the most frequent values of fields, all of them from one look at what matches.

Exact from the rollup where it knows filter and field. Other fields are counted over the newest SAMPLE records that match, or
over as many as can be found in time.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import asyncpg

from logmesh.filters import compile_value, parse_field, parse_filter
from logmesh.filters.ast import Node
from logmesh.filters.fields import Field
from logmesh.gateway.counting import from_counts, from_newest, is_countable, is_countable_field
from logmesh.gateway.reader import reading
from logmesh.gateway.request import RequestError, TimeRange, read_limit, read_range
from logmesh.gateway.windows import FIRST_NANO
from logmesh.storage.statement import Expression, Statement
from logmesh.v1.query_service_pb2 import Facet, FacetsRequest, FacetsResponse, FacetValue

SAMPLE: Final = 50_000
MAX_FIELDS: Final = 10
_DEFAULT_FIELDS: Final = ("service", "level", "instance")
_LEAST_GROWTH: Final = 2
_MOST_GROWTH: Final = 32


@dataclass(frozen=True, slots=True)
class FacetsQuery:
    """Which values of which fields to count; `names` are the fields as they were asked for."""

    filter: Node
    range: TimeRange
    names: Sequence[str]
    fields: Sequence[Field]
    values: int


@dataclass(slots=True)
class Counted:
    """The most frequent values of one field, with their records, out of `counted` records."""

    values: list[tuple[str, int]]
    counted: int = 0
    exact: bool = True


def read_facets(request: FacetsRequest, now_unix_nano: int) -> FacetsQuery:
    """The query that a request asks for. Raises FilterError or RequestError."""
    names = list(request.fields) or list(_DEFAULT_FIELDS)
    if len(names) > MAX_FIELDS:
        raise RequestError(f"{len(names)} fields, and {MAX_FIELDS} are the most")
    return FacetsQuery(
        parse_filter(request.filter),
        read_range(request, now_unix_nano),
        names,
        [parse_field(name) for name in names],
        read_limit("values", request.values, default=10, most=100),
    )


async def facets(pool: "asyncpg.Pool", tenant: str, query: FacetsQuery, seconds: float) -> FacetsResponse:
    """Count within about `seconds`. Raises Busy, OSError and asyncpg's errors."""
    found = await count_values(pool, tenant, query.filter, query.range, query.fields, query.values, seconds)
    return FacetsResponse(
        facets=[
            Facet(
                field=name,
                values=[FacetValue(value=value, count=records) for value, records in one.values],
                rest=one.counted - sum(records for _, records in one.values),
                counted=one.counted,
                exact=one.exact,
            )
            for name, one in zip(query.names, found, strict=True)
        ]
    )


async def count_values(
    pool: "asyncpg.Pool", tenant: str, node: Node, span: TimeRange, fields: Sequence[Field], most: int, seconds: float
) -> list[Counted]:
    """The `most` most frequent values of each field, in the order of `fields`. Raises what `facets` raises."""
    deadline = time.monotonic() + seconds
    countable = is_countable(node)
    rolled_up = [field for field in dict.fromkeys(fields) if countable and is_countable_field(field)]
    sampled = [field for field in dict.fromkeys(fields) if field not in rolled_up]
    found: dict[Field, Counted] = {}
    if rolled_up:
        statement = from_counts(node, span)
        found |= zip(rolled_up, await _fetch(pool, tenant, statement, rolled_up, most, seconds), strict=True)
    if sampled:
        found |= zip(sampled, await _sample(pool, tenant, node, span, sampled, most, deadline), strict=True)
    return [found[field] for field in fields]


async def _sample(
    pool: "asyncpg.Pool", tenant: str, node: Node, span: TimeRange, fields: Sequence[Field], most: int, deadline: float
) -> list[Counted]:
    """Count the end of the range, and again of a longer part until that holds a full sample or time runs out."""
    found: list[Counted] | None = None
    part = last_part(span, FIRST_NANO)
    while True:
        statement = from_newest(node, part, SAMPLE)
        try:
            found = await _fetch(pool, tenant, statement, fields, most, deadline - time.monotonic())
        except asyncpg.QueryCanceledError:
            if found is None:
                raise
            return found
        counted = found[0].counted
        for one in found:
            one.exact = part == span and counted < SAMPLE
        if part == span or counted == SAMPLE or time.monotonic() >= deadline:
            return found
        part = last_part(span, part.length_nano * growth(counted))


def last_part(span: TimeRange, length_nano: int) -> TimeRange:
    """The end of a range, `length_nano` of it or all."""
    return TimeRange(max(span.start_unix_nano, span.end_unix_nano - length_nano), span.end_unix_nano)


def growth(counted: int) -> int:
    """How many times as much to look at when a part held `counted` records: about a sample, and never far too much."""
    return max(_LEAST_GROWTH, min(_MOST_GROWTH, SAMPLE * 5 // 4 // max(1, counted) + 1))


async def _fetch(
    pool: "asyncpg.Pool", tenant: str, statement: Statement, fields: Sequence[Field], most: int, seconds: float
) -> list[Counted]:
    values = ", ".join(statement.compile(partial(compile_value, field)).sql for field in fields)
    statement.add("facets", fields=Expression(f"ARRAY[{values}]::text[]"), most=most)
    async with reading(pool, tenant, seconds, replan=True) as connection:
        rows = await connection.fetch(statement.sql, *statement.parameters)
    found = [Counted([]) for _ in fields]
    for row in rows:
        one = found[row["field"] - 1]
        one.counted = row["counted"]
        if row["value"] is not None:
            one.values.append((row["value"], row["records"]))
    return found
