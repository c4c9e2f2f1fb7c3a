"""Whose batches a group has, and how large the next one may be."""

from collections.abc import Sequence

from logmesh.journal import FrameRef
from logmesh.processor.frame import Origin, Unwritten
from logmesh.processor.writer.gather import Backlog
from logmesh.processor.writer.pace import Pace
from logmesh.storage.ledger import SpoolKey

MANY_BYTES = 1 << 30


def batch(spool: str, seq: int, rows: int = 1, size: int = 100) -> Unwritten:
    return Unwritten(Origin(SpoolKey("t", spool), seq, rows, "p", "p", seq), FrameRef(1, seq, size))


def names(group: Sequence[Unwritten]) -> list[str]:
    return [f"{each.origin.key.spool_id}{each.origin.seq}" for each in group]


def backlog_of(*batches: Unwritten) -> Backlog:
    backlog = Backlog()
    for each in batches:
        backlog.put(each)
    return backlog


def test_spools_take_turns_and_each_keeps_its_order() -> None:
    backlog = backlog_of(*(batch("a", seq) for seq in range(1, 5)), batch("b", 1), batch("b", 2), batch("c", 1))
    assert names(backlog.cut(100, MANY_BYTES)) == ["a1", "b1", "c1", "a2", "b2", "a3", "a4"]
    assert (len(backlog), backlog.rows, backlog.size) == (0, 0, 0)


def test_a_spool_that_had_nothing_waiting_goes_before_the_busy_ones() -> None:
    backlog = backlog_of(*(batch(spool, seq) for seq in range(1, 9) for spool in "ab"))
    backlog.cut(4, MANY_BYTES)
    backlog.put(batch("quiet", 1))
    assert names(backlog.cut(2, MANY_BYTES))[0] == "quiet1"


def test_many_quiet_spools_leave_the_busy_half_of_a_group() -> None:
    backlog = backlog_of(*(batch("busy", seq) for seq in range(1, 100)))
    backlog.cut(1, MANY_BYTES)
    for at in range(100):
        backlog.put(batch(f"quiet-{at}-", 1))
    group = names(backlog.cut(10, MANY_BYTES))
    assert sum(name.startswith("busy") for name in group) == 5


def test_a_group_is_bounded_in_rows_and_in_bytes_but_has_a_batch_in_any_case() -> None:
    backlog = backlog_of(*(batch("a", seq, rows=600, size=1_000) for seq in range(1, 7)))
    assert names(backlog.cut(1_000, MANY_BYTES)) == ["a1", "a2"]
    assert names(backlog.cut(10_000, 1_500)) == ["a3", "a4"]
    assert names(backlog.cut(1, 1)) == ["a5"]
    assert (len(backlog), backlog.rows, backlog.size) == (1, 600, 1_000)


def test_what_is_put_back_comes_first_and_in_its_order() -> None:
    backlog = backlog_of(*(batch("a", seq) for seq in range(1, 6)))
    group = backlog.cut(3, MANY_BYTES)
    backlog.put_back(group[1:])
    assert names(backlog.cut(100, MANY_BYTES)) == ["a2", "a3", "a4", "a5"]


def test_a_paused_spool_waits_longer_each_time_and_holds_nobody_up() -> None:
    backlog = backlog_of(batch("a", 1), batch("a", 2), batch("b", 1))
    group = backlog.cut(1, MANY_BYTES)
    backlog.pause([group[0].origin.key], now=10.0)
    backlog.put_back(group)
    assert (len(backlog), backlog.rows) == (3, 1)
    assert names(backlog.cut(100, MANY_BYTES)) == ["b1"]
    first = backlog.resume(10.0)
    assert first is not None and backlog.resume(first) is None
    group = backlog.cut(100, MANY_BYTES)
    assert names(group) == ["a1", "a2"]
    backlog.pause([group[0].origin.key], now=20.0)
    backlog.put_back(group)
    second = backlog.resume(20.0)
    assert second is not None and second - 20 > first - 10
    backlog.resume(second)
    assert names(backlog.cut(100, MANY_BYTES)) == ["a1", "a2"]
    backlog.stored([group[0].origin.key])
    backlog.pause([group[0].origin.key], now=30.0)
    assert backlog.resume(30.0) == 30 + first - 10


def test_the_oldest_is_known_across_spools() -> None:
    assert Backlog().oldest_unix_nano() is None
    assert backlog_of(batch("a", 7), batch("b", 3), batch("b", 9)).oldest_unix_nano() == 3


def test_groups_shrink_when_flushes_are_late_and_grow_again_when_they_are_quick() -> None:
    pace = Pace(rows=10_000, size=1 << 20, seconds=10)
    pace.missed(batches=8, rows=800, size=1 << 16)
    assert pace.most() == (400, 1 << 15)
    pace.missed(batches=8, rows=2_000, size=1 << 18)  # one that was on its way
    assert pace.most() == (400, 1 << 15)
    pace.kept(seconds=9)
    assert pace.most() == (400, 1 << 15)
    for _ in range(10):
        pace.kept(seconds=0.1)
    assert pace.most() == (10_000, 1 << 20)


def test_a_single_batch_that_is_late_is_given_longer_within_limits() -> None:
    pace = Pace(rows=10_000, size=1 << 20, seconds=10)
    assert pace.deadline() == 10
    pace.missed(batches=1, rows=1_000, size=100_000)
    assert pace.deadline() == 20
    for _ in range(20):
        pace.missed(batches=1, rows=1, size=1)
    assert pace.deadline() == 120
    assert pace.most() == (1, 1)
    pace.kept(seconds=100)
    assert pace.deadline() == 120, "the next one is as slow"
    pace.kept(seconds=9)
    assert pace.deadline() == 10
