"""Whose batches a group has, and how large the next one may be."""

from collections import Counter
from collections.abc import Callable, Sequence

from logmesh.journal import FrameRef
from logmesh.processor.frame import Header, Unwritten
from logmesh.processor.shares import Shares
from logmesh.processor.writer.gather import Backlog
from logmesh.processor.writer.pace import Pace
from logmesh.storage.ledger import SpoolKey

MANY_BYTES = 1 << 30


def batch(spool: str, seq: int, rows: int = 1, size: int = 100) -> Unwritten:
    return Unwritten(Header(SpoolKey("t", spool), seq, rows, "p", "p", seq), FrameRef(1, seq, size))


def names(group: Sequence[Unwritten]) -> list[str]:
    return [f"{each.header.key.spool_id}{each.header.seq}" for each in group]


def backlog_of(*batches: Unwritten) -> Backlog:
    backlog = Backlog()
    for each in batches:
        backlog.put(each)
    return backlog


def cut(backlog: Backlog, most_rows: int, most_bytes: int) -> list[Unwritten]:
    quiet, others = backlog.cut(most_rows, most_bytes)
    return quiet + others


def test_spools_take_turns_and_each_keeps_its_order() -> None:
    backlog = backlog_of(
        *(batch("a", seq, rows=50) for seq in range(1, 5)), batch("b", 1, 50), batch("b", 2, 50), batch("c", 1)
    )
    assert names(cut(backlog, 1_000, MANY_BYTES)) == ["c1", "a1", "b1", "a2", "b2", "a3", "a4"]
    assert (len(backlog), backlog.rows, backlog.size) == (0, 0, 0)


def test_a_turn_is_as_much_as_another_however_large_its_batches_are() -> None:
    backlog = Backlog()
    for seq in range(1, 201):
        backlog.put(batch("few", seq, rows=1_000, size=250_000))
        for part in range(10):
            backlog.put(batch("many", seq * 10 + part, rows=10, size=2_500))
    rows = Counter[str]()
    for _ in range(10):
        for each in cut(backlog, 2_000, MANY_BYTES):
            rows[each.header.key.spool_id] += each.header.count
    assert 0.8 < rows["few"] / rows["many"] < 1.25, rows


def test_all_that_came_of_a_quiet_spool_goes_before_a_backlog_of_large_batches() -> None:
    backlog = backlog_of(*(batch(f"busy-{at}-", seq, rows=1_000) for seq in range(1, 9) for at in range(50)))
    for _ in range(50):  # until each had a turn
        cut(backlog, 2_000, MANY_BYTES)
    for seq in range(1, 61, 3):
        for more in range(3):  # as many as come in while a group is stored
            backlog.put(batch("quiet", seq + more, rows=2))
        group = names(cut(backlog, 2_000, MANY_BYTES))
        assert group[:3] == [f"quiet{seq}", f"quiet{seq + 1}", f"quiet{seq + 2}"]
        assert len(group) > 3


def test_a_quiet_spool_goes_before_the_first_large_batches_of_many_others() -> None:
    backlog = backlog_of(*(batch(f"new-{at}-", seq, rows=1_000) for seq in (1, 2) for at in range(50)))
    for seq in range(1, 61, 3):
        for more in range(3):
            backlog.put(batch("quiet", seq + more, rows=2))
        assert names(cut(backlog, 700, 600_000))[:3] == [f"quiet{seq}", f"quiet{seq + 1}", f"quiet{seq + 2}"]


def test_a_quiet_spool_stays_so_through_some_slow_flushes() -> None:
    backlog = backlog_of(*(batch(f"busy-{at}-", seq, rows=1_000) for seq in range(1, 9) for at in range(50)))
    for seq in range(1, 31):
        backlog.put(batch("quiet", seq, rows=2))
    assert names(cut(backlog, 700, 600_000))[:30] == [f"quiet{seq}" for seq in range(1, 31)]
    backlog.put(batch("quiet", 31, rows=2))
    assert names(cut(backlog, 700, 600_000))[0] == "quiet31"


