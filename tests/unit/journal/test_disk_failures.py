"""Full disks, failing synchronisation and losses of power: nothing acknowledged is lost, nothing refused comes back."""

import errno
import itertools
import os
import random
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from tests.needs import missing
from tests.unit.journal.disks import (
    PowerLossDisk,
    append_until_refused,
    contents,
    file_size_limit,
    fill_disk,
    no_descriptor_left,
)

from logmesh.journal import FrameRef, Journal, JournalFailed, JournalFull
from logmesh.journal.segment import write_all


class FailingSync:
    """Synchronises, but for the n-th call, which fails once; a retry would succeed, as it does on Linux."""

    def __init__(self, failing_call: int, sync: Callable[[int], None] = os.fsync) -> None:
        self.calls = 0
        self._failing_call = failing_call
        self._sync = sync

    def __call__(self, fd: int) -> None:
        self.calls += 1
        if self.calls == self._failing_call:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        self._sync(fd)


@pytest.mark.parametrize("failing_call", range(1, 25))
def test_after_a_failed_sync_the_journal_refuses_everything_and_loses_nothing(
    tmp_path: Path, failing_call: int
) -> None:
    sync = FailingSync(failing_call)
    refs: list[FrameRef] = []
    try:
        journal = Journal.open(tmp_path, segment_bytes=4096, fsync=sync, fsync_metadata=sync)
    except JournalFailed:
        journal = None
    if journal is not None:
        with pytest.raises(JournalFailed):
            append_until_refused(journal, b"acknowledged" * 40, refs)
        calls = sync.calls
        attempts: list[Callable[[], object]] = [
            lambda: journal.append([[b"more"]]),
            lambda: journal.read(FrameRef(1, 64, 480)),
            lambda: journal.release(refs),
            lambda: list(journal.frames()),
        ]
        for attempt in attempts:
            with pytest.raises(JournalFailed):
                attempt()
        journal.close()
        assert sync.calls == calls
    found = contents(tmp_path)
    assert set(found) <= {b"acknowledged" * 40}
    assert len(refs) <= len(found) <= len(refs) + 1


def test_a_sync_that_fails_while_survivors_are_made_durable_fails_open(tmp_path: Path) -> None:
    with Journal.open(tmp_path, segment_bytes=4096) as journal:
        journal.append([[b"kept"]])
    with pytest.raises(JournalFailed):
        Journal.open(tmp_path, segment_bytes=4096, fsync_metadata=FailingSync(1))
    assert contents(tmp_path) == [b"kept"]


def test_without_a_file_descriptor_a_group_is_refused_and_the_disk_is_not_blamed(tmp_path: Path) -> None:
    kept: list[FrameRef] = []
    with Journal.open(tmp_path, segment_bytes=4096) as journal:
        kept += journal.append([[b"kept" * 100]])
        for _ in range(2):
            with no_descriptor_left() as take_all, pytest.raises(JournalFull, match="Too many open files"):
                _append_for_ever(journal, kept, take_all)
            kept += journal.append([[b"kept" * 100]])
        assert [ref for ref, _ in journal.frames()] == kept
        journal.release(kept[:-1])
        kept = kept[-1:] + journal.append([[b"kept" * 100]] * 8)
    assert contents(tmp_path) == [b"kept" * 100] * len(kept)
    assert len(list(tmp_path.glob("*.segment"))) <= 3


def _append_for_ever(journal: Journal, kept: list[FrameRef], take_all: Callable[[], None]) -> None:
    while True:
        kept += journal.append([[b"kept" * 100]])
        take_all()  # what making a segment has given back


def test_a_group_that_meets_the_end_of_room_midway_leaves_nothing_behind(tmp_path: Path) -> None:
    with Journal.open(tmp_path, segment_bytes=65536) as journal:
        kept = journal.append([[b"kept" * 100]])
        with file_size_limit(10_000), pytest.raises(JournalFull, match="disk is full"):
            journal.append([[b"first" * 500], [b"refused" * 2000]])
        assert [ref for ref, _ in journal.frames()] == kept
        kept += journal.append([[b"after"]])
        assert [journal.read(ref) for ref in kept] == [b"kept" * 100, b"after"]
        used = sum(path.stat().st_size for path in tmp_path.glob("*.segment"))
        assert journal.bytes_used() in (used, used + 65536)
    assert contents(tmp_path) == [b"kept" * 100, b"after"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A tmpfs of 4 MiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "none", str(disk)], check=False, capture_output=True
    )
    if done.returncode:
        missing("small disk")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_full_disk_refuses_drops_the_ballast_and_resumes_when_there_is_room(small_disk: Path) -> None:
    directory = small_disk / "journal"
    filler, ballast = small_disk / "filler", directory / "ballast"
    with Journal.open(directory, segment_bytes=256 << 10, ballast_bytes=256 << 10) as journal:
        assert ballast.stat().st_size == 256 << 10
        refs = [ref for item in range(4) for ref in journal.append([[b"%d" % item * 100_000]])]
        fill_disk(filler)
        with pytest.raises(JournalFull, match="disk is full"):
            append_until_refused(journal, b"y" * 100_000, refs)
        assert not ballast.exists()
        assert [ref for ref, _ in journal.frames()] == refs
        filler.unlink()
        for _ in range(8):
            refs += journal.append([[b"z" * 100_000]])
        assert ballast.exists()
        expected = [journal.read(ref) for ref in refs]
    assert contents(directory) == expected


