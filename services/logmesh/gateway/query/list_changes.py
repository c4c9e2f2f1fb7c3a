"""ListChanges: services by rise of their errors, against their traffic, since the period of the same length before."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from logmesh.gateway.figures.rises import gone_quiet, rank
from logmesh.gateway.requests.checks import read_limit, read_range
from logmesh.store.store import Store
from logmesh.store.time_range import TimeRange
from logmesh.v1.query_service_pb2 import ListChangesRequest, ListChangesResponse

_MOST_MISSED: Final = 20
"""Services of which it is looked up whether they fell silent; each costs two looks at a minute's records."""


@dataclass(frozen=True, slots=True)
class ChangesQuery:
    """Which period, and how many services."""

    range: TimeRange
    page_size: int


def read_changes(request: ListChangesRequest, now_unix_nano: int) -> ChangesQuery:
    """The query that a request asks for. Raises RequestError."""
    page_size = read_limit("page_size", request.page_size, default=10, most=100)
    return ChangesQuery(read_range(request, now_unix_nano), page_size)


async def list_changes(store: Store, tenant: str, query: ChangesQuery, seconds: float) -> ListChangesResponse:
    """Compare; each of up to three questions may take `seconds`. Raises StoreError."""
    length = timedelta(microseconds=query.range.length_nano // 1000)
    spans = query.range, query.range.earlier(query.range.length_nano)
    now, before = await store.totals(tenant, spans, seconds=seconds)
    missed = {name: before[name] for name in gone_quiet(now, before, length, _MOST_MISSED)}
    silent = await store.written_live(tenant, missed, seconds=seconds) if missed else ()
    changes = rank(now, before, silent)
    # What is fatal and new is never cut off.
    fatal = sum(one.fatal_rose for one in changes)
    return ListChangesResponse(services=changes[: max(query.page_size, fatal)])
