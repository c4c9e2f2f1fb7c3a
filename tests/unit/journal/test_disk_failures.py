"""Full disks, failing synchronisation and losses of power: nothing acknowledged is lost, nothing refused comes back."""

import errno
import os
import random
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.unit.journal.disks import PowerLossDisk, append_until_refused, contents, file_size_limit, fill_disk

from logmesh.journal import FrameRef, Journal, JournalFailed, JournalFull


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
    mount = shutil.which("mount")
    if os.geteuid() != 0 or mount is None:
        pytest.skip("needs root to mount a tmpfs")
    done = subprocess.run([mount, "-t", "tmpfs", "-o", "size=4m", "none", str(disk)], check=False, capture_output=True)
    if done.returncode:
        pytest.skip("can't mount a tmpfs")
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
    with Journal.open(directory, segment_bytes=64 << 10) as journal:
        (kept,) = journal.append([[b"kept"]])
        with pytest.raises(JournalFull, match="disk is full"):
            journal.append([[b"n" * (1 << 20)]] * 6)
        (after,) = journal.append([[b"after"]])
        assert [ref for ref, _ in journal.frames()] == [kept, after]
    assert contents(directory) == [b"kept", b"after"]


def test_recovery_on_a_full_disk_serves_what_there_is(small_disk: Path) -> None:
    directory = small_disk / "journal"
    with Journal.open(directory, segment_bytes=64 << 10) as journal:
        journal.append([[b"kept"]])
        (torn,) = journal.append([[b"torn" * 5000]])
    name = min(directory.glob("*.segment"))
    with name.open("r+b") as file:
        file.seek(torn.offset + 100)
        file.write(b"X")
    fill_disk(small_disk / "filler")
    for _ in range(2):
        with Journal.open(directory, segment_bytes=64 << 10) as journal:
            assert [payload for _, payload in journal.frames()] == [b"kept"]
            assert not journal.quarantined
    (small_disk / "filler").unlink()
    with Journal.open(directory, segment_bytes=64 << 10) as journal:
        assert len(journal.torn) == 1


def run_until_power_is_lost(tmp_path: Path, sync_data: bool) -> tuple[set[bytes], list[bytes]]:
    """Appends, releases and reopens at random; returns what was acknowledged and not released, and what is found."""
    source = random.Random(str(tmp_path.name) + "power")
    directory = tmp_path / "journal"
    directory.mkdir()
    disk = PowerLossDisk(directory)
    owed: dict[FrameRef, bytes] = {}
    number = 0
    for _ in range(3):
        with Journal.open(
            directory,
            segment_bytes=4096,
            fsync=disk.sync if sync_data else lambda _: None,
            fsync_metadata=disk.sync_metadata,
        ) as journal:
            owed = dict(journal.frames())
            for _ in range(source.randrange(5, 25)):
                group = [b"%06d" % (number + item) * source.randrange(1, 150) for item in range(source.randrange(1, 4))]
                number += len(group)
                owed |= zip(journal.append([[payload] for payload in group]), group, strict=True)
                done = [ref for ref in owed if source.random() < 0.3]
                journal.release(done)
                for ref in done:
                    del owed[ref]
            lost = disk.lose_power(tmp_path / f"lost-{number}")
            found = contents(lost)
            if not set(owed.values()) <= set(found):
                break
    return set(owed.values()), found


def test_everything_acknowledged_survives_a_loss_of_power(tmp_path: Path) -> None:
    for turn in range(10):
        (tmp_path / str(turn)).mkdir()
        owed, found = run_until_power_is_lost(tmp_path / str(turn), sync_data=True)
        assert owed <= set(found)


def test_the_loss_of_power_is_a_real_one(tmp_path: Path) -> None:
    """Without the synchronisation, the same run must lose something."""
    owed, found = run_until_power_is_lost(tmp_path, sync_data=False)
    assert not owed <= set(found)
