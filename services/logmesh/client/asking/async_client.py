"""`AsyncClient`: `Client` for asyncio, with the same questions and the same answers."""

from collections.abc import AsyncIterator, Awaitable, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

from logmesh.client.asking import requests
from logmesh.client.asking.async_tail import AsyncTail
from logmesh.client.asking.following import Following
from logmesh.client.asking.paging import Pages
from logmesh.client.asking.pipeline import LedgerEntry, ProcessorState, Summary
from logmesh.client.asking.results import Context, Facet, Histogram, Patterns, ServiceChange, Trace
from logmesh.client.channel import authorization, open_channel
from logmesh.client.errors import NotFound
from logmesh.client.failures import translated
from logmesh.client.record import Record
from logmesh.client.tls import TlsFiles
from logmesh.v1.pipeline_service_pb2 import GetSummaryRequest, ListLedgerRequest, ListProcessorsRequest
from logmesh.v1.pipeline_service_pb2_grpc import PipelineServiceStub
from logmesh.v1.query_service_pb2_grpc import QueryServiceStub
from logmesh.v1.tail_service_pb2_grpc import TailServiceStub

Request = TypeVar("Request", contravariant=True)
Answer = TypeVar("Answer", covariant=True)


class Method(Protocol[Request, Answer]):
    """A unary call of a stub."""

    def __call__(self, request: Request, *, timeout: float | None, metadata: Any) -> Awaitable[Answer]:
        """Make the call."""
        ...


class AsyncClient:
    """As `Client`, which says what each method takes, gives and raises. For one event loop: make it where that runs.

    async with AsyncClient("localhost:8080") as client:
        async for record in client.search("timeout", limit=10):
            print(record.body)
    """

    def __init__(
        self,
        target: str = "localhost:8080",
        *,
        tls: TlsFiles | Path | None = None,
        server_name: str | None = None,
        token: str | None = None,
        timeout: float = 30.0,
    ) -> None:
        """See `Client`."""
        self._target, self._timeout = target, timeout
        self._channel = open_channel(target, tls, server_name=server_name, retry_queries=True)
        self._metadata = authorization(token)
        # The stubs' types are those of blocking calls.
        self._query: Any = QueryServiceStub(self._channel)
        self._pipeline: Any = PipelineServiceStub(self._channel)
        self._tail: Any = TailServiceStub(self._channel)

    def search(
        self,
        filter: str = "",  # noqa: A002
        *,
        since: timedelta | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[Record]:
        """See `Client.search`."""
        return self._search(Pages(requests.search(filter, since, start, end), limit))

    async def _search(self, pages: Pages) -> AsyncIterator[Record]:
        while (request := pages.request()) is not None:
            with translated(self._target):
                answers = self._query.Search(request, timeout=self._timeout, metadata=self._metadata)
                page = [record async for answer in answers for record in pages.take(answer)]
            pages.end(self._target)
            for record in page:
                yield record

    def tail(
        self,
        filter: str = "",  # noqa: A002
        *,
        resume_token: str | None = None,
        backlog: timedelta | None = None,
        patience: float = 300.0,
    ) -> AsyncTail:
        """See `Client.tail`."""
        return AsyncTail(self._tail, Following(filter, resume_token, backlog, patience), self._target, self._metadata)

    async def histogram(
        self,
        filter: str = "",  # noqa: A002
        *,
        since: timedelta | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        buckets: int = 60,
        by: str = "level",
        previous: bool = False,
    ) -> Histogram:
        """See `Client.histogram`."""
        request = requests.histogram(filter, since, start, end, buckets, by, previous)
        return Histogram.of(await self._call(self._query.Histogram, request))

    async def facets(
        self,
        filter: str = "",  # noqa: A002
        *,
        since: timedelta | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        fields: Iterable[str] = (),
        values: int = 10,
    ) -> list[Facet]:
        """See `Client.facets`."""
        answer = await self._call(self._query.Facets, requests.facets(filter, since, start, end, fields, values))
        return [Facet.of(facet) for facet in answer.facets]

    async def trace(
        self, trace_id: str, *, start: datetime | None = None, end: datetime | None = None, limit: int = 1_000
    ) -> Trace:
        """See `Client.trace`."""
        trace = Trace.of(await self._call(self._query.GetTrace, requests.trace(trace_id, start, end, limit)))
        if not trace.records:
            raise NotFound(f"no record of the trace {trace_id} is stored")
        return trace

    async def context(self, record: Record | str, *, before: int = 10, after: int = 10) -> Context:
        """See `Client.context`."""
        return Context.of(await self._call(self._query.GetContext, requests.context(record, before, after)))

    async def patterns(
        self,
        filter: str = "",  # noqa: A002
        *,
        since: timedelta | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        limit: int = 20,
    ) -> Patterns:
        """See `Client.patterns`."""
        request = requests.patterns(filter, since, start, end, limit)
        return Patterns.of(await self._call(self._query.ListPatterns, request))

    async def changes(
        self,
        *,
        since: timedelta | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        limit: int = 10,
    ) -> list[ServiceChange]:
        """See `Client.changes`."""
        answer = await self._call(self._query.ListChanges, requests.changes(since, start, end, limit))
        return [ServiceChange.of(change) for change in answer.services]

    async def ledger(self, *, limit: int = 100) -> list[LedgerEntry]:
        """See `Client.ledger`."""
        answer = await self._call(self._pipeline.ListLedger, ListLedgerRequest(page_size=limit))
        return [LedgerEntry.of(entry) for entry in answer.entries]

    async def processors(self) -> list[ProcessorState]:
        """See `Client.processors`."""
        answer = await self._call(self._pipeline.ListProcessors, ListProcessorsRequest())
        return [ProcessorState.of(state) for state in answer.processors]

    async def summary(self) -> Summary:
        """See `Client.summary`."""
        return Summary.of(await self._call(self._pipeline.GetSummary, GetSummaryRequest()))

    async def close(self) -> None:
        """See `Client.close`."""
        await self._channel.close(None)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.close()

    async def _call(self, method: Method[Request, Answer], request: Request) -> Answer:
        with translated(self._target):
            return await method(request, timeout=self._timeout, metadata=self._metadata)
