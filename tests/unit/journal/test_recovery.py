"""Opening a journal on what crashes and bad disks leave behind."""

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from logmesh.journal import FrameRef, Journal
from logmesh.journal.frame import SEGMENT_HEADER_BYTES, frame_bytes

PAYLOADS = [b"%d" % item * (7 * item + 3) for item in range(8)]


def no_sync(_: int) -> None:
    """These tests are about contents; the disk's speed is no part of them."""


def open_fast(directory: Path) -> Journal:
    return Journal.open(directory, segment_bytes=2048, fsync=no_sync, fsync_metadata=no_sync)


def write(directory: Path, groups: list[list[bytes]]) -> list[FrameRef]:
    with open_fast(directory) as journal:
        return [ref for group in groups for ref in journal.append([[payload] for payload in group])]


def first_segment(directory: Path) -> Path:
    return min(directory.glob("*.segment"))


def change(path: Path, edit: Callable[[bytearray], None]) -> None:
    data = bytearray(path.read_bytes())
    edit(data)
    path.write_bytes(data)


def flip(offset: int) -> Callable[[bytearray], None]:
    def edit(data: bytearray) -> None:
        data[offset] ^= 0x10

    return edit


def served(journal: Journal) -> list[bytes]:
    return [payload for _, payload in journal.frames()]


def test_cut_at_every_byte_a_journal_serves_exactly_the_whole_frames_before_the_cut(tmp_path: Path) -> None:
    refs = write(tmp_path / "whole", [[payload] for payload in PAYLOADS])
    name = first_segment(tmp_path / "whole")
    ends = [ref.offset + 24 + ref.length for ref in refs]
    data = name.read_bytes()
    for cut in range(ends[-1] + 40):
        directory = tmp_path / "cut"
        directory.mkdir()
        (directory / name.name).write_bytes(data[:cut])
        with open_fast(directory) as journal:
            expected = [payload for payload, end in zip(PAYLOADS, ends, strict=True) if end <= cut]
            assert served(journal) == expected
            assert bool(journal.quarantined) == (cut < SEGMENT_HEADER_BYTES)
            journal.append([[b"goes on"]])
        with open_fast(directory) as journal:
            assert served(journal) == [*expected, b"goes on"]
            assert not journal.quarantined and not journal.torn
        shutil.rmtree(directory)


def test_bit_flips_in_files_never_alter_a_payload_nor_stop_the_journal(tmp_path: Path) -> None:
    refs = write(tmp_path / "whole", [PAYLOADS[:3], PAYLOADS[3:5], PAYLOADS[5:]])
    name = first_segment(tmp_path / "whole")
    data = name.read_bytes()
    source = random.Random(11)
    for _ in range(400):
        bit = source.randrange((refs[-1].offset + frame_bytes(refs[-1].length)) * 8)
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        directory = tmp_path / "flipped"
        directory.mkdir()
        (directory / name.name).write_bytes(flipped)
        with open_fast(directory) as journal:
            found = dict(journal.frames())
            assert found.items() <= dict(zip(refs, PAYLOADS, strict=True)).items()
            lost = [ref for ref in refs if ref not in found]
            assert len(lost) <= 1
            if lost:
                # Of the last group nothing says that it was durable.
                assert bool(journal.torn) == (lost[0] in refs[5:])
                assert bool(journal.quarantined) == (lost[0] not in refs[5:])
        shutil.rmtree(directory)


def test_a_group_torn_in_its_midst_is_no_damage_now_or_later(tmp_path: Path) -> None:
    group = [[b"first" * 200], [b"second" * 200], [b"third" * 200]]
    with Journal.open(tmp_path, segment_bytes=1 << 16) as journal:
        journal.append([[b"durable"]])
        refs = journal.append(group)
    # The power goes while the group is written: its last blocks reached the disk, and one before them did not.
    name = first_segment(tmp_path)
    lost = refs[1].offset

    def lose(data: bytearray) -> None:
        data[lost : lost + 512] = bytes(512)

    change(name, lose)
    expected = [b"durable", b"first" * 200, b"third" * 200]
    for opening in range(3):
        with Journal.open(tmp_path, segment_bytes=1 << 16) as journal:
            assert served(journal) == expected
            assert not journal.quarantined
            assert bool(journal.torn)
            journal.append([[b"%d" % opening]])
            expected.append(b"%d" % opening)


def test_a_torn_tail_is_copied_aside_and_cut_off(tmp_path: Path) -> None:
    refs = write(tmp_path, [[b"kept"], [b"torn" * 50]])
    name = first_segment(tmp_path)
    change(name, flip(refs[1].offset + 30))
    before = name.read_bytes()
    with open_fast(tmp_path) as journal:
        assert served(journal) == [b"kept"]
        assert not journal.quarantined
        (torn,) = journal.torn
        assert before.rstrip(b"\0") == before[: refs[1].offset] + torn.read_bytes().rstrip(b"\0")
        assert name.stat().st_size == refs[1].offset


def test_evidence_of_torn_tails_is_bounded(tmp_path: Path) -> None:
    for _ in range(24):
        refs = write(tmp_path, [[b"kept"], [b"torn" * 5]])
        (name,) = tmp_path.glob(f"{refs[1].segment:010d}-*.segment")
        change(name, flip(refs[1].offset + 30))
    with open_fast(tmp_path) as journal:
        assert served(journal) == [b"kept"] * 24
    assert len(list(tmp_path.glob("*.torn"))) == 16


