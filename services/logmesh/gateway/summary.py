"""The pipeline in a few figures: pure sums over the ledger and the processors' states."""

from collections.abc import Sequence

from logmesh.gateway.ledger import LedgerSums, to_duration
from logmesh.gateway.states import States
from logmesh.v1.pipeline_service_pb2 import GetSummaryResponse, ProcessorState

_MARGIN_SECONDS = 1.0
"""Between a batch's receipt and the moment from which a processor counts it."""


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
        summary.lag.CopyFrom(to_duration(max(_lags(ledger, answering), default=0.0)))
    if ledger.last_commit is not None:
        summary.last_commit_time.FromDatetime(ledger.last_commit)
    return summary


def answers(state: ProcessorState) -> bool:
    """Whether a processor said this itself: it has a version then."""
    return bool(state.version)


def _lags(ledger: LedgerSums, answering: Sequence[ProcessorState]) -> list[float]:
    return [_seconds(state) for state in answering] + ([] if ledger.lag_seconds is None else [ledger.lag_seconds])


def _seconds(state: ProcessorState) -> float:
    return state.lag.ToNanoseconds() / 1e9
