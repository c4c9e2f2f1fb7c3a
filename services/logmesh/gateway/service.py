"""`QueryService`: each method checks its request, asks the module that answers it, and gives back what that finds."""

import time
from contextlib import aclosing
from typing import Any, Final

import asyncpg

from logmesh.filters import parse_filter
from logmesh.gateway.admission import Room
from logmesh.gateway.answering import answering, write
from logmesh.gateway.changes import list_changes, read_changes
from logmesh.gateway.completing import complete, read_complete_request
from logmesh.gateway.exporting import Exports, read_export_request
from logmesh.gateway.facets import facets, read_facets
from logmesh.gateway.histogram import histogram, read_histogram
from logmesh.gateway.page_token import Cursor, decode_page_token, encode_page_token
from logmesh.gateway.patterns import list_patterns, read_patterns
from logmesh.gateway.request import read_limit, read_range, to_proto
from logmesh.gateway.search import Done, Progress, Query, search
from logmesh.gateway.settings import GatewaySettings
from logmesh.gateway.surroundings import find_context, read_context_request
from logmesh.gateway.tenant import tenant_of_call
from logmesh.gateway.trace_cache import TraceCache
from logmesh.gateway.traces import Traces, read_trace_request
from logmesh.v1 import query_service_pb2 as pb
from logmesh.v1.query_service_pb2 import (
    SearchDone,
    SearchMeta,
    SearchProgress,
    SearchRequest,
    SearchResponse,
    SearchRows,
)
from logmesh.v1.query_service_pb2_grpc import QueryServiceServicer
from logmesh.v1.record_pb2 import LogRecord

DEFAULT_PAGE_SIZE: Final = 100
MAX_PAGE_SIZE: Final = 10_000
_QUERIES_WAITING: Final = 64


class QueryServicer(QueryServiceServicer):
    """Answers from the database of `pool`, which is the reader's, and from `cache` where there is one."""

    def __init__(self, settings: GatewaySettings, pool: "asyncpg.Pool", cache: TraceCache | None = None) -> None:
        self._settings, self._pool = settings, pool
        self._queries = Room("queries", running=settings.database_connections, waiting=_QUERIES_WAITING)
        self._exports = Exports(settings.database_connections)
        self._traces = Traces(pool, cache, time_limit_seconds=settings.search_seconds)

    @property
    def _tenant(self) -> str:
        """The tenant of the call under way."""
        return tenant_of_call(self._settings.tenant)

    async def Search(  # type: ignore[override]  # noqa: N802  # it writes to the context, to notice a stalled client
        self, request: SearchRequest, context: Any
    ) -> None:
        """Stream matching records, newest first. INVALID_ARGUMENT says what is wrong with the filter, and where."""
        async with answering(context, "Search"), self._queries.one():
            query = read_request(request, time.time_ns())
            await write(context, SearchResponse(meta=_meta(query)))
            found = search(self._pool, self._tenant, query, time_limit_seconds=self._settings.search_seconds)
            async with aclosing(found) as messages:
                async for message in messages:
                    await write(context, _response(message, request.filter, query.start_unix_nano))

    async def Histogram(self, request: pb.HistogramRequest, context: Any) -> pb.HistogramResponse:  # noqa: N802
        """Counts over time."""
        async with answering(context, "Histogram"), self._queries.one():
            query = read_histogram(request, time.time_ns())
            return await histogram(self._pool, self._tenant, query, self._settings.search_seconds)

    async def Facets(self, request: pb.FacetsRequest, context: Any) -> pb.FacetsResponse:  # noqa: N802
        """The most frequent values of fields."""
        async with answering(context, "Facets"), self._queries.one():
            query = read_facets(request, time.time_ns())
            return await facets(self._pool, self._tenant, query, self._settings.search_seconds)

    async def ListPatterns(self, request: pb.ListPatternsRequest, context: Any) -> pb.ListPatternsResponse:  # noqa: N802
        """Templates of bodies."""
        async with answering(context, "ListPatterns"), self._queries.one():
            query = read_patterns(request, time.time_ns())
            return await list_patterns(self._pool, self._tenant, query, self._settings.search_seconds)

    async def ListChanges(self, request: pb.ListChangesRequest, context: Any) -> pb.ListChangesResponse:  # noqa: N802
        """Services by rise of their errors."""
        async with answering(context, "ListChanges"), self._queries.one():
            query = read_changes(request, time.time_ns())
            return await list_changes(self._pool, self._tenant, query, self._settings.search_seconds)

    async def GetTrace(self, request: pb.GetTraceRequest, context: Any) -> pb.GetTraceResponse:  # noqa: N802
        """All records of a trace, oldest first; none when it is not known."""
        async with answering(context, "GetTrace"), self._queries.one():
            return await self._traces.find(self._tenant, read_trace_request(request))

    async def GetContext(self, request: pb.GetContextRequest, context: Any) -> pb.GetContextResponse:  # noqa: N802
        """What the same instance logged around a record. NOT_FOUND when there is no such record."""
        async with answering(context, "GetContext"), self._queries.one():
            query = read_context_request(request)
            return await find_context(self._pool, self._tenant, query, time_limit_seconds=self._settings.search_seconds)

    async def Export(  # type: ignore[override]  # noqa: N802  # as Search
        self, request: pb.ExportRequest, context: Any
    ) -> None:
        """Every matching record as a file in pieces. OK at the end means that none is missing up to the limit."""
        async with answering(context, "Export"):
            asked = read_export_request(request, time.time_ns())
            file = self._exports.pieces(self._pool, self._tenant, asked, page_seconds=self._settings.search_seconds)
            async with aclosing(file) as pieces:
                async for piece in pieces:
                    await write(context, piece)

    async def Complete(self, request: pb.CompleteRequest, context: Any) -> pb.CompleteResponse:  # noqa: N802
        """How an unfinished filter may go on; nothing when it is wrong already."""
        async with answering(context, "Complete"), self._queries.one():
            query = read_complete_request(request, time.time_ns())
            return await complete(self._pool, self._tenant, query)


def read_request(request: SearchRequest, now_unix_nano: int) -> Query:
    """The query that a request asks for at `now_unix_nano`. Raises FilterError, PageTokenError or RequestError."""
    node = parse_filter(request.filter)
    page_size = read_limit("page_size", request.page_size, default=DEFAULT_PAGE_SIZE, most=MAX_PAGE_SIZE)
    if request.page_token:
        start, cursor = decode_page_token(request.page_token, request.filter)
    else:
        asked = read_range(request, now_unix_nano)
        start, cursor = asked.start_unix_nano, Cursor(asked.end_unix_nano)
    return Query(node, start, cursor, page_size)


def _meta(query: Query) -> SearchMeta:
    # A page that goes on elsewhere looks through what is left: times equal to the cursor's may be in it.
    end = query.cursor.unix_nano + (query.cursor.spool >= 0)
    return SearchMeta(start_time=to_proto(query.start_unix_nano), end_time=to_proto(end), page_size=query.page_size)


def _response(message: list[LogRecord] | Progress | Done, filter_text: str, start_unix_nano: int) -> SearchResponse:
    match message:
        case Progress():
            return SearchResponse(progress=SearchProgress(scanned_from=to_proto(message.scanned_from_unix_nano)))
        case Done():
            token = "" if message.cursor is None else encode_page_token(filter_text, start_unix_nano, message.cursor)
            scanned_from = to_proto(message.scanned_from_unix_nano)
            return SearchResponse(done=SearchDone(end=message.end, scanned_from=scanned_from, next_page_token=token))
        case records:
            return SearchResponse(rows=SearchRows(records=records))
