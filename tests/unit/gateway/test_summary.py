"""What is certain about the pipeline, and what is said where nothing is."""

from datetime import UTC, datetime

import pytest

from logmesh.gateway.pipeline.get_summary import LedgerSums, certain_before_seconds, summarize
from logmesh.gateway.processors.states import States
from logmesh.v1.pipeline_service_pb2 import ProcessorState

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


def sums(*, lost: int = 0, missing: int = 0, lag_seconds: float | None = 0.5) -> LedgerSums:
    return LedgerSums(lost, missing, 3, 10, 1, 40, lag_seconds, NOON)


def processor(*, ready: bool = True, unwritten: int = 0, lag: float = 0, version: str = "1") -> ProcessorState:
    state = ProcessorState(ready=ready, unwritten_batches=unwritten, version=version)
    state.lag.FromNanoseconds(int(lag * 1e9))
    return state


AWAY = processor(ready=False, version="")


def test_what_a_producer_holds_no_more_is_lost_and_the_rest_unaccounted() -> None:
    summary = summarize(sums(lost=2, missing=5), States((processor(),)))
    assert (summary.lost_batches, summary.unaccounted_batches) == (2, 3)
    assert (summary.stored, summary.dead_letters, summary.producers, summary.committed_batches) == (10, 1, 3, 40)
    assert summary.last_commit_time.ToDatetime(UTC) == NOON


@pytest.mark.parametrize(
    "states", [States((processor(), AWAY)), States((processor(ready=False),)), States((), "no name")]
)
def test_nothing_is_certain_while_a_log_is_out_of_sight(states: States) -> None:
    assert certain_before_seconds(states) is None


def test_under_load_all_is_certain_but_what_may_be_in_a_log() -> None:
    assert certain_before_seconds(States((processor(), processor()))) == 0
    busy = States((processor(unwritten=4, lag=0.3), processor(unwritten=1, lag=7), processor()))
    assert certain_before_seconds(busy) == 8
    assert certain_before_seconds(States(nobody_to_ask=True)) == 0


def test_lag_is_how_long_has_waited_what_waits_now() -> None:
    assert summarize(sums(), States((processor(lag=7), processor(lag=2), AWAY))).lag.ToMilliseconds() == 7_000
    nothing_waits = summarize(sums(lag_seconds=18_000), States((processor(),)))
    assert nothing_waits.HasField("lag")
    assert nothing_waits.lag.ToMilliseconds() == 0


def test_without_a_processor_to_ask_lag_is_how_long_what_came_last_had_waited() -> None:
    assert summarize(sums(), States(nobody_to_ask=True)).lag.ToMilliseconds() == 500
    assert summarize(sums(lag_seconds=None), States(nobody_to_ask=True)).HasField("lag")


@pytest.mark.parametrize("states", [States((AWAY, AWAY)), States((), "the name 'x' can't be resolved")])
def test_lag_is_not_known_when_no_processor_answers(states: States) -> None:
    summary = summarize(sums(), states)
    assert not summary.HasField("lag")
    assert (summary.processors_answering, summary.processors_failure) == (0, states.failure)
