"""ListChanges: services by rise of their errors against the period of the same length before."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import asyncpg

from logmesh.filters.ast import EVERYTHING
from logmesh.gateway.counting import from_counts
from logmesh.gateway.reader import reading
from logmesh.gateway.request import TimeRange, read_limit, read_range
from logmesh.v1.query_service_pb2 import ListChangesRequest, ListChangesResponse, ServiceChange

Totals = tuple[int, int]
"""Records and errors of a service."""


@dataclass(frozen=True, slots=True)
class ChangesQuery:
    """Which period, and how many services."""

    range: TimeRange
    page_size: int


def read_changes(request: ListChangesRequest, now_unix_nano: int) -> ChangesQuery:
    """The query that a request asks for. Raises RequestError."""
    page_size = read_limit("page_size", request.page_size, default=10, most=100)
    return ChangesQuery(read_range(request, now_unix_nano), page_size)


async def list_changes(pool: "asyncpg.Pool", tenant: str, query: ChangesQuery, seconds: float) -> ListChangesResponse:
    """Compare; each period may take `seconds`. Raises Busy, OSError and asyncpg's errors."""
    async with reading(pool, tenant, seconds, replan=True) as connection:
        now = await _totals(connection, query.range)
        before = await _totals(connection, query.range.earlier(query.range.length_nano))
    return ListChangesResponse(services=rank(now, before)[: query.page_size])


def rank(now: Mapping[str, Totals], before: Mapping[str, Totals]) -> list[ServiceChange]:
    """Every service of either period: the greatest rise first, then the most errors, the most records, the name."""
    changes = []
    for service in now.keys() | before.keys():
        (records, errors), (previous_records, previous_errors) = now.get(service, (0, 0)), before.get(service, (0, 0))
        changes.append(
            ServiceChange(
                service=service,
                records=records,
                errors=errors,
                previous_records=previous_records,
                previous_errors=previous_errors,
            )
        )
    return sorted(changes, key=lambda one: (one.previous_errors - one.errors, -one.errors, -one.records, one.service))


async def _totals(connection: Any, span: TimeRange) -> dict[str, Totals]:
    statement = from_counts(EVERYTHING, span).add("changes")
    rows = await connection.fetch(statement.sql, *statement.parameters)
    return {service: (records, errors) for service, records, errors in rows}
