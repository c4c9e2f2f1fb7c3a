"""What a healthy journal promises: append, read, release, roll, limits, one owner."""

import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from tests.unit.journal.disks import PowerLossDisk, append_until_refused, contents, killed

from logmesh.journal import MAX_PAYLOAD_BYTES, FrameRef, Journal, JournalCorrupt, JournalFull, JournalLocked


def segments(directory: Path) -> list[Path]:
    return sorted(directory.glob("*.segment"))


def test_what_was_appended_is_read_back(tmp_path: Path) -> None:
    with Journal.open(tmp_path, segment_bytes=4096) as journal:
        refs = journal.append([[b"hello", b" ", b"world"], [b"x"]])
        assert [journal.read(ref) for ref in refs] == [b"hello world", b"x"]
        assert [ref.length for ref in refs] == [11, 1]
        assert list(journal.frames()) == [(refs[0], b"hello world"), (refs[1], b"x")]


def test_more_buffers_than_one_system_call_takes_are_written(tmp_path: Path) -> None:
    with Journal.open(tmp_path) as journal:
        (ref,) = journal.append([[b"ab", b""] * 3000])
        assert journal.read(ref) == b"ab" * 3000


def test_an_empty_group_is_nothing_and_an_empty_payload_an_error(tmp_path: Path) -> None:
    with Journal.open(tmp_path, segment_bytes=4096) as journal:
        assert journal.append([]) == []
        with pytest.raises(ValueError, match="1 to"):
            journal.append([[b"fine"], [b""]])
        with pytest.raises(ValueError, match="1 to"):
            journal.append([[bytes(1 << 20)] * ((MAX_PAYLOAD_BYTES >> 20) + 1)])
        assert list(journal.frames()) == []


def test_frames_survive_close_kill_and_any_number_of_reopens(tmp_path: Path) -> None:
    directory = tmp_path / "journal"
    expected: list[bytes] = []
    for turn in range(5):
        with Journal.open(directory, segment_bytes=4096) as journal:
            assert [payload for _, payload in journal.frames()] == expected
            expected += [b"%d-%d" % (turn, item) * 100 for item in range(20)]
            for payload in expected[-20:]:
                journal.append([[payload]])
            copy = killed(directory, tmp_path / f"killed-{turn}")
        assert contents(copy) == expected


def test_frames_of_before_are_told_from_those_that_come_while_they_are_read(tmp_path: Path) -> None:
    with Journal.open(tmp_path, segment_bytes=4096) as journal:
        journal.append([[b"before"]])
    with Journal.open(tmp_path, segment_bytes=4096) as journal:
        frames = journal.frames()
        journal.append([[b"since"]])
        assert [payload for _, payload in frames] == [b"before"]


def test_reopening_without_appending_takes_no_more_room(tmp_path: Path) -> None:
    with Journal.open(tmp_path, segment_bytes=65536) as journal:
        journal.append([[b"kept"]])
    sizes = []
    names = segments(tmp_path)
    for _ in range(4):
        with Journal.open(tmp_path, segment_bytes=65536) as journal:
            sizes.append(journal.bytes_used())
            assert [payload for _, payload in journal.frames()] == [b"kept"]
        assert segments(tmp_path) == names
    assert len(set(sizes)) == 1 and sizes[0] < 2 * 65536


def test_a_group_is_in_one_segment_and_the_next_append_is_announced(tmp_path: Path) -> None:
    with Journal.open(tmp_path, segment_bytes=4096) as journal:
        assert journal.starts_segment(10)
        seen: set[int] = set()
        for size in [100, 900, 1500, 40, 3000, 2000, 1, 4000, 700] * 3:
            announced = journal.starts_segment(2 * size, frames=2)
            refs = journal.append([[b"a" * size], [b"b" * size]])
            assert len({ref.segment for ref in refs}) == 1
            assert announced == (refs[0].segment not in seen)
            seen.add(refs[0].segment)


def test_a_group_larger_than_a_segment_makes_its_segment_grow(tmp_path: Path) -> None:
    with Journal.open(tmp_path, segment_bytes=4096) as journal:
        (ref,) = journal.append([[b"z" * 50_000]])
        (after,) = journal.append([[b"after"]])
        assert journal.read(ref) == b"z" * 50_000
        assert after.segment == ref.segment + 1
        assert journal.bytes_used() >= 50_000 + 4096
    assert contents(tmp_path) == [b"z" * 50_000, b"after"]


