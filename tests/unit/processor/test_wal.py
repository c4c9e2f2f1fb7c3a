"""Whose batches the write-ahead log still takes."""

from pathlib import Path

from logmesh.journal import Journal
from logmesh.processor.frame import Header, Unwritten
from logmesh.processor.shares import Shares
from logmesh.processor.wal import Submitted, Wal
from logmesh.storage.ledger import SpoolKey

SEGMENT, SEGMENTS = 64 << 10, 16
BUSY, QUIET = SpoolKey("t", "busy"), SpoolKey("t", "quiet")


def log_of(journal: Journal, shares: Shares | None = None) -> Wal:
    return Wal(journal, lambda header, raw: None, lambda: 0, 1_000, shares or Shares())


def submitted(size: int, key: SpoolKey = BUSY) -> Submitted:
    def logged(unwritten: Unwritten) -> None:
        raise AssertionError("nothing is written here")

    return Submitted(Header(key, 1, 1, "p", "p", 1), bytes(size), 0.0, logged, refused=lambda: None)


async def test_what_is_in_line_takes_room_so_that_many_at_once_leave_some_for_the_quiet(tmp_path: Path) -> None:
    with Journal.open(tmp_path, segment_bytes=SEGMENT, max_bytes=SEGMENTS * SEGMENT) as journal:
        wal = log_of(journal)
        assert wal.accepts(BUSY)
        taken = 0
        while wal.accepts(BUSY, 10_000):
            wal.submit(submitted(10_000))
            taken += 10_000
        assert taken < SEGMENTS * SEGMENT
        assert wal.accepts(QUIET, 100)


async def test_batches_that_are_large_as_a_first_one_leave_room_for_the_quiet(tmp_path: Path) -> None:
    with Journal.open(tmp_path, segment_bytes=SEGMENT, max_bytes=SEGMENTS * SEGMENT) as journal:
        wal = log_of(journal)
        while wal.accepts(BUSY, 10_000):
            wal.submit(submitted(10_000))
        for at in range(200):  # none of them has anything in the log
            key = SpoolKey("t", f"busy-{at}")
            if wal.accepts(key, 20_000):
                wal.submit(submitted(20_000, key))
        assert wal.accepts(QUIET, 100), "newcomers have filled it"


async def test_what_a_spool_has_in_line_counts_as_its_own(tmp_path: Path) -> None:
    with Journal.open(tmp_path, segment_bytes=SEGMENT, max_bytes=SEGMENTS * SEGMENT) as journal:
        wal = log_of(journal)
        while wal.accepts(BUSY, 10_000):
            wal.submit(submitted(10_000))
        sent = 0
        while wal.accepts(QUIET, 1_000):
            wal.submit(submitted(1_000, QUIET))
            sent += 1_000
        assert 0 < sent < SEGMENTS * SEGMENT / 8
        assert wal.accepts(SpoolKey("t", "other"), 1_000), "it was refused for what it has, and the log not full"


def test_room_that_was_made_ahead_is_room(tmp_path: Path) -> None:
    with Journal.open(tmp_path, segment_bytes=SEGMENT, max_bytes=SEGMENTS * SEGMENT) as journal:
        shares, taken = Shares(), 0
        wal = log_of(journal, shares)
        while wal.accepts(BUSY, 10_000):
            journal.append([[bytes(10_000)]])
            shares.add(BUSY, 10_000)
            taken += 10_000
        assert taken > 0.65 * SEGMENTS * SEGMENT
        assert wal.accepts(QUIET, 100)