def test_a_group_that_outgrows_the_disk_is_taken_back(small_disk: Path) -> None:
    directory = small_disk / "journal"
    with Journal.open(directory, segment_bytes=64 << 10, ballast_bytes=64 << 10) as journal:
        (kept,) = journal.append([[b"kept"]])
        assert (directory / "ballast").exists()
        with pytest.raises(JournalFull, match="disk is full"):
            journal.append([[b"n" * (1 << 20)]] * 6)
        assert not (directory / "ballast").exists()
        (after,) = journal.append([[b"after"]])
        assert [ref for ref, _ in journal.frames()] == [kept, after]
    assert contents(directory) == [b"kept", b"after"]


@pytest.mark.parametrize("kept", [[], [b"kept"]], ids=["nothing", "one frame"])
def test_recovery_on_a_full_disk_serves_what_there_is(small_disk: Path, kept: list[bytes]) -> None:
    directory = small_disk / "journal"
    with Journal.open(directory, segment_bytes=64 << 10) as journal:
        journal.append([[payload] for payload in kept])
        (torn,) = journal.append([[b"torn" * 5000]])
    name = min(directory.glob("*.segment"))
    with name.open("r+b") as file:
        file.seek(torn.offset + 100)
        file.write(b"X")
    fill_disk(small_disk / "filler")
    for _ in range(2):
        with Journal.open(directory, segment_bytes=64 << 10) as journal:
            assert [payload for _, payload in journal.frames()] == kept
            assert not journal.quarantined
    (small_disk / "filler").unlink()
    with Journal.open(directory, segment_bytes=64 << 10) as journal:
        assert len(journal.torn) == 1


def churn(journal: Journal, source: random.Random) -> set[bytes]:
    """Append and release at random; returns what was acknowledged and is not released."""
    owed = dict(journal.frames())
    for _ in range(source.randrange(5, 25)):
        group = [source.randbytes(source.randrange(1, 900)) for _ in range(source.randrange(1, 4))]
        owed |= zip(journal.append([[payload] for payload in group]), group, strict=True)
        done = [ref for ref in owed if source.random() < 0.3]
        journal.release(done)
        for ref in done:
            del owed[ref]
    return set(owed.values())


def lost_to_power(tmp_path: Path, seed: int, sync_data: bool) -> set[bytes]:
    """What was owed and is gone when the power fails, in one of three runs on one journal."""
    source = random.Random(seed)
    directory = tmp_path / "journal"
    directory.mkdir(parents=True)
    lost: set[bytes] = set()
    with closing(PowerLossDisk(directory)) as disk:
        sync = disk.sync if sync_data else lambda _: None
        for run in range(3):
            with Journal.open(directory, segment_bytes=4096, fsync=sync, fsync_metadata=disk.sync_metadata) as journal:
                owed = churn(journal, source)
                left = disk.lose_power(tmp_path / f"lost-{run}")
            lost |= owed - set(contents(left))
            assert not sync_data or not list(left.glob("*.quarantined"))
    return lost


def test_everything_acknowledged_survives_a_loss_of_power(tmp_path: Path) -> None:
    for seed in range(15):
        assert not lost_to_power(tmp_path / str(seed), seed, sync_data=True)


def test_a_reused_segment_never_looks_damaged_whenever_the_power_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = tmp_path / "journal"
    directory.mkdir()
    numbers = itertools.count()
    with closing(PowerLossDisk(directory)) as disk:

        def write_and_lose_power(fd: int, buffers: Sequence[bytes], offset: int) -> None:
            write_all(fd, buffers, offset)
            disk.lose_power(tmp_path / f"lost-{next(numbers)}", written_back=True)

        monkeypatch.setattr("logmesh.journal.segment.write_all", write_and_lose_power)
        with Journal.open(directory, segment_bytes=4096, fsync=disk.sync, fsync_metadata=disk.sync_metadata) as journal:
            refs: list[FrameRef] = []
            for item in range(16):
                refs += journal.append([[b"%d" % item * 1500]])
                time.sleep(0.01)  # the next segment is made, and the names are durable, before one is done with
                journal.release(refs[:-4])
    monkeypatch.undo()
    moments = list(tmp_path.glob("lost-*"))
    assert len(moments) > 12
    for left in moments:
        with Journal.open(left, segment_bytes=4096) as journal:
            assert not journal.quarantined


def test_what_recovery_serves_survives_a_loss_of_power_even_if_its_writer_never_synchronised_it(tmp_path: Path) -> None:
    directory = tmp_path / "journal"
    with Journal.open(directory, segment_bytes=4096, fsync=lambda _: None) as journal:
        for item in range(8):
            journal.append([[b"%d" % item * 900]])
    with (
        closing(PowerLossDisk(directory)) as disk,
        Journal.open(directory, segment_bytes=4096, fsync=disk.sync, fsync_metadata=disk.sync_metadata) as journal,
    ):
        served = [payload for _, payload in journal.frames()]
        lost = disk.lose_power(tmp_path / "lost")
    assert len(served) == 8
    assert contents(lost) == served


def test_the_loss_of_power_is_a_real_one(tmp_path: Path) -> None:
    """Without the synchronisation, the same run must lose something."""
    assert lost_to_power(tmp_path, 0, sync_data=False)
