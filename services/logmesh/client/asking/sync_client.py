# Made from async_client.py by `make blocking-client`: change that one.
"""`Client`: questions to a gateway, each answered by one call, or record by record by an iterator."""

import logging
import math
from collections.abc import Callable, Iterable
from datetime import timedelta
from types import TracebackType
from typing import Any, Final, Protocol, Self, TypeVar

from logmesh.client.asking import requests
from logmesh.client.asking.following import Following
from logmesh.client.asking.listing import Listed, Listing
from logmesh.client.asking.paging import Pages
from logmesh.client.asking.pipeline import Acknowledgement, Fact, LedgerEntry, ProcessorState, Summary
from logmesh.client.asking.results import Context, Facet, Histogram, Patterns, ServiceChange, Trace
from logmesh.client.asking.stubs import Stubs
from logmesh.client.asking.sync_search import Search
from logmesh.client.asking.sync_tail import Tail
from logmesh.client.asking.tokens import NewToken, SenderToken
from logmesh.client.channel import Dialer, Tls, authorization
from logmesh.client.errors import NotFound
from logmesh.client.failures import translated
from logmesh.client.moments import Moment
from logmesh.client.record import Record
from logmesh.v1.pipeline_service_pb2 import (
    GetSummaryRequest,
    ListAcknowledgementsRequest,
    ListFactsRequest,
    ListLedgerRequest,
    ListProcessorsRequest,
)
from logmesh.v1.token_service_pb2 import ListTokensRequest, RevokeTokenRequest

log: Final = logging.getLogger("logmesh")

Request = TypeVar("Request", contravariant=True)
Answer = TypeVar("Answer", covariant=True)
T = TypeVar("T")


class Method(Protocol[Request, Answer]):
    """A unary call of a stub."""

    def __call__(self, request: Request, *, timeout: float | None, metadata: Any) -> Answer:
        """Make the call."""
        ...


