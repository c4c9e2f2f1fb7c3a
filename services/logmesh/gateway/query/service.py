"""`QueryService`: each method checks its request, asks the module that answers it, and gives back what that finds."""

import time
from contextlib import aclosing
from typing import Any, Final

from logmesh.gateway.answers.answering import answering, write
from logmesh.gateway.callers.admission import Room
from logmesh.gateway.callers.tenant import tenant_of_call
from logmesh.gateway.query.complete import complete, read_complete
from logmesh.gateway.query.export import Exports, read_export
from logmesh.gateway.query.facets import facets, read_facets
from logmesh.gateway.query.get_context import get_context, read_context
from logmesh.gateway.query.get_trace import Traces, read_trace
from logmesh.gateway.query.histogram import histogram, read_histogram
from logmesh.gateway.query.list_changes import list_changes, read_changes
from logmesh.gateway.query.list_patterns import list_patterns, read_patterns
from logmesh.gateway.query.search import answer_search, read_search
from logmesh.gateway.settings import GatewaySettings
from logmesh.store.recent_traces import RecentTraces
from logmesh.store.store import Store
from logmesh.v1 import query_service_pb2 as pb
from logmesh.v1.query_service_pb2_grpc import QueryServiceServicer

_QUERIES_WAITING: Final = 64


class QueryServicer(QueryServiceServicer):
    """Answers from `store`, and from `recent` traces where there is such a cache."""

    def __init__(self, settings: GatewaySettings, store: Store, recent: RecentTraces | None = None) -> None:
        self._settings, self._store = settings, store
        self._queries = Room("queries", running=settings.database_connections, waiting=_QUERIES_WAITING)
        self._exports = Exports(settings.database_connections)
        self._traces = Traces(store, recent, time_limit_seconds=settings.search_seconds)

    @property
    def _tenant(self) -> str:
        """The tenant of the call under way."""
        return tenant_of_call(self._settings.tenant)

    async def Search(  # type: ignore[override]  # noqa: N802  # it writes to the context, to notice a stalled client
        self, request: pb.SearchRequest, context: Any
    ) -> None:
        """Stream matching records, newest first. INVALID_ARGUMENT says what is wrong with the filter, and where."""
        async with answering(context, "Search"), self._queries.one():
            query, limit = read_search(request, time.time_ns()), self._settings.search_seconds
            answer = answer_search(self._store, self._tenant, request, query, time_limit_seconds=limit)
            async with aclosing(answer) as messages:
                async for message in messages:
                    await write(context, message)

    async def Histogram(self, request: pb.HistogramRequest, context: Any) -> pb.HistogramResponse:  # noqa: N802
        """Counts over time."""
        async with answering(context, "Histogram"), self._queries.one():
            query = read_histogram(request, time.time_ns())
            return await histogram(self._store, self._tenant, query, self._settings.search_seconds)

    async def Facets(self, request: pb.FacetsRequest, context: Any) -> pb.FacetsResponse:  # noqa: N802
        """The most frequent values of fields."""
        async with answering(context, "Facets"), self._queries.one():
            query = read_facets(request, time.time_ns())
            return await facets(self._store, self._tenant, query, self._settings.search_seconds)

    async def ListPatterns(self, request: pb.ListPatternsRequest, context: Any) -> pb.ListPatternsResponse:  # noqa: N802
        """Templates of bodies."""
        async with answering(context, "ListPatterns"), self._queries.one():
            query = read_patterns(request, time.time_ns())
            return await list_patterns(self._store, self._tenant, query, self._settings.search_seconds)

    async def ListChanges(self, request: pb.ListChangesRequest, context: Any) -> pb.ListChangesResponse:  # noqa: N802
        """Services by rise of their errors."""
        async with answering(context, "ListChanges"), self._queries.one():
            query = read_changes(request, time.time_ns())
            return await list_changes(self._store, self._tenant, query, self._settings.search_seconds)

    async def GetTrace(self, request: pb.GetTraceRequest, context: Any) -> pb.GetTraceResponse:  # noqa: N802
        """All records of a trace, oldest first; none when it is not known."""
        async with answering(context, "GetTrace"), self._queries.one():
            return await self._traces.find(self._tenant, read_trace(request))

    async def GetContext(self, request: pb.GetContextRequest, context: Any) -> pb.GetContextResponse:  # noqa: N802
        """What the same instance logged around a record. NOT_FOUND when there is no such record."""
        async with answering(context, "GetContext"), self._queries.one():
            query = read_context(request)
            return await get_context(self._store, self._tenant, query, time_limit_seconds=self._settings.search_seconds)

    async def Export(  # type: ignore[override]  # noqa: N802  # as Search
        self, request: pb.ExportRequest, context: Any
    ) -> None:
        """Every matching record as a file in pieces. OK at the end means that none is missing up to the limit."""
        async with answering(context, "Export"):
            asked = read_export(request, time.time_ns())
            file = self._exports.pieces(self._store, self._tenant, asked, page_seconds=self._settings.search_seconds)
            async with aclosing(file) as pieces:
                async for piece in pieces:
                    await write(context, piece)

    async def Complete(self, request: pb.CompleteRequest, context: Any) -> pb.CompleteResponse:  # noqa: N802
        """How an unfinished filter may go on; nothing when it is wrong already."""
        async with answering(context, "Complete"), self._queries.one():
            query = read_complete(request, time.time_ns())
            return await complete(self._store, self._tenant, query)