def test_damage_before_intact_frames_is_set_aside_and_the_later_frames_are_served(tmp_path: Path) -> None:
    refs = write(tmp_path, [[b"one"], [b"two"], [b"three"]])
    name = first_segment(tmp_path)
    change(name, flip(refs[1].offset + 25))
    damaged = name.read_bytes()
    for _ in range(2):
        with open_fast(tmp_path) as journal:
            assert served(journal) == [b"one", b"three"]
            assert [kept.read_bytes() for kept in journal.quarantined] == [damaged]
            assert not journal.torn
    with open_fast(tmp_path) as journal:
        journal.release([refs[0], refs[2]])
        assert not name.exists()
    with open_fast(tmp_path) as journal:
        assert not journal.quarantined
    assert [kept.read_bytes() for kept in tmp_path.glob("*.quarantined")] == [damaged]


@pytest.mark.parametrize("where", [0, 25], ids=["header", "payload"])
def test_a_frame_that_a_later_header_calls_durable_is_no_torn_tail(tmp_path: Path, where: int) -> None:
    refs = write(tmp_path, [[b"one"], [b"two"], [b"three"]])
    name = first_segment(tmp_path)
    change(name, flip(refs[1].offset + where))
    change(name, flip(refs[2].offset + 25))
    with open_fast(tmp_path) as journal:
        assert served(journal) == [b"one"]
        assert journal.quarantined and not journal.torn


def test_a_closed_segment_that_lost_its_last_frames_is_damaged_even_where_zeros_follow(tmp_path: Path) -> None:
    refs = write(tmp_path, [[b"a" * 900], [b"b" * 900], [b"c" * 900]])
    assert refs[1].segment < refs[2].segment

    def wipe(data: bytearray) -> None:
        data[refs[1].offset :] = bytes(len(data) - refs[1].offset)

    change(first_segment(tmp_path), wipe)
    with open_fast(tmp_path) as journal:
        assert served(journal) == [b"a" * 900, b"c" * 900]
        assert len(journal.quarantined) == 1


def test_what_was_durable_before_a_reopen_is_remembered_by_the_next_segment(tmp_path: Path) -> None:
    (ref,) = write(tmp_path, [[b"one"]])
    write(tmp_path, [[b"two"]])

    def wipe(data: bytearray) -> None:
        data[ref.offset :] = bytes(len(data) - ref.offset)

    change(first_segment(tmp_path), wipe)
    with open_fast(tmp_path) as journal:
        assert served(journal) == [b"two"]
        assert len(journal.quarantined) == 1


def test_a_spoiled_end_is_no_torn_tail_when_a_later_segment_was_begun_and_can_say_nothing(tmp_path: Path) -> None:
    refs = write(tmp_path, [[b"a" * 900], [b"b" * 900], [b"c" * 900]])
    for path, ref in zip(sorted(tmp_path.glob("*.segment")), refs[1:], strict=False):
        change(path, flip(ref.offset + 8))
    with open_fast(tmp_path) as journal:
        assert served(journal) == [b"a" * 900]
        assert [kept.name for kept in journal.quarantined] == [first_segment(tmp_path).name + ".quarantined"]


def test_a_segment_without_any_intact_frame_is_set_aside_and_leaves_the_journal(tmp_path: Path) -> None:
    refs = write(tmp_path, [[b"a" * 900], [b"b" * 900], [b"c" * 900]])
    name = first_segment(tmp_path)
    change(name, lambda data: data.__setitem__(slice(None), os.urandom(len(data))))
    with open_fast(tmp_path) as journal:
        assert served(journal) == [b"c" * 900]
        assert [kept.name for kept in journal.quarantined] == [name.name + ".quarantined"]
    with open_fast(tmp_path) as journal:
        assert served(journal) == [b"c" * 900]
        assert not journal.quarantined
        assert journal.append([[b"d"]])[0].segment > refs[2].segment


def test_a_damaged_header_costs_no_frame(tmp_path: Path) -> None:
    write(tmp_path, [[payload] for payload in PAYLOADS])
    change(first_segment(tmp_path), flip(3))
    with open_fast(tmp_path) as journal:
        assert served(journal) == PAYLOADS
        assert len(journal.quarantined) == 1


def test_files_of_others_and_unfinished_segments_do_no_harm(tmp_path: Path) -> None:
    write(tmp_path, [[b"one"]])
    unfinished = tmp_path / (first_segment(tmp_path).name + ".tmp")
    unfinished.write_bytes(b"half a header")
    (tmp_path / "lost+found").mkdir()
    (tmp_path / "notes.segment").write_bytes(b"not ours")
    with open_fast(tmp_path) as journal:
        assert served(journal) == [b"one"]
        assert not journal.quarantined
    assert not unfinished.exists()
    assert (tmp_path / "notes.segment").exists()


def test_a_frame_damaged_while_the_journal_is_open_is_left_out_and_its_segment_set_aside(tmp_path: Path) -> None:
    with open_fast(tmp_path) as journal:
        refs = journal.append([[b"one"], [b"two"], [b"three"]])
        name = first_segment(tmp_path)
        fd = os.open(name, os.O_WRONLY)
        os.pwrite(fd, b"X", refs[1].offset + 24)
        os.close(fd)
        assert served(journal) == [b"one", b"three"]
        assert [kept.name for kept in journal.quarantined] == [name.name + ".quarantined"]


def test_survivors_that_nothing_calls_durable_are_written_again(tmp_path: Path) -> None:
    """After a failed fsync the cache calls pages clean that the disk never got."""
    write(tmp_path, [[b"one"], [b"two"]])
    write(tmp_path, [])
    name = first_segment(tmp_path)
    size = name.stat().st_size
    os.utime(name, ns=(0, 0))
    write(tmp_path, [])
    assert name.stat().st_mtime_ns > 0
    assert name.stat().st_size == size
