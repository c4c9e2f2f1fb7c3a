"""What counts as lost, and what may still come."""

from datetime import datetime, timedelta

import pytest

from logmesh.gateway.summary import summarize
from logmesh.v1.ingest_service_pb2 import SeqRange
from logmesh.v1.pipeline_service_pb2 import LedgerEntry, ProcessorState

NOW = datetime(2026, 1, 2, 3, 4, 5)  # noqa: DTZ001  # naive, as protobuf's timestamps are


def entry(age: timedelta, missing: tuple[int, int], lost: tuple[int, int] | None = None) -> LedgerEntry:
    made = LedgerEntry(missing=[SeqRange(first=missing[0], last=missing[1])], stored=10, dead_letters=1)
    if lost:
        made.lost.add(first=lost[0], last=lost[1])
    made.last_commit_time.FromDatetime(NOW - age)
    made.lag.FromMilliseconds(500)
    return made


def processor(*, ready: bool = True, unwritten: int = 0) -> ProcessorState:
    return ProcessorState(ready=ready, unwritten_batches=unwritten)


def test_what_a_producer_holds_no_more_is_lost_and_the_rest_unaccounted() -> None:
    summary = summarize([entry(timedelta(seconds=5), (3, 7), (3, 4))], [processor()], NOW)
    assert (summary.lost_batches, summary.unaccounted_batches) == (2, 3)
    assert (summary.stored, summary.dead_letters, summary.producers) == (10, 1, 1)
    assert summary.lag.ToMilliseconds() == 500


@pytest.mark.parametrize("state", [processor(ready=False), processor(unwritten=1)])
def test_nothing_is_lost_while_a_processor_may_hold_it(state: ProcessorState) -> None:
    summary = summarize([entry(timedelta(seconds=5), (3, 7), (3, 7))], [processor(), state], NOW)
    assert (summary.lost_batches, summary.unaccounted_batches) == (0, 5)
    assert (summary.processors, summary.processors_ready) == (2, 1 + state.ready)


def test_producers_that_fell_silent_long_ago_are_left_out_and_idle_ones_do_not_lag() -> None:
    entries = [entry(timedelta(hours=2), (1, 9)), entry(timedelta(minutes=5), (1, 1))]
    summary = summarize(entries, [], NOW)
    assert (summary.producers, summary.unaccounted_batches, summary.lag.ToMilliseconds()) == (1, 1, 0)
