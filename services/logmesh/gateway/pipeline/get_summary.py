"""GetSummary: the pipeline in a few figures, from the ledger and from the processors' states."""

from dataclasses import dataclass
from datetime import datetime

from logmesh.gateway.pipeline.ledger import Ledger
from logmesh.gateway.pipeline.pages import to_duration
from logmesh.gateway.processors.states import States
from logmesh.gateway.settings import GatewaySettings
from logmesh.storage.sql import load
from logmesh.v1.pipeline_service_pb2 import GetSummaryResponse, ProcessorState, SendTo

_MARGIN_SECONDS = 1.0
"""Between a batch's receipt and the moment from which a processor counts it."""


@dataclass(frozen=True, slots=True)
class LedgerSums:
    """The ledger in a few figures; see sum_ledger.sql.

    `lag_seconds` is how long what was committed lately had waited, None when nothing was.
    """

    lost: int
    missing: int
    producers: int
    stored: int
    dead_letters: int
    committed: int
    lag_seconds: float | None
    last_commit: datetime | None


async def sum_ledger(ledger: Ledger, tenant: str, certain_before_seconds: float | None) -> LedgerSums:
    """The whole, where what was abandoned within the last `certain_before_seconds` is not called lost yet; None: nothing is.
    Raises StoreError."""
    async with ledger.reading(tenant) as connection:
        row = await connection.fetchrow(load("sum_ledger"), certain_before_seconds)
    if row is None:
        raise AssertionError("an aggregate has a row")
    return LedgerSums(
        row["lost"], row["missing"], row["producers"], row["stored"], row["dead_letters"], row["committed"],
        row["lag"], row["last_commit"],
    )  # fmt: skip


def certain_before_seconds(states: States) -> float | None:
    """What became known to be abandoned longer ago than this is in no processor's log; None when that can't be said.

    A processor that is away, or that is still reading its log, may have it. One that is ready and has written all that it
    received until then has not.
    """
    if states.failure or not all(state.ready for state in states.processors):
        return None
    unwritten = [_seconds(state) + _MARGIN_SECONDS for state in states.processors if state.unwritten_batches]
    return max(unwritten, default=0.0)


def summarize(ledger: LedgerSums, states: States) -> GetSummaryResponse:
    """Sum up. `ledger` was read after the states, so that what was written meanwhile is in it."""
    answering = [state for state in states.processors if answers(state)]
    summary = GetSummaryResponse(
        lost_batches=ledger.lost,
        unaccounted_batches=ledger.missing - ledger.lost,
        stored=ledger.stored,
        dead_letters=ledger.dead_letters,
        producers=ledger.producers,
        committed_batches=ledger.committed,
        processors_ready=sum(state.ready for state in states.processors),
        processors_answering=len(answering),
        processors=len(states.processors),
        processors_failure=states.failure,
    )
    if answering or states.nobody_to_ask:
        waits = [_seconds(state) for state in answering] or [ledger.lag_seconds or 0.0]
        summary.lag.CopyFrom(to_duration(max(waits)))
    if ledger.last_commit is not None:
        summary.last_commit_time.FromDatetime(ledger.last_commit)
    return summary


def send_to(settings: GatewaySettings) -> SendTo:
    """What somebody must know to send the first record."""
    return SendTo(target=settings.processors, command=settings.ship_command, certificates=settings.ship_certificates)


def answers(state: ProcessorState) -> bool:
    """Whether a processor said this itself: it has a version then."""
    return bool(state.version)


def _seconds(state: ProcessorState) -> float:
    return state.lag.ToNanoseconds() / 1e9