def test_whoever_sends_large_batches_is_not_quiet_for_having_nothing_left() -> None:
    backlog = backlog_of(*(batch("busy", seq, rows=100) for seq in range(1, 200)))
    cut(backlog, 100, MANY_BYTES)
    taken = Counter[str]()
    for seq in range(1, 20):
        backlog.put(batch("large", seq, rows=1_000))
        for each in cut(backlog, 1_000, MANY_BYTES):
            taken[each.header.key.spool_id] += each.header.count
    assert taken["busy"] > taken["large"] / 2, taken


def test_a_spool_is_large_when_it_has_a_good_part_of_what_others_have() -> None:
    shares, quiet, busy = Shares(), SpoolKey("t", "quiet"), [SpoolKey("t", f"busy-{at}") for at in range(50)]
    for key in busy:
        shares.add(key, 1_000_000)
    log = 50_000_000
    assert not shares.is_large(quiet, 100_000, log) and shares.is_large(quiet, 200_000, log), (
        "it is about its next batch"
    )
    shares.add(quiet, 100_000)
    assert not shares.is_large(quiet, 0, log) and all(shares.is_large(key, 0, log) for key in busy)
    shares.add(quiet, 100_000)
    assert shares.is_large(quiet, 0, log)
    shares.remove(quiet, 200_000)
    for key in busy:
        shares.remove(key, 1_000_000)
    assert not shares.is_large(quiet, 1_000, log), "others may have left frames that keep the log full"
    shares.add(quiet, 200_000)
    assert shares.is_large(quiet, 0, 250_000), "it is alone"


def test_many_quiet_spools_leave_the_busy_half_of_a_group() -> None:
    backlog = backlog_of(*(batch("busy", seq) for seq in range(1, 100)))
    cut(backlog, 1, MANY_BYTES)
    for at in range(100):
        backlog.put(batch(f"quiet-{at}-", 1))
    group = names(cut(backlog, 10, MANY_BYTES))
    assert sum(name.startswith("busy") for name in group) == 5


def test_a_busy_spools_batch_is_stored_however_large_it_is_and_whatever_comes_of_quiet_ones() -> None:
    backlog = backlog_of(*(batch("busy", seq, rows=1_000, size=1 << 20) for seq in range(1, 6)))
    cut(backlog, 625, 512 << 10)
    for seq in range(2, 6):
        for at in range(8):
            backlog.put(batch(f"quiet-{at}-", seq, rows=20, size=4_000))
        quiet, others = backlog.cut(625, 512 << 10)
        assert (len(quiet), names(others)) == (8, [f"busy{seq}"])


def test_what_a_group_has_of_quiet_spools_is_told_from_the_rest() -> None:
    backlog = backlog_of(*(batch(f"busy-{at}-", seq, rows=100) for seq in range(1, 9) for at in range(50)))
    for seq in (1, 2):
        backlog.put(batch("quiet", seq))
    backlog.put(batch("other", 1))
    quiet, others = backlog.cut(500, MANY_BYTES)
    assert names(quiet) == ["quiet1", "quiet2", "other1"]
    assert others and all(name.startswith("busy") for name in names(others))
    assert not backlog.cut(500, MANY_BYTES).quiet
    for seq in range(3, 300):  # more than its part
        backlog.put(batch("quiet", seq))
    quiet, others = backlog.cut(500, MANY_BYTES)
    assert names(quiet) == [f"quiet{seq}" for seq in range(3, 3 + len(quiet))]
    assert f"quiet{3 + len(quiet)}" not in names(others), "it had its turn"


def test_a_group_is_bounded_in_rows_and_in_bytes_but_has_a_batch_in_any_case() -> None:
    backlog = backlog_of(*(batch("a", seq, rows=600, size=1_000) for seq in range(1, 7)))
    assert names(cut(backlog, 1_000, MANY_BYTES)) == ["a1", "a2"]
    assert names(cut(backlog, 10_000, 1_500)) == ["a3", "a4"]
    assert names(cut(backlog, 1, 1)) == ["a5"]
    assert (len(backlog), backlog.rows, backlog.size) == (1, 600, 1_000)


