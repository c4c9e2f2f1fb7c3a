"""The queue between an application and its appender: bounds, batches, flushes, without a stream."""

import threading
from collections.abc import Callable

import pytest

from logmesh.client.delivering.intake import MAX_BATCH_RECORDS, Intake
from logmesh.client.delivering.row import Row, row_of
from logmesh.client.errors import AppendRefused, Closed, Overloaded, SpoolUnavailable
from logmesh.client.record import Record
from logmesh.record.columns import OriginKey


def row(size: int = 10) -> Row:
    return Row(1, 9, b"", b"x" * size, b"", b"", b"", OriginKey())


class Wakes:
    """Counts how often the other side was woken."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> None:
        self.count += 1


def soon(act: Callable[[], object]) -> threading.Timer:
    timer = threading.Timer(0.05, act)
    timer.start()
    return timer


def test_the_other_side_is_woken_for_the_first_row_and_for_a_full_batch() -> None:
    wakes = Wakes()
    intake = Intake(1 << 20, wakes)
    intake.put(row(), 0)
    left = intake.seconds_until_due()
    assert left is not None
    assert 0 < left < 1
    for _ in range(MAX_BATCH_RECORDS - 2):
        intake.put(row(), 0)
    assert wakes.count == 1
    intake.put(row(), 0)
    assert wakes.count == 2
    assert intake.seconds_until_due() == 0


def test_a_batch_ends_at_its_count_and_at_its_bytes() -> None:
    intake = Intake(4 << 20, Wakes())
    for _ in range(MAX_BATCH_RECORDS + 1):
        intake.put(row(), 0)
    assert [len(intake.take()), len(intake.take()), len(intake.take())] == [MAX_BATCH_RECORDS, 1, 0]
    for _ in range(10):
        intake.put(row(200_000), 0)
    assert intake.seconds_until_due() == 0
    assert [len(intake.take()), len(intake.take())] == [6, 4]


def test_at_the_bound_a_row_waits_for_room_or_is_refused() -> None:
    intake = Intake(1_000, Wakes())
    intake.put(row(900), 0)
    with pytest.raises(Overloaded):
        intake.put(row(900), 0)
    soon(intake.take)
    intake.put(row(900), 10)
    assert intake.unsettled() == 2


def test_a_row_larger_than_the_bound_is_taken_alone() -> None:
    intake = Intake(1_000, Wakes())
    intake.put(row(5_000), 0)
    assert len(intake.take()) == 1


def test_flush_waits_for_what_was_put_before_it_and_for_nothing_else() -> None:
    intake = Intake(1 << 20, Wakes())
    intake.put(row(), 0)
    intake.put(row(), 0)
    assert not intake.flush(0.01)
    assert intake.seconds_until_due() == 0
    intake.take()
    intake.put(row(), 0)
    soon(lambda: intake.settle(2))
    assert intake.flush(0.01) is False  # the third is not settled
    timer = soon(lambda: intake.settle(3))
    assert intake.flush(10)
    timer.join()
    assert intake.unsettled() == 0


def test_rows_of_an_earlier_process_are_waited_for_as_well() -> None:
    intake = Intake(1 << 20, Wakes(), recovered=True)
    assert not intake.flush(0.01)
    intake.settle(0)
    assert intake.flush(0)


def test_rows_that_found_no_room_come_first_again() -> None:
    intake = Intake(1 << 20, Wakes())
    for size in (1, 2, 3):
        intake.put(row(size), 0)
    taken = intake.take()
    intake.put(row(4), 0)
    intake.put_back(taken)
    assert [len(one.body) for one in intake.take()] == [1, 2, 3, 4]


def test_what_was_refused_is_told_once() -> None:
    intake = Intake(1 << 20, Wakes())
    intake.refuse("batch 1 was refused (too odd)")
    with pytest.raises(AppendRefused, match="too odd") as refused:
        intake.flush(0)
    assert len(refused.value.reasons) == 1
    assert intake.flush(0)


def test_closing_tells_who_waits_and_why() -> None:
    intake = Intake(1_000, Wakes())
    intake.put(row(900), 0)
    soon(intake.close)
    with pytest.raises(Closed):
        intake.put(row(900), 10)
    failed = Intake(1_000, Wakes())
    failed.put(row(), 0)
    soon(lambda: failed.close(SpoolUnavailable("the disk is gone")))
    with pytest.raises(SpoolUnavailable, match="the disk is gone"):
        failed.flush(10)
    with pytest.raises(SpoolUnavailable):
        failed.put(row(), 0)


def test_a_resource_of_a_record_s_own_counts_towards_the_bound() -> None:
    intake = Intake(1 << 20, Wakes())
    most = (1 << 20) // 50_100
    rows = [
        row_of(Record(body="x", resource={"pod": f"{n}", "annotations": "a" * 50_000}), OriginKey(), 1)
        for n in range(most + 1)
    ]
    for one in rows[:-1]:
        intake.put(one, 0)
    with pytest.raises(Overloaded):
        intake.put(rows[-1], 0)