def test_a_closed_segment_is_deleted_when_all_its_frames_are_released(tmp_path: Path) -> None:
    with Journal.open(tmp_path, segment_bytes=4096) as journal:
        refs = [ref for item in range(9) for ref in journal.append([[b"%d" % item * 1000]])]
        first = [ref for ref in refs if ref.segment == refs[0].segment]
        name = segments(tmp_path)[0]
        journal.release(first[:1] * len(first))
        assert name.exists()
        journal.release(first)
        assert not name.exists()
        with pytest.raises(JournalCorrupt, match="gone"):
            journal.read(first[0])
        journal.release(first)
        assert [ref for ref, _ in journal.frames()] == refs[len(first) :]


def test_the_active_segment_is_deleted_once_closed_when_it_was_released_before(tmp_path: Path) -> None:
    with Journal.open(tmp_path, segment_bytes=4096) as journal:
        for _ in range(20):
            journal.release(journal.append([[bytes(b"q" * 3000)]]))
        assert len(segments(tmp_path)) <= 2
        assert journal.bytes_used() <= 3 * 4096  # the active one, the next, the spare


def left_in(directory: Path) -> list[Path]:
    return [path for path in directory.iterdir() if ".segment" in path.name]


def test_a_journal_that_is_closed_keeps_files_for_what_is_not_released_alone(tmp_path: Path) -> None:
    for item in range(6):
        with Journal.open(tmp_path, segment_bytes=4096) as journal:
            refs = journal.append([[b"%d" % item * 1500]]) + journal.append([[b"%d" % item * 1500]])
            refs += journal.append([[b"%d" % item * 1500]])  # in a segment of its own
            journal.release(refs if item % 2 else refs[:2])
        assert len(left_in(tmp_path)) == (item + 2) // 2
    assert contents(tmp_path) == [b"%d" % item * 1500 for item in (0, 2, 4)]


def test_what_one_that_is_closed_has_deleted_does_not_come_back_under_a_later_one_s_numbers(tmp_path: Path) -> None:
    directory = tmp_path / "journal"
    directory.mkdir()
    with closing(PowerLossDisk(directory)) as disk:
        for item in range(3):
            with Journal.open(
                directory, segment_bytes=4096, fsync=disk.sync, fsync_metadata=disk.sync_metadata
            ) as journal:
                (ref,) = journal.append([[b"%d" % item * 1500]])
                assert contents(disk.lose_power(tmp_path / f"lost-{item}")) == [b"%d" % item * 1500]
                journal.release([ref])
    assert left_in(directory) == []


def test_a_segment_that_is_done_with_becomes_a_later_one(tmp_path: Path) -> None:
    files: set[int] = set()
    with Journal.open(tmp_path, segment_bytes=4096) as journal:
        for item in range(40):
            journal.release(journal.append([[b"%d" % item * 1500]]))
            files |= {path.stat().st_ino for path in segments(tmp_path)}
        assert len(files) <= 4
        (ref,) = journal.append([[b"last"]])
    # Nothing of what the file held before is left in it.
    (path,) = (path for path in segments(tmp_path) if path.name.startswith(f"{ref.segment:010d}"))
    assert path.read_bytes()[ref.offset + 24 + 4 :].strip(b"\0") == b""
    assert contents(tmp_path)[-1] == b"last"


def test_a_filling_journal_keeps_no_spare(tmp_path: Path) -> None:
    with Journal.open(tmp_path, segment_bytes=4096, max_bytes=5 * 4096) as journal:
        refs: list[FrameRef] = []
        with pytest.raises(JournalFull):
            append_until_refused(journal, bytes(3000), refs)
        journal.release(refs[:1])
        assert not list(tmp_path.glob("*.tmp"))
        refs += journal.append([[bytes(3000)]])
        journal.release(refs[:-1])
        assert len(list(tmp_path.glob("*.tmp"))) == 1
        journal.append([[bytes(9_000)]])  # one that needs the spare's room
        assert journal.bytes_used() <= 5 * 4096