def test_a_group_ends_where_another_batch_would_take_it_further_from_its_size() -> None:
    backlog = backlog_of(*(batch("a", seq, rows=600, size=1_000) for seq in range(1, 7)))
    assert names(cut(backlog, 899, MANY_BYTES)) == ["a1"]
    assert names(cut(backlog, 901, MANY_BYTES)) == ["a2", "a3"]
    assert names(cut(backlog, 10_000, 1_499)) == ["a4"]
    backlog.put(batch("quiet", 1, rows=30))
    assert [names(part) for part in backlog.cut(100, MANY_BYTES)] == [["quiet1"], ["a5"]]
    assert (len(backlog), backlog.rows, backlog.size) == (1, 600, 1_000)


def test_what_is_put_back_comes_first_and_in_its_order() -> None:
    backlog = backlog_of(*(batch("a", seq) for seq in range(1, 6)))
    group = cut(backlog, 3, MANY_BYTES)
    backlog.put_back(group[1:])
    backlog.put_back([])
    assert (len(backlog), backlog.rows, backlog.size) == (4, 4, 400)
    assert names(cut(backlog, 100, MANY_BYTES)) == ["a2", "a3", "a4", "a5"]


def test_a_paused_spool_waits_longer_each_time_and_holds_nobody_up() -> None:
    backlog = backlog_of(batch("a", 1), batch("a", 2), batch("b", 1))
    group = cut(backlog, 1, MANY_BYTES)
    backlog.pause([group[0].header.key], now=10.0)
    backlog.put_back(group)
    assert (len(backlog), backlog.rows) == (3, 1)
    assert names(cut(backlog, 100, MANY_BYTES)) == ["b1"]
    first = backlog.resume(10.0)
    assert first is not None and backlog.resume(first) is None
    group = cut(backlog, 100, MANY_BYTES)
    assert names(group) == ["a1", "a2"]
    backlog.pause([group[0].header.key], now=20.0)
    backlog.put_back(group)
    second = backlog.resume(20.0)
    assert second is not None and second - 20 > first - 10
    backlog.resume(second)
    assert names(cut(backlog, 100, MANY_BYTES)) == ["a1", "a2"]
    backlog.stored([group[0].header.key])
    backlog.pause([group[0].header.key], now=30.0)
    assert backlog.resume(30.0) == 30 + first - 10


def test_the_oldest_is_known_across_spools() -> None:
    assert Backlog().oldest_unix_nano() is None
    assert backlog_of(batch("a", 7), batch("b", 3), batch("b", 9)).oldest_unix_nano() == 3


def test_groups_shrink_when_flushes_are_late_and_grow_again_when_they_are_quick() -> None:
    pace = Pace(rows=10_000, size=1 << 20, seconds=10, aim=0.25)
    pace.missed(batches=8, rows=800, size=1 << 16)
    assert pace.most() == (400, 41_943)
    pace.missed(batches=8, rows=2_000, size=1 << 18)  # one that was on its way
    assert pace.most() == (400, 41_943)
    for _ in range(10):
        pace.kept(0.1, *pace.most())
    assert pace.most() == (10_000, 1 << 20)


def test_a_single_batch_that_is_late_is_given_longer_within_limits() -> None:
    pace = Pace(rows=10_000, size=1 << 20, seconds=10, aim=0.25)
    assert pace.deadline() == 10
    pace.missed(batches=1, rows=1_000, size=100_000)
    assert pace.deadline() == 20
    for _ in range(20):
        pace.missed(batches=1, rows=1, size=1)
    assert pace.deadline() == 120
    assert pace.most() == (1, 52)
    pace.kept(100, 1, 52)
    assert pace.deadline() == 120, "the next one is as slow"
    pace.kept(9, 1, 52)
    assert pace.deadline() == 10


def flushed(pace: Pace, seconds_of: Callable[[int], float], flushes: int = 100) -> tuple[int, float]:
    """Flush full groups; return the rows of the last ones, and how many were stored a second, of all."""
    rows = seconds = 0.0
    for at in range(flushes):
        group = int(pace.most()[0] * (1 + at % 5 / 50))
        took = seconds_of(group) * (1 + at % 7 / 20)
        pace.kept(took, group, group)
        rows, seconds = rows + group, seconds + took
    return pace.most()[0], rows / seconds


