"""The state of the pipeline, asked in parts: what one part does not answer, the others still say."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

import grpc

from logmesh.cli.errors import INCOMPLETE, from_rpc
from logmesh.client.channel import authorization
from logmesh.v1.pipeline_service_pb2 import (
    Fact,
    GetSummaryRequest,
    GetSummaryResponse,
    LedgerEntry,
    ListFactsRequest,
    ListLedgerRequest,
    ListProcessorsRequest,
    ListProcessorsResponse,
    ProcessorState,
)
from logmesh.v1.pipeline_service_pb2_grpc import PipelineServiceStub

TIMEOUT_SECONDS: Final = 15
_MOST_AT_ONCE: Final = 1_000

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Part(Generic[T]):
    """What one question was answered, or in `failure` why it was not; then `value` says nothing."""

    value: T
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Listed(Generic[T]):
    """The first rows of a list, and how many it has."""

    rows: list[T] = field(default_factory=list)
    total: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """The state, as far as it is known."""

    summary: Part[GetSummaryResponse]
    ledger: Part[Listed[LedgerEntry]]
    facts: Part[Listed[Fact]]
    processors: Part[list[ProcessorState]]

    @property
    def nobody_answers(self) -> bool:
        """Whether there should be processors, and none says how it is."""
        return bool(self.processors.failure or self.processors.value) and not self.answering

    @property
    def answering(self) -> list[ProcessorState]:
        """Those whose state is their own answer."""
        return [state for state in self.processors.value if state.version]

    @property
    def exit_code(self) -> int:
        """0, or INCOMPLETE when a part is not known."""
        unknown = self.summary.failure or self.ledger.failure or self.facts.failure or self.nobody_answers
        return INCOMPLETE if unknown else 0


def options(token: str) -> dict[str, Any]:
    """Of every call: how long it may take, and who asks."""
    return {"timeout": TIMEOUT_SECONDS, "metadata": authorization(token.strip() or None)}


def ask(gateway: str, token: str, *, producers: int, facts: int) -> Report:
    """Ask for all parts, of the lists so many rows. Raises CommandError when the gateway answers none of them."""
    failures: list[grpc.RpcError] = []

    def part(call: Callable[[], T], otherwise: T) -> Part[T]:
        try:
            return Part(call())
        except grpc.RpcError as error:
            failures.append(error)
            return Part(otherwise, " ".join((error.details() or error.code().name).split()))

    with grpc.insecure_channel(gateway) as channel:
        stub: Any = PipelineServiceStub(channel)
        asked = options(token)
        processors = part(lambda: stub.ListProcessors(ListProcessorsRequest(), **asked), ListProcessorsResponse())
        report = Report(
            summary=part(lambda: stub.GetSummary(GetSummaryRequest(), **asked), GetSummaryResponse()),
            ledger=part(lambda: list_entries(stub, producers, asked), Listed()),
            facts=part(lambda: list_facts(stub, facts, asked), Listed()),
            processors=Part(list(processors.value.processors), processors.failure),
        )
    if len(failures) == 4:
        raise from_rpc(failures[0], gateway) from failures[0]
    return report


def list_entries(stub: Any, most: int, asked: dict[str, Any]) -> Listed[LedgerEntry]:
    """The ledger's first entries, each spool's once. Raises grpc.RpcError."""
    entries: dict[str, LedgerEntry] = {}
    request, total = ListLedgerRequest(), 0
    while len(entries) < most:
        request.page_size = min(most - len(entries), _MOST_AT_ONCE)
        page = stub.ListLedger(request, **asked)
        entries |= {entry.spool_id: entry for entry in page.entries}
        total, request.page_token = max(total, page.total, len(entries)), page.next_page_token
        if not request.page_token:
            break
    return Listed(list(entries.values()), total)


def list_facts(stub: Any, most: int, asked: dict[str, Any]) -> Listed[Fact]:
    """The first facts. Raises grpc.RpcError."""
    facts: list[Fact] = []
    request, total = ListFactsRequest(), 0
    while len(facts) < most:
        request.page_size = min(most - len(facts), _MOST_AT_ONCE)
        page = stub.ListFacts(request, **asked)
        facts += page.facts
        total, request.page_token = max(total, page.total), page.next_page_token
        if not request.page_token:
            break
    return Listed(facts, total)
