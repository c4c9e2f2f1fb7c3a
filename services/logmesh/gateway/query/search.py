"""Search: walks a time range newest window first and yields records as they are found.

Keyset paging: the order is (time, spool, position), all of it unique together, so equal times lose and repeat nothing.
"""

import time
from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final

from logmesh.filters import parse_filter
from logmesh.filters.ast import Node
from logmesh.gateway.requests.checks import read_limit, read_range, to_proto
from logmesh.gateway.requests.page_token import decode_page_token, encode_page_token
from logmesh.gateway.walking.windows import Windows
from logmesh.store.errors import TooSlow
from logmesh.store.found import Found
from logmesh.store.order import Cursor, Window
from logmesh.store.store import Store
from logmesh.v1.query_service_pb2 import (
    SEARCH_END_EXHAUSTED,
    SEARCH_END_PAGE_FULL,
    SEARCH_END_TIME_LIMIT,
    SearchDone,
    SearchEnd,
    SearchMeta,
    SearchProgress,
    SearchRequest,
    SearchResponse,
    SearchRows,
)
from logmesh.v1.record_pb2 import LogRecord

DEFAULT_PAGE_SIZE: Final = 100
MAX_PAGE_SIZE: Final = 10_000
_MESSAGE_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Query:
    """What to look for: records from `start_unix_nano` on and before `cursor`, at most `page_size`."""

    filter: Node
    start_unix_nano: int
    cursor: Cursor
    page_size: int


@dataclass(frozen=True, slots=True)
class Progress:
    """Everything from `scanned_from_unix_nano` on was looked at."""

    scanned_from_unix_nano: int


@dataclass(frozen=True, slots=True)
class Done:
    """How a search ended. Everything from `scanned_from_unix_nano` on was looked at; `cursor` is None at the end."""

    end: SearchEnd.ValueType
    scanned_from_unix_nano: int
    cursor: Cursor | None


def read_search(request: SearchRequest, now_unix_nano: int) -> Query:
    """The query that a request asks for at `now_unix_nano`. Raises FilterError, PageTokenError or RequestError."""
    node = parse_filter(request.filter)
    page_size = read_limit("page_size", request.page_size, default=DEFAULT_PAGE_SIZE, most=MAX_PAGE_SIZE)
    if request.page_token:
        start, cursor = decode_page_token(request.page_token, request.filter)
    else:
        asked = read_range(request, now_unix_nano)
        start, cursor = asked.start_unix_nano, Cursor(asked.end_unix_nano)
    return Query(node, start, cursor, page_size)


async def answer_search(
    store: Store, tenant: str, request: SearchRequest, query: Query, *, time_limit_seconds: float
) -> AsyncGenerator[SearchResponse, None]:
    """Yield the messages of an answer. Raises StoreError."""
    yield SearchResponse(meta=_meta(query))
    async with aclosing(search(store, tenant, query, time_limit_seconds=time_limit_seconds)) as found:
        async for message in found:
            yield _response(message, request.filter, query.start_unix_nano)


async def search(
    store: Store, tenant: str, query: Query, *, time_limit_seconds: float
) -> AsyncGenerator[list[LogRecord] | Progress | Done, None]:
    """Yield records in lists of about a megabyte at most; otherwise as `find`."""
    async with aclosing(find(store, tenant, query, time_limit_seconds=time_limit_seconds)) as messages:
        async for message in messages:
            if isinstance(message, Progress | Done):
                yield message
            else:
                for records in messages_of(message.records()):
                    yield records


async def find(
    store: Store, tenant: str, query: Query, *, time_limit_seconds: float
) -> AsyncGenerator[Found | Progress | Done, None]:
    """Yield what the store finds, newest first, a Progress after each window and where a store has looked in vain, and then one Done.

    Windows widen while they take no time, so there are few of them, and of a slow search one every few seconds.

    Raises StoreError; closing the iterator cancels the question.
    """
    deadline = time.monotonic() + time_limit_seconds
    windows = Windows(min(store.first_look_nano, query.cursor.unix_nano - query.start_unix_nano))
    cursor, wanted, is_rare = query.cursor, query.page_size, False
    while cursor.unix_nano > query.start_unix_nano or cursor.spool >= 0:
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            yield Done(SEARCH_END_TIME_LIMIT, cursor.unix_nano, cursor)
            return
        window = Window(windows.lower(cursor.unix_nano, query.start_unix_nano), cursor)
        began, wanted_before = time.monotonic(), wanted
        asked = store.search(tenant, query.filter, window, wanted, seconds=windows.patience(remaining), is_rare=is_rare)
        try:
            async with aclosing(asked) as parts:
                async for found in parts:
                    cursor, wanted = found.reached, wanted - len(found)
                    if len(found):
                        is_rare = False
                        yield found
                    elif cursor.unix_nano > window.start_unix_nano:
                        yield Progress(cursor.unix_nano)
                    if wanted == 0:
                        yield Done(SEARCH_END_PAGE_FULL, cursor.unix_nano, cursor)
                        return
                    if time.monotonic() >= deadline:
                        yield Done(SEARCH_END_TIME_LIMIT, cursor.unix_nano, cursor)
                        return
        except TooSlow:
            if not windows.cancelled():
                yield Done(SEARCH_END_TIME_LIMIT, cursor.unix_nano, cursor)
                return
            continue
        windows.finished(time.monotonic() - began, found=wanted_before - wanted, wanted=wanted)
        cursor, is_rare = Cursor(window.start_unix_nano), wanted == wanted_before
        if cursor.unix_nano > query.start_unix_nano:
            yield Progress(cursor.unix_nano)
    yield Done(SEARCH_END_EXHAUSTED, query.start_unix_nano, None)


def messages_of(found: Iterable[LogRecord]) -> Iterator[list[LogRecord]]:
    """Records in lists of about a megabyte, made one after the other."""
    records: list[LogRecord] = []
    size = 0
    for record in found:
        bytes_of_it = record.ByteSize()
        if records and size + bytes_of_it > _MESSAGE_BYTES:
            yield records
            records, size = [], 0
        records.append(record)
        size += bytes_of_it
    if records:
        yield records


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
