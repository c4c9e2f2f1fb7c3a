"""`Client`: questions to a gateway, each answered before the call returns, or record by record from an iterator."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

from logmesh.client.asking import requests
from logmesh.client.asking.following import Following
from logmesh.client.asking.paging import Pages
from logmesh.client.asking.pipeline import LedgerEntry, ProcessorState, Summary
from logmesh.client.asking.results import Context, Facet, Histogram, Patterns, ServiceChange, Trace
from logmesh.client.asking.sync_tail import Tail
from logmesh.client.channel import authorization, open_blocking_channel
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

    def __call__(self, request: Request, *, timeout: float | None, metadata: Any) -> Answer:
        """Make the call."""
        ...


class Client:
    """A connection to a gateway. Safe to use from several threads; in a forked child, make a new one.

        with Client("localhost:8080") as client:
            for record in client.search('service = "checkout" AND severity >= WARNING', since=timedelta(hours=1)):
                print(record.time, record.body)

    Time ranges are given as `since` (so long before the end), or by `start` (included) and `end` (not included), aware
    datetimes. Without any of them they are the last 15 minutes. Every call ends within `timeout` seconds; one that finds
    the gateway unavailable is made again, up to three times. What is raised is in `logmesh.client.errors`; ValueError is
    a wrong argument.
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
        """Nothing is sent yet.

        Args:
            target: the gateway, as any gRPC target: ``host:port``, ``dns:///name:port``.
            tls: TlsFiles for mutual TLS, a path of authorities to check the server against, None for plaintext.
            server_name: the name in the server's certificate, where it is not the target's.
            token: a bearer token.
            timeout: seconds for each call, and for each page of a search.
        """
        self._target, self._timeout = target, timeout
        self._channel = open_blocking_channel(target, tls, server_name=server_name)
        self._metadata = authorization(token)
        self._query, self._pipeline = QueryServiceStub(self._channel), PipelineServiceStub(self._channel)
        self._tail = TailServiceStub(self._channel)

    def search(
        self,
        filter: str = "",  # noqa: A002  # it is what everything else calls it
        *,
        since: timedelta | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        limit: int | None = None,
    ) -> Iterator[Record]:
        """Yield records that match, newest first, at most `limit`; pages are fetched as they are needed.

        Raises InvalidFilter with the position of what is wrong, DeadlineExceeded when the range is too large to get on.
        """
        return self._search(Pages(requests.search(filter, since, start, end), limit))

    def _search(self, pages: Pages) -> Iterator[Record]:
        while (request := pages.request()) is not None:
            # A page is read to its end before any of it is handed out: who takes long over a record holds up nobody.
            with translated(self._target):
                answers = self._query.Search(request, timeout=self._timeout, metadata=self._metadata)
                page = [record for answer in answers for record in pages.take(answer)]
            pages.end(self._target)
            yield from page

    def tail(
        self,
        filter: str = "",  # noqa: A002
        *,
        resume_token: str | None = None,
        backlog: timedelta | None = None,
        patience: float = 300.0,
    ) -> Tail:
        """Follow matching records as they come; see `Tail`.

        `resume_token` goes on where an earlier tail of the same filter stood, `backlog` (at most an hour) begins in the
        past. `patience` is how many seconds the gateway may be away before ConnectionFailed is raised.
        """
        return Tail(self._tail, Following(filter, resume_token, backlog, patience), self._target, self._metadata)

    def histogram(
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
        """Counts over time in about `buckets` buckets of a round width, stacked by the field `by`."""
        request = requests.histogram(filter, since, start, end, buckets, by, previous)
        return Histogram.of(self._call(self._query.Histogram, request))

    def facets(
        self,
        filter: str = "",  # noqa: A002
        *,
        since: timedelta | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        fields: Iterable[str] = (),
        values: int = 10,
    ) -> list[Facet]:
        """The most frequent values of `fields`, at most 10 of them; none are service, level and instance."""
        request = requests.facets(filter, since, start, end, fields, values)
        return [Facet.of(facet) for facet in self._call(self._query.Facets, request).facets]

    def trace(
        self, trace_id: str, *, start: datetime | None = None, end: datetime | None = None, limit: int = 1_000
    ) -> Trace:
        """All records of a trace of 32 hexadecimal digits. Raises NotFound when there are none."""
        trace = Trace.of(self._call(self._query.GetTrace, requests.trace(trace_id, start, end, limit)))
        if not trace.records:
            raise NotFound(f"no record of the trace {trace_id} is stored")
        return trace

    def context(self, record: Record | str, *, before: int = 10, after: int = 10) -> Context:
        """What the same instance logged around a record, or the record of an id. Raises NotFound."""
        return Context.of(self._call(self._query.GetContext, requests.context(record, before, after)))

    def patterns(
        self,
        filter: str = "",  # noqa: A002
        *,
        since: timedelta | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        limit: int = 20,
    ) -> Patterns:
        """Templates of matching bodies with their counts."""
        return Patterns.of(self._call(self._query.ListPatterns, requests.patterns(filter, since, start, end, limit)))

    def changes(
        self,
        *,
        since: timedelta | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        limit: int = 10,
    ) -> list[ServiceChange]:
        """Services by rise of their errors against the period of the same length before."""
        answer = self._call(self._query.ListChanges, requests.changes(since, start, end, limit))
        return [ServiceChange.of(change) for change in answer.services]

    def ledger(self, *, limit: int = 100) -> list[LedgerEntry]:
        """Per producer what was received and what is missing, the latest first."""
        answer = self._call(self._pipeline.ListLedger, ListLedgerRequest(page_size=limit))
        return [LedgerEntry.of(entry) for entry in answer.entries]

    def processors(self) -> list[ProcessorState]:
        """The state of every processor; one that does not answer is not ready."""
        answer = self._call(self._pipeline.ListProcessors, ListProcessorsRequest())
        return [ProcessorState.of(state) for state in answer.processors]

    def summary(self) -> Summary:
        """The pipeline in a few figures."""
        return Summary.of(self._call(self._pipeline.GetSummary, GetSummaryRequest()))

    def close(self) -> None:
        """End what is under way, and the connection."""
        self._channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _call(self, method: Method[Request, Answer], request: Request) -> Answer:
        with translated(self._target):
            return method(request, timeout=self._timeout, metadata=self._metadata)
