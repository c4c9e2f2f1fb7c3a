"""`QueryService`: checks a request, runs the search, streams what it finds."""

import asyncio
import time
from contextlib import aclosing
from typing import Any, Final

import asyncpg
import grpc
import structlog
from google.protobuf.timestamp_pb2 import Timestamp

from logmesh.filters import FilterError, parse_filter
from logmesh.gateway.failures import QUERY_FAILURES, status_of
from logmesh.gateway.page_token import Cursor, PageTokenError, decode_page_token, encode_page_token
from logmesh.gateway.search import Done, Query, search
from logmesh.gateway.settings import GatewaySettings
from logmesh.v1.query_service_pb2 import SearchDone, SearchRequest, SearchResponse, SearchRows
from logmesh.v1.query_service_pb2_grpc import QueryServiceServicer

log = structlog.get_logger()

DEFAULT_PAGE_SIZE: Final = 100
MAX_PAGE_SIZE: Final = 10_000
STALL_SECONDS: Final = 10.0
DEFAULT_RANGE_NANO: Final = 15 * 60 * 10**9
_MAX_UNIX_NANO: Final = (1 << 62) - 1  # the year 2116, so that sums stay within 64 bits


class RequestError(ValueError):
    """A request that can't be answered; its text says why."""


class _StalledError(Exception):
    """The client has not read for `STALL_SECONDS`."""


class QueryServicer(QueryServiceServicer):
    """Answers from the database of `pool`, which is the reader's."""

    def __init__(self, settings: GatewaySettings, pool: "asyncpg.Pool") -> None:
        self._settings, self._pool = settings, pool

    async def Search(  # type: ignore[override]  # noqa: N802  # it writes to the context, to notice a stalled client
        self, request: SearchRequest, context: Any
    ) -> None:
        """Stream matching records, newest first. INVALID_ARGUMENT says what is wrong with the filter, and where."""
        try:
            query = read_request(request, time.time_ns())
        except (FilterError, PageTokenError, RequestError) as error:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
        try:
            await self._stream(query, request.filter, context)
        except _StalledError:
            log.info("a client stopped reading", event_name="search_stalled")
            await context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, "the client stopped reading")
        except QUERY_FAILURES as error:
            code, text = status_of(error)
            log.warning("a search failed", event_name="search_failed", code=code.name, error=repr(error))
            await context.abort(code, text)

    async def _stream(self, query: Query, filter_text: str, context: Any) -> None:
        found = search(self._pool, self._settings.tenant, query, time_limit_seconds=self._settings.search_seconds)
        async with aclosing(found) as messages:
            async for message in messages:
                if isinstance(message, Done):
                    answer = SearchResponse(done=_done(message, filter_text, query.start_unix_nano))
                else:
                    answer = SearchResponse(rows=SearchRows(records=message))
                # A client that stops reading must not keep a connection to the database.
                try:
                    await asyncio.wait_for(context.write(answer), STALL_SECONDS)
                except TimeoutError as error:
                    raise _StalledError from error


def read_request(request: SearchRequest, now_unix_nano: int) -> Query:
    """The query that a request asks for at `now_unix_nano`. Raises FilterError, PageTokenError or RequestError."""
    node = parse_filter(request.filter)
    if request.page_size > MAX_PAGE_SIZE:
        raise RequestError(f"page_size is {request.page_size}, and {MAX_PAGE_SIZE} is the most")
    if request.page_token:
        start, cursor = decode_page_token(request.page_token, request.filter)
    else:
        end = _unix_nano(request.end_time) if request.HasField("end_time") else now_unix_nano
        start = _unix_nano(request.start_time) if request.HasField("start_time") else max(0, end - DEFAULT_RANGE_NANO)
        if start > end:
            raise RequestError("start_time is later than end_time")
        cursor = Cursor(end)
    return Query(node, start, cursor, request.page_size or DEFAULT_PAGE_SIZE)


def _unix_nano(timestamp: Timestamp) -> int:
    # Not ToNanoseconds, which refuses what it doesn't like: years beyond anything stored are simply the end.
    return min(max(0, timestamp.seconds * 10**9 + timestamp.nanos), _MAX_UNIX_NANO)


def _done(done: Done, filter_text: str, start_unix_nano: int) -> SearchDone:
    scanned_from = Timestamp(seconds=done.scanned_from_unix_nano // 10**9, nanos=done.scanned_from_unix_nano % 10**9)
    token = "" if done.cursor is None else encode_page_token(filter_text, start_unix_nano, done.cursor)
    return SearchDone(end=done.end, scanned_from=scanned_from, next_page_token=token)