def test_release_after_reopening_needs_no_reading_first(tmp_path: Path) -> None:
    with Journal.open(tmp_path, segment_bytes=4096) as journal:
        refs = [ref for item in range(9) for ref in journal.append([[b"%d" % item * 1000]])]
    with Journal.open(tmp_path, segment_bytes=4096) as journal:
        journal.release(refs)
        assert list(journal.frames()) == []
        assert journal.bytes_used() == 4096
        journal.append([[b"new"]])
    assert contents(tmp_path) == [b"new"]


def test_an_unknown_reference_is_refused_and_releases_nothing(tmp_path: Path) -> None:
    with Journal.open(tmp_path, segment_bytes=4096) as journal:
        (ref,) = journal.append([[b"payload"]])
        journal.release([FrameRef(ref.segment, ref.offset + 8, 1), FrameRef(99, 64, 1)])
        for wrong in (FrameRef(99, 64, 7), FrameRef(1, ref.offset + 8, 7), FrameRef(1, ref.offset, 6)):
            with pytest.raises(JournalCorrupt):
                journal.read(wrong)
        assert journal.read(ref) == b"payload"


def test_no_more_than_one_segment_is_made_ahead(tmp_path: Path) -> None:
    with Journal.open(tmp_path, segment_bytes=4096) as journal:
        for _ in range(12):
            last = journal.append([[b"r" * 1500]])[0].segment
            time.sleep(0.005)
            numbers = [int(path.name[:10]) for path in segments(tmp_path)]
            assert max(numbers) <= last + 1


def test_the_limit_counts_every_segment_on_disk_and_is_never_exceeded(tmp_path: Path) -> None:
    with Journal.open(tmp_path, segment_bytes=4096, max_bytes=4 * 4096) as journal:
        refs: list[FrameRef] = []
        with pytest.raises(JournalFull, match="bytes used"):
            append_until_refused(journal, b"f" * 900, refs)
        assert journal.fill() == 1.0
        assert sum(path.stat().st_size for path in segments(tmp_path)) == journal.bytes_used() == 4 * 4096
        with pytest.raises(JournalFull):
            journal.append([[b"f" * 900]])
        journal.release(refs[: len(refs) // 2])
        assert journal.fill() < 1.0
        refs += journal.append([[b"again" * 200]])
        assert journal.read(refs[-1]) == b"again" * 200


def test_a_group_that_would_grow_beyond_the_limit_is_refused(tmp_path: Path) -> None:
    with Journal.open(tmp_path, segment_bytes=4096, max_bytes=3 * 4096) as journal:
        for _ in range(3):
            with pytest.raises(JournalFull):
                journal.append([[b"g" * 20_000]])
        (ref,) = journal.append([[b"small"]])
        assert ref.segment == 1
        assert journal.read(ref) == b"small"


def test_a_second_owner_is_told_who_the_first_one_is(tmp_path: Path) -> None:
    with Journal.open(tmp_path, segment_bytes=4096), pytest.raises(JournalLocked, match=f"process {os.getpid()}"):
        Journal.open(tmp_path)
    Journal.open(tmp_path, segment_bytes=4096).close()


CHILD = """
import sys
from pathlib import Path
from logmesh.journal import Journal
journal = Journal.open(Path(sys.argv[1]), segment_bytes=65536)
number = 0
while True:
    journal.append([[b"%d " % number * 50]])
    print(number, flush=True)
    number += 1
"""


def test_everything_acknowledged_survives_kill_9_and_the_lock_does_not(tmp_path: Path) -> None:
    for turn in range(3):
        directory = tmp_path / str(turn)
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
        with subprocess.Popen(
            [sys.executable, "-c", CHILD, str(directory)], stdout=subprocess.PIPE, env=environment
        ) as child:
            assert child.stdout is not None
            for _ in range(100 + 37 * turn):
                last = int(child.stdout.readline())
            child.send_signal(signal.SIGKILL)
            last = max([last, *(int(line) for line in child.stdout.read().splitlines(keepends=True) if b"\n" in line)])
        found = contents(directory)
        assert found == [b"%d " % number * 50 for number in range(len(found))]
        assert len(found) > last
