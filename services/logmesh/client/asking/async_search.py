"""`AsyncSearch`: what a search finds, as it is found."""

from collections import deque
from collections.abc import AsyncIterator
from typing import Any, Self

from logmesh.client.asking.async_messages import AsyncMessages
from logmesh.client.asking.async_stream import AsyncStream
from logmesh.client.asking.paging import Pages
from logmesh.client.errors import LogmeshError
from logmesh.client.failures import translated
from logmesh.client.record import Record, from_message
from logmesh.v1.query_service_pb2 import SearchResponse
from logmesh.v1.record_pb2 import LogRecord


class AsyncSearch:
    """Yields `Record`, newest first, as they are found; pages are fetched as they are needed.

    It ends with its last reference, so that `break` is enough, or by `aclose`, which `contextlib.aclosing` calls. A wait for a
    record may be interrupted: the next one goes on.
    """

    # Nothing here may refer to what refers to it: then only a search for cycles would find that nobody reads on.
    _page: AsyncStream[SearchResponse] | None = None

    def __init__(
        self, stubs: Any, pages: Pages, target: str, timeout: float, metadata: tuple[tuple[str, str], ...]
    ) -> None:
        """Use `AsyncClient.search`, which says what is raised."""
        self._stubs, self._pages, self._target, self._timeout, self._metadata = stubs, pages, target, timeout, metadata
        self._came: deque[LogRecord] = deque()
        self._ended = False

    def messages(self) -> AsyncIterator[LogRecord]:
        """The same as messages of `logmesh.v1`: exact to the nanosecond, and without the work of making a `Record` of each."""
        return AsyncMessages(self._more, self._came)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Record:
        return from_message(await anext(self.messages()))

    async def aclose(self) -> None:
        """End it, with what was found and not handed out yet."""
        self._end()
        self._came.clear()

    def __del__(self) -> None:
        self._end()

    def _end(self) -> None:
        self._ended = True
        if self._page is not None:
            self._page.cancel()

    async def _more(self) -> bool:
        """Wait for another answer, over as many pages as it takes; False at the end. Nothing follows an error."""
        try:
            while not self._ended and (page := self._page or self._ask()) is not None:
                if (answer := await self._read(page)) is not None:
                    self._came.extend(self._pages.take(answer))
                    return True
                self._page = None
                self._pages.end(self._target)
        except LogmeshError:
            self._end()
            raise
        return False

    def _ask(self) -> AsyncStream[SearchResponse] | None:
        """The next page. It is read to its end, however long somebody takes over a record: that holds up nobody."""
        if (request := self._pages.request()) is not None:
            self._page = AsyncStream(self._stubs.query.Search(request, timeout=self._timeout, metadata=self._metadata))
        return self._page

    async def _read(self, page: AsyncStream[SearchResponse]) -> SearchResponse | None:
        with translated(self._target):
            try:
                return await page.read(self._pages.seconds())
            except TimeoutError:
                raise self._pages.out_of_time(self._target) from None
