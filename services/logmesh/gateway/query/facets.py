"""Facets: the most frequent values of fields, all of them from one look at what matches.

Exact where the store has counted filter and field beforehand. Other fields are counted over the newest SAMPLE records that match, or
over as many as can be found in time.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from logmesh.filters import parse_field, parse_filter
from logmesh.filters.ast import Node
from logmesh.filters.fields import Field
from logmesh.gateway.requests.checks import RequestError, read_limit, read_range, to_proto
from logmesh.gateway.walking.deadline import seconds_left
from logmesh.gateway.walking.windows import FIRST_NANO
from logmesh.store.errors import TooSlow
from logmesh.store.store import Store
from logmesh.store.time_range import TimeRange
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


@dataclass(frozen=True, slots=True)
class FacetCounts:
    """The most frequent values of one field, with their records, out of `counted` records, all there are from `from_unix_nano` on."""

    values: Sequence[tuple[str, int]]
    counted: int
    exact: bool
    from_unix_nano: int


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


async def facets(store: Store, tenant: str, query: FacetsQuery, seconds: float) -> FacetsResponse:
    """Count within about `seconds`. Raises StoreError."""
    found = await _count(store, tenant, query, seconds)
    return FacetsResponse(
        facets=[
            Facet(
                field=name,
                values=[FacetValue(value=value, count=records) for value, records in one.values],
                rest=one.counted - sum(records for _, records in one.values),
                counted=one.counted,
                exact=one.exact,
                counted_from=to_proto(one.from_unix_nano),
            )
            for name, one in zip(query.names, found, strict=True)
        ]
    )


async def _count(store: Store, tenant: str, query: FacetsQuery, seconds: float) -> list[FacetCounts]:
    """The most frequent values of each field, in the order of the query's. Raises StoreError."""
    deadline = time.monotonic() + seconds
    fields = list(dict.fromkeys(query.fields))
    known = [
        field
        for field in fields
        if await store.is_counted(query.filter, field, query.range, seconds=seconds_left(deadline))
    ]
    sampled = [field for field in fields if field not in known]
    found: dict[Field, FacetCounts] = {}
    if known:
        counts = await store.facets(
            tenant, query.filter, query.range, known, query.values, newest=None, seconds=seconds
        )
        for field, one in zip(known, counts, strict=True):
            found[field] = FacetCounts(one.values, one.counted, exact=True, from_unix_nano=query.range.start_unix_nano)
    if sampled:
        found |= zip(sampled, await _sample(store, tenant, query, sampled, deadline), strict=True)
    return [found[field] for field in query.fields]


async def _sample(
    store: Store, tenant: str, query: FacetsQuery, fields: Sequence[Field], deadline: float
) -> list[FacetCounts]:
    """Count the end of the range, and again of a longer part until that holds a full sample or time runs out."""
    found: list[FacetCounts] | None = None
    span, part = query.range, query.range.last(FIRST_NANO)
    while True:
        try:
            counts = await store.facets(
                tenant, query.filter, part, fields, query.values, newest=SAMPLE, seconds=seconds_left(deadline)
            )
        except TooSlow:
            if found is None:
                raise
            return found
        counted = counts[0].counted
        is_full = counted == SAMPLE
        found = [
            FacetCounts(
                one.values,
                one.counted,
                exact=part == span and not is_full,
                from_unix_nano=one.oldest_unix_nano if is_full else part.start_unix_nano,
            )
            for one in counts
        ]
        if part == span or is_full or time.monotonic() >= deadline:
            return found
        part = span.last(part.length_nano * growth(counted))


def growth(counted: int) -> int:
    """How many times as much to look at when a part held `counted` records: about a sample, and never far too much."""
    return max(_LEAST_GROWTH, min(_MOST_GROWTH, SAMPLE * 5 // 4 // max(1, counted) + 1))
