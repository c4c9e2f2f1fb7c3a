"""What becomes of a batch before anything is written."""

import pytest

from logmesh.processor.admission import MAX_AHEAD, MAX_RANGES, Refusal, Seen, SpoolState
from logmesh.record.ranges import RangeSet
from logmesh.v1 import ingest_service_pb2 as pb


def test_a_batch_is_new_once_then_waiting_logged_committed() -> None:
    state = SpoolState()
    assert state.admit(1, 10) is Seen.NEW
    assert state.admit(1, 10) is Seen.WAITING
    state.set_logged(1)
    assert state.admit(1, 10) is Seen.LOGGED
    state.set_committed(1)
    assert state.admit(1, 10) is Seen.COMMITTED


@pytest.mark.parametrize("steps", [0, 1, 2])
def test_other_bytes_under_a_known_number_are_refused_at_every_stage(steps: int) -> None:
    state = SpoolState()
    state.admit(1, 10)
    for step in (state.set_logged, state.set_committed)[:steps]:
        step(1)
    refusal = state.admit(1, 11)
    assert isinstance(refusal, Refusal)
    assert refusal.code == pb.NACK_CODE_ABORTED
    assert refusal.retry_after_seconds is None


def test_a_batch_that_could_not_be_written_may_come_again_with_other_bytes() -> None:
    state = SpoolState()
    state.admit(1, 10)
    state.set_refused(1)
    assert state.idle()
    assert state.admit(1, 11) is Seen.NEW


def test_what_the_ledger_holds_is_committed_though_this_processor_never_saw_it() -> None:
    assert SpoolState(RangeSet([(1, 5)])).admit(3, 1) is Seen.COMMITTED


@pytest.mark.parametrize(("committed", "floor", "lowest"), [([], 1, 1), ([(1, 9)], 1, 10), ([], 500, 500)])
def test_the_furthest_batch_is_counted_from_the_lowest_missing_one(
    committed: list[tuple[int, int]], floor: int, lowest: int
) -> None:
    state = SpoolState(RangeSet(committed), floor)
    assert state.admit(lowest + MAX_AHEAD, 1) is Seen.NEW
    refusal = state.admit(lowest + MAX_AHEAD + 1, 1)
    assert isinstance(refusal, Refusal)
    assert refusal.code == pb.NACK_CODE_OUT_OF_RANGE
    assert refusal.retry_after_seconds


def test_a_spool_full_of_gaps_takes_only_the_lowest_missing_batch() -> None:
    state = SpoolState(RangeSet((2 * at, 2 * at) for at in range(1, MAX_RANGES + 1)))
    refusal = state.admit(3, 1)
    assert isinstance(refusal, Refusal)
    assert refusal.code == pb.NACK_CODE_OUT_OF_RANGE
    assert state.admit(1, 1) is Seen.NEW


def test_gaps_that_nothing_will_fill_are_no_gaps() -> None:
    last = 2 * MAX_RANGES + 500
    committed = RangeSet((seq, seq) for seq in range(2, last + 1, 2))
    abandoned = RangeSet((seq, seq) for seq in range(1, last + 1, 2))
    assert SpoolState(committed, abandoned=abandoned).admit(last + 3, 1) is Seen.NEW


def test_checksums_are_remembered_for_the_last_batches_only() -> None:
    state = SpoolState()
    for seq in range(1, 400):
        state.admit(seq, seq)
        state.set_logged(seq)
        state.set_committed(seq)
    assert len(state.checksums) == 256
    assert state.admit(1, 0) is Seen.COMMITTED
    assert isinstance(state.admit(399, 0), Refusal)


def test_a_spool_with_work_under_way_is_not_idle() -> None:
    state = SpoolState()
    assert state.idle()
    state.admit(1, 1)
    assert not state.idle()
    state.set_logged(1)
    assert not state.idle()
    state.set_committed(1)
    assert state.idle()


def test_numbers_that_will_not_come_are_not_waited_for() -> None:
    state = SpoolState(RangeSet([(1, 4), (7, 7)]), floor=3, abandoned=RangeSet([(5, 6), (8, 9)]))
    assert state.lowest_awaited() == 10
    assert state.admit(10 + MAX_AHEAD, 1) is Seen.NEW
    # What was given up too early is taken all the same.
    assert state.admit(5, 1) is Seen.NEW


def provisional() -> SpoolState:
    state = SpoolState()
    state.provisional = True
    return state


def test_where_the_ledger_was_not_asked_nobody_knows_what_is_missing_below() -> None:
    state = provisional()
    assert state.admit(10 * MAX_AHEAD, 1) is Seen.NEW
    assert state.admit(1, 1) is Seen.NEW


def test_what_may_wait_without_the_ledger_is_bounded_in_batches() -> None:
    state = provisional()
    for seq in range(1, MAX_AHEAD + 2):
        assert state.admit(seq, seq) is Seen.NEW
        state.set_logged(seq)
    refusal = state.admit(MAX_AHEAD + 2, 1)
    assert isinstance(refusal, Refusal)
    assert refusal.retry_after_seconds
    assert state.admit(1, 1) is Seen.LOGGED
    # Other bytes are told from all that wait, not from the last ones alone.
    assert isinstance(state.admit(1, 2), Refusal)


def test_what_may_wait_without_the_ledger_is_bounded_in_gaps() -> None:
    state = provisional()
    for seq in range(2, 2 * MAX_RANGES + 2, 2):
        assert state.admit(seq, seq) is Seen.NEW
    assert isinstance(state.admit(2 * MAX_RANGES + 2, 1), Refusal)
    assert state.admit(3, 1) is Seen.NEW