class Client:
    """A connection to a gateway.

        with Client("localhost:8080") as client:
            for record in client.search('service = "checkout" AND severity >= WARNING', since=timedelta(hours=1)):
                print(record.time, record.body)

    Time ranges are given as `since` (so long before the end), or by `start` (included) and `end` (not included), aware
    datetimes or nanoseconds since 1970. Without any of them they are the last 15 minutes. Every call ends within `timeout`
    seconds; one that only reads and finds the gateway unavailable is made again, up to three times. What is raised is in
    `logmesh.client.errors`; ValueError is a wrong argument.

    One that blocks is safe to use from several threads, one for asyncio belongs to the event loop in which it was made. In a
    forked child, make a new one.
    """

    def __init__(
        self,
        target: str = "localhost:8080",
        *,
        tls: Tls = None,
        server_name: str | None = None,
        token: str | None = None,
        timeout: float = 30.0,
    ) -> None:
        """Nothing is sent yet. Raises OSError for a file of `tls` that can't be read, ValueError for what can be no token.

        Args:
            target: the gateway, as any gRPC target: ``host:port``, ``dns:///name:port``.
            tls: True to check the server against the authorities that gRPC brings, a path of others to check it against,
                TlsFiles for mutual TLS, None for plaintext. Files that are replaced are read again.
            server_name: the name in the server's certificate, where it is not the target's.
            token: a bearer token.
            timeout: seconds for each call, and for each page of a search.
        """
        self._target, self._timeout = target, timeout
        self._metadata = authorization(token)
        dialer = Dialer(target, tls, server_name=server_name, retry_queries=True)
        # Types of stubs differ between calls that block and calls that are awaited.
        self._stubs: Any = Stubs(dialer, dialer.open_blocking)

    def search(
        self,
        filter: str = "",  # noqa: A002  # it is what everything else calls it
        *,
        since: timedelta | None = None,
        start: Moment | None = None,
        end: Moment | None = None,
        limit: int | None = None,
        patience: float = math.inf,
    ) -> Search:
        """Yield records that match, newest first, as they are found, at most `limit`; see `Search`.

        Raises InvalidFilter with the position of what is wrong, DeadlineExceeded when the range is too large to get on, or when
        a record is waited for longer than `patience` seconds.
        """
        pages = Pages(requests.search(filter, since, start, end), limit, patience)
        return Search(self._stubs, pages, self._target, self._timeout, self._metadata)

    def tail(
        self,
        filter: str = "",  # noqa: A002
        *,
        resume_token: str | None = None,
        backlog: timedelta | None = None,
        patience: float = 300.0,
        notice: Callable[[str], None] = log.info,
    ) -> Tail:
        """Follow matching records as they come; see `Tail`.

        `resume_token` goes on where an earlier tail of the same filter stood, `backlog` (at most an hour) begins in the
        past. `patience` is how many seconds the gateway may be away before ConnectionFailed is raised. `notice` is told in a
        sentence when the connection breaks and when it is there again.
        """
        following = Following(filter, resume_token, backlog, patience)
        return Tail(self._stubs, following, self._target, self._metadata, notice)

    def histogram(
        self,
        filter: str = "",  # noqa: A002
        *,
        since: timedelta | None = None,
        start: Moment | None = None,
        end: Moment | None = None,
        buckets: int = 60,
        by: str = "level",
        previous: bool = False,
    ) -> Histogram:
        """Counts over time in about `buckets` buckets of a round width, stacked by the field `by`."""
        request = requests.histogram(filter, since, start, end, buckets, by, previous)
        return Histogram.of(self._call(self._stubs.query.Histogram, request))

    def facets(
        self,
        filter: str = "",  # noqa: A002
        *,
        since: timedelta | None = None,
        start: Moment | None = None,
        end: Moment | None = None,
        fields: Iterable[str] = (),
        values: int = 10,
    ) -> list[Facet]:
        """The most frequent values of `fields`, at most 10 of them; none are service, level and instance."""
        answer = self._call(self._stubs.query.Facets, requests.facets(filter, since, start, end, fields, values))
        return [Facet.of(facet) for facet in answer.facets]

    def trace(
        self, trace_id: str, *, start: Moment | None = None, end: Moment | None = None, limit: int = 1_000
    ) -> Trace:
        """All records of a trace of 32 hexadecimal digits. Raises NotFound when there are none.

        Without `start` and `end`, a trace of the last hour is looked for from an hour before its earliest record there; one that
        pauses for longer needs a `start`.
        """
        trace = Trace.of(self._call(self._stubs.query.GetTrace, requests.trace(trace_id, start, end, limit)))
        if not trace.messages:
            raise NotFound(f"no record of the trace {trace_id} is stored")
        return trace

    def context(self, record: Record | str, *, before: int = 10, after: int = 10) -> Context:
        """What the same instance logged around a record, or the record of an id. Raises NotFound."""
        return Context.of(self._call(self._stubs.query.GetContext, requests.context(record, before, after)))

    def patterns(
        self,
        filter: str = "",  # noqa: A002
        *,
        since: timedelta | None = None,
        start: Moment | None = None,
        end: Moment | None = None,
        limit: int = 20,
    ) -> Patterns:
        """Templates of matching bodies with their counts."""
        request = requests.patterns(filter, since, start, end, limit)
        return Patterns.of(self._call(self._stubs.query.ListPatterns, request))

    def changes(
        self,
        *,
        since: timedelta | None = None,
        start: Moment | None = None,
        end: Moment | None = None,
        limit: int = 10,
    ) -> list[ServiceChange]:
        """Services by rise of their errors against the period of the same length before."""
        answer = self._call(self._stubs.query.ListChanges, requests.changes(since, start, end, limit))
        return [ServiceChange.of(change) for change in answer.services]

    def ledger(self, *, limit: int = 100) -> Listed[LedgerEntry]:
        """Per producer what was received and what is missing, the latest first."""
        listing = Listing(
            ListLedgerRequest(), limit, lambda page: map(LedgerEntry.of, page.entries), lambda entry: entry.spool_id
        )
        return self._list(self._stubs.pipeline.ListLedger, listing)

    def facts(self, *, limit: int = 100) -> Listed[Fact]:
        """What must be looked at and was not acknowledged, by kind and spool."""
        listing = Listing(ListFactsRequest(), limit, lambda page: map(Fact.of, page.facts))
        return self._list(self._stubs.pipeline.ListFacts, listing)

    def acknowledge(self, facts: Iterable[Fact], *, reason: str, by: str = "") -> int:
        """Note in the ledger that `facts` were seen and dealt with, and why; return how many batches this took.

        Where tokens are asked for, it takes the role of an administrator, and the token says who it was; elsewhere `by` does.
        """
        batches = 0
        for request in requests.acknowledge(facts, reason, by):
            batches += (self._call(self._stubs.pipeline.AcknowledgeFacts, request)).batches
        return batches

    def acknowledgements(self, *, limit: int = 100) -> Listed[Acknowledgement]:
        """Which facts were acknowledged, the latest first."""
        listing = Listing(
            ListAcknowledgementsRequest(), limit, lambda page: map(Acknowledgement.of, page.acknowledgements)
        )
        return self._list(self._stubs.pipeline.ListAcknowledgements, listing)

    def create_token(self, name: str, *, lifetime: timedelta | None = None, tenant: str = "", by: str = "") -> NewToken:
        """Make a token with which senders bring records of `tenant`, by default the caller's; the answer alone has its secret.

        It is good for `lifetime`, None: until it is revoked. Raises InvalidRequest for a name that another good one has. Where access
        tokens are asked for, it takes the role of an administrator, and the access token says who it was; elsewhere `by` does.
        """
        made = self._call(self._stubs.token.CreateToken, requests.create_token(name, lifetime, tenant, by))
        return NewToken(SenderToken.of(made.token), made.secret)

    def tokens(self, *, limit: int = 100, tenant: str = "", revoked: bool = False) -> Listed[SenderToken]:
        """Tokens of senders, the latest first; with `revoked` also those that were revoked. It takes who may make them."""
        request = ListTokensRequest(tenant=tenant, show_revoked=revoked)
        listing = Listing(request, limit, lambda page: map(SenderToken.of, page.tokens))
        return self._list(self._stubs.token.ListTokens, listing)

    def revoke_token(self, token_id: str, *, tenant: str = "", by: str = "") -> SenderToken:
        """End a token of senders: receivers refuse it within some seconds. Raises NotFound. It takes who may make them."""
        request = RevokeTokenRequest(id=token_id, tenant=tenant, by=by)
        return SenderToken.of((self._call(self._stubs.token.RevokeToken, request)).token)

    def processors(self) -> list[ProcessorState]:
        """The state of every processor; one that does not answer is not ready."""
        answer = self._call(self._stubs.pipeline.ListProcessors, ListProcessorsRequest())
        return [ProcessorState.of(state) for state in answer.processors]

    def summary(self) -> Summary:
        """The pipeline in a few figures."""
        return Summary.of(self._call(self._stubs.pipeline.GetSummary, GetSummaryRequest()))

    def close(self) -> None:
        """End what is under way, and the connection."""
        for channel in self._stubs.channels:
            channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _list(self, method: Any, listing: Listing[T]) -> Listed[T]:
        while (request := listing.request()) is not None:
            listing.take(self._call(method, request))
        return listing.found

    def _call(self, method: Method[Request, Answer], request: Request) -> Answer:
        with translated(self._target):
            return method(request, timeout=self._timeout, metadata=self._metadata)
