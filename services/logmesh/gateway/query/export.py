"""Every matching record as a file in pieces: the pages of a search one after the other, each piece sent before the next is read.

A file that ends with OK has everything, or as many records as were asked for; whatever goes wrong ends it with an error.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass, replace
from itertools import chain
from typing import Final

from google.api.httpbody_pb2 import HttpBody

from logmesh.filters import parse_filter
from logmesh.gateway.answers.answering import OutOfTime
from logmesh.gateway.answers.export_formats import FORMATS, Format
from logmesh.gateway.callers.admission import Room
from logmesh.gateway.query.search import Done, Progress, Query, find, messages_of
from logmesh.gateway.requests.checks import RequestError, read_range
from logmesh.store.found import Found
from logmesh.store.order import Cursor
from logmesh.store.store import Store
from logmesh.v1.query_service_pb2 import ExportRequest

_PAGE_SIZE: Final = 10_000
"""Records before the connection is given back for others, once."""
_VISIT_BYTES: Final = 256 << 10


@dataclass(frozen=True, slots=True)
class Export:
    """What to export and how: `query` holds the first page's range, `limit` how many records at most, None: all of them."""

    query: Query
    format: Format
    limit: int | None


def read_export(request: ExportRequest, now_unix_nano: int) -> Export:
    """What a request asks for at `now_unix_nano`. Raises FilterError or RequestError."""
    node = parse_filter(request.filter)
    if request.format not in FORMATS:
        raise RequestError(f"format {request.format} is not known")
    asked = read_range(request, now_unix_nano)
    query = Query(node, asked.start_unix_nano, Cursor(asked.end_unix_nano), _PAGE_SIZE)
    return Export(query, FORMATS[request.format], request.limit or None)


class Exports:
    """Exports of a gateway: so many at once, since a slow reader holds a connection, and one thread that writes their pieces."""

    def __init__(self, connections: int) -> None:
        self._room = Room("exports", running=max(1, connections // 2))
        # A thread of its own: a piece of a megabyte takes longer to write than anybody else should wait for the event loop.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="export")

    async def pieces(
        self, store: Store, tenant: str, asked: Export, *, page_seconds: float
    ) -> AsyncGenerator[HttpBody, None]:
        """Yield the file's pieces, about a megabyte of records each at most; the first one has the content type.

        `page_seconds` is how long a page may take to find something. Raises OutOfTime and StoreError.
        """
        async with self._room.one():
            yield HttpBody(content_type=asked.format.content_type, data=asked.format.header)
            left, query = asked.limit, asked.query
            while left is None or left:
                query = replace(query, page_size=_PAGE_SIZE if left is None else min(left, _PAGE_SIZE))
                async with (
                    aclosing(find(store, tenant, query, time_limit_seconds=page_seconds)) as messages,
                    aclosing(_gathered(messages)) as gathered,
                ):
                    async for found in gathered:
                        if isinstance(found, Done):
                            done = found
                            continue
                        left = None if left is None else left - sum(map(len, found))
                        records = chain.from_iterable(one.records() for one in found)
                        pieces = map(asked.format.write, messages_of(records))
                        while (piece := await self._next(pieces)) is not None:
                            yield HttpBody(data=piece)
                if done.cursor is None:
                    return
                if done.cursor == query.cursor:
                    raise OutOfTime("the export takes too long; ask for a shorter time range or a simpler filter")
                query = replace(query, cursor=done.cursor)

    async def _next(self, pieces: Iterator[bytes]) -> bytes | None:
        """Have the next piece written, of about a megabyte of records; None behind the last one."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, next, pieces, None)


async def _gathered(
    messages: AsyncIterator[Found | Progress | Done],
) -> AsyncGenerator[list[Found] | Done, None]:
    """What was found, until it is worth a visit to the thread or the search pauses; and the search's end."""
    gathered: list[Found] = []
    size = 0
    async for message in messages:
        if not isinstance(message, Progress | Done):
            gathered.append(message)
            size += message.size
            if size < _VISIT_BYTES:
                continue
        if gathered:
            yield gathered
            gathered, size = [], 0
        if isinstance(message, Done):
            yield message