def test_a_slow_database_is_never_given_a_group_that_lasts_for_seconds() -> None:
    pace = Pace(rows=10_000, size=1 << 30, seconds=10, aim=0.25)
    for took in (0.006, 0.05, 0.008, 0.03, 0.012, 0.007, 0.04, 0.02):  # a quiet database's, on a busy machine
        pace.kept(took, 10, 3_400)
    for noise in (2.0, 3.0, 1.0, 1.0, 2.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0):
        rows = pace.most()[0]
        assert rows * 300e-6 < 0.5
        pace.kept(rows * 300e-6 * noise, rows, 1)
    assert pace.most()[0] * 300e-6 > 0.15, "groups that small waste its time"


def test_what_was_learnt_of_large_groups_is_forgotten_while_none_comes() -> None:
    pace = Pace(rows=10_000, size=1 << 30, seconds=10, aim=0.25)
    for _ in range(10):
        pace.kept(pace.most()[0] * 10e-6, pace.most()[0], 1)
    assert pace.most()[0] == 10_000
    for _ in range(10):
        pace.kept(0.01, 1_000, 1)
    assert pace.most()[0] == 4_000, "nothing larger came"
    for _ in range(100):
        pace.kept(0.01, 1, 1)
    assert pace.most()[0] == 625


def test_a_flush_is_slow_where_its_rows_take_long_and_a_flush_of_little_does_not() -> None:
    def is_slow(seconds_of: Callable[[int], float]) -> bool:
        pace = Pace(rows=10_000, size=16 << 20, seconds=10, aim=0.25)
        assert not pace.is_slow(*pace.most()), "nothing is known"
        flushed(pace, seconds_of)
        for _ in range(5):
            pace.kept(seconds_of(10), 10, 10)
        return pace.is_slow(*pace.most())

    assert is_slow(lambda rows: 0.02 + rows * 170e-6)
    assert not is_slow(lambda rows: 0.01 + rows * 10e-6)
    assert not is_slow(lambda rows: 1 + rows * 10e-6)
    assert not is_slow(lambda rows: 1 + rows * 170e-6)


def test_what_a_flush_of_little_takes_is_tried_again_after_a_while() -> None:
    pace = Pace(rows=10_000, size=16 << 20, seconds=10, aim=0.25)
    flushed(pace, lambda rows: rows * 170e-6)
    assert pace.is_slow(*pace.most())
    pace.kept(1, 10, 10)
    assert not pace.is_slow(*pace.most()), "it took longer than many rows do"
    flushed(pace, lambda rows: rows * 170e-6)
    assert pace.is_slow(*pace.most())


def test_a_flush_of_nothing_but_dead_letters_tells_nothing() -> None:
    pace = Pace(1_000, 1_000_000, 10, 0.2)
    pace.kept(0.01, 0, 0)
    assert pace == Pace(1_000, 1_000_000, 10, 0.2)


def test_groups_are_as_large_as_brings_something_and_no_larger() -> None:
    pace = Pace(rows=10_000, size=16 << 20, seconds=10, aim=0.25)
    assert flushed(pace, lambda rows: 0.01 + rows * 10e-6)[0] == 10_000, "the database is quick"
    rows, a_second = flushed(pace, lambda rows: 0.02 + rows * 170e-6)
    assert rows * 170e-6 < 0.5 and a_second > 0.8 / 170e-6, "each row takes its time"
    rows, a_second = flushed(pace, lambda rows: 1 + rows * 10e-6)
    assert rows > 5_000 and a_second > 6_000, "each flush takes its time, whatever is in it"
    rows, a_second = flushed(pace, lambda rows: 0.02 + rows * 170e-6)
    assert rows * 170e-6 < 0.5 and a_second > 0.7 / 170e-6
    assert flushed(pace, lambda rows: 0.01 + rows * 10e-6)[0] == 10_000
