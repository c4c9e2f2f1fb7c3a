"""Brings a journal's directory back to a state that can be served; no damage that was left there makes it give up.

Torn is what a crash leaves of the group that was being written: bytes that nobody ever said were durable, at the end, or between
frames of that group, since blocks reach a disk in any order. They are copied to `*.torn`, and a torn end is cut off. Everything
else that is not a frame is damage: the file is also kept as `*.quarantined`. Intact frames are served whatever is around them.
"""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from logmesh.journal.ahead import Ballast
from logmesh.journal.durability import NO_ROOM, Durability
from logmesh.journal.errors import JournalAbandoned
from logmesh.journal.frame import NOWHERE, SEGMENT_HEADER_BYTES, Position, frame_bytes
from logmesh.journal.scan import Scan, scan_segment
from logmesh.journal.segment import TEMPORARY_SUFFIX, Segment, parse_segment_name, write_all

TORN_SUFFIX = ".torn"
QUARANTINE_SUFFIX = ".quarantined"

# Torn tails are evidence of ordinary crashes; a process that restarts for ever must not fill the disk with them.
_TORN_KEPT = 16
_BLOCK_BYTES = 4096


@dataclass(slots=True)
class Recovered:
    """What recovery found: segments with frames, an untouched one to go on with, and what it set aside."""

    segments: list[Segment] = field(default_factory=list)
    ready: Segment | None = None
    last_number: int = 0
    durable: Position = NOWHERE
    torn: list[Path] = field(default_factory=list)
    quarantined: list[Path] = field(default_factory=list)


@dataclass(slots=True)
class _Found:
    number: int
    path: Path
    size: int
    scan: Scan
    unreadable: bool


def recover(
    directory: Path, segment_bytes: int, durability: Durability, ballast: Ballast, abandoned: Callable[[], bool]
) -> Recovered:
    """Scan, repair and synchronise every segment in `directory`; raises JournalFailed when the disk refuses to, and
    JournalAbandoned soon after `abandoned()` is true."""
    for leftover in directory.glob(f"*{TEMPORARY_SUFFIX}"):
        leftover.unlink()
    found = _scan_all(directory, abandoned)
    recovered = Recovered(last_number=max((each.number for each in found), default=0))
    used = [each.number for each in found if not each.scan.is_untouched]
    last_used = max(used, default=0)
    for each in found:
        _look_up(abandoned)
        later = _said_by_others(each, found)
        if each.scan.is_untouched and not each.unreadable and later is None:
            _keep_one_untouched(each, each.number > last_used and each.size == segment_bytes, recovered)
        else:
            _restore(each, later, each.number == last_used, recovered, durability, ballast)
    for stale in sorted(directory.glob(f"*{TORN_SUFFIX}"))[:-_TORN_KEPT]:
        stale.unlink()
    durability.directory(directory)
    return recovered


def set_aside(path: Path) -> Path:
    """Keep the file under a second name, which outlives the segment, and return it.

    A link takes no room, so a full disk can't stop it; where there are no links, the file stays under its own name.
    """
    kept = path.with_name(path.name + QUARANTINE_SUFFIX)
    try:
        kept.hardlink_to(path)
    except FileExistsError:
        pass
    except OSError:
        return path
    return kept


def _look_up(abandoned: Callable[[], bool]) -> None:
    if abandoned():
        raise JournalAbandoned("the recovery was told to end")


def _scan_all(directory: Path, abandoned: Callable[[], bool]) -> list[_Found]:
    found = []
    for path in sorted(directory.iterdir()):
        named = parse_segment_name(path.name)
        if named is not None:
            _look_up(abandoned)
            data, unreadable = _read(path)
            found.append(_Found(named[0], path, len(data), scan_segment(data, named[1]), unreadable))
    return found


def _read(path: Path) -> tuple[bytes, bool]:
    """The file, and whether some of its blocks can't be read; those count as zeros."""
    try:
        return path.read_bytes(), False
    except OSError:
        with path.open("rb", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            blocks = [_read_block(file.fileno(), at, size) for at in range(0, size, _BLOCK_BYTES)]
        return b"".join(blocks), True


def _read_block(fd: int, offset: int, size: int) -> bytes:
    length = min(_BLOCK_BYTES, size - offset)
    try:
        return os.pread(fd, length, offset)
    except OSError:
        return bytes(length)


def _said_by_others(each: _Found, found: list[_Found]) -> int | None:
    """How far later segments say that this one was durable."""
    said = (other.scan.durable.get(each.number) for other in found if other is not each)
    return max((offset for offset in said if offset is not None), default=None)


def _keep_one_untouched(each: _Found, usable: bool, recovered: Recovered) -> None:
    if usable and recovered.ready is None:
        recovered.ready = Segment(each.number, each.scan.segment_id, each.path, each.size)
    else:
        each.path.unlink()


def _restore(
    each: _Found, later: int | None, is_last: bool, recovered: Recovered, durability: Durability, ballast: Ballast
) -> None:
    scan = each.scan
    durable = max(later or 0, scan.durable.get(each.number, 0), SEGMENT_HEADER_BYTES)
    intact_end = scan.end if scan.gap is None else scan.gap
    damaged = each.unreadable or not scan.header_intact or intact_end < durable
    # Without a word from a later segment, only the last one may end in something that was never acknowledged.
    damaged = damaged or (scan.has_dirty_tail and later is None and not is_last)
    is_safe_aside = True
    if damaged:
        recovered.quarantined.append(set_aside(each.path))
        is_safe_aside = recovered.quarantined[-1] != each.path
    elif scan.has_dirty_tail or scan.gap is not None:
        is_safe_aside = _set_tail_aside(each, intact_end, recovered, durability, ballast)
    if not scan.frames:
        if is_safe_aside:
            each.path.unlink()
        return
    size = each.size if damaged or not is_safe_aside else min(scan.end, each.size)
    _make_durable(each, durable, size, durability)
    # Not beyond a hole, which stays: the next frame repeats this, and the next recovery would take the hole for damage.
    recovered.durable = Position(each.number, intact_end)
    recovered.segments.append(Segment(each.number, scan.segment_id, each.path, size, scan.end, dict(scan.frames)))


def _set_tail_aside(each: _Found, begin: int, recovered: Recovered, durability: Durability, ballast: Ballast) -> bool:
    """Whether what is torn was copied, with all after it; on a disk without room it stays where it is, which harms no frame."""
    for _ in range(2):
        try:
            recovered.torn.append(_copy_tail(each, begin, durability))
        except OSError as error:
            if error.errno not in NO_ROOM:
                raise durability.fail(f"the torn tail of {each.path.name} can't be copied: {error}") from error
            ballast.drop()
        else:
            return True
    return False


def _copy_tail(each: _Found, begin: int, durability: Durability) -> Path:
    kept = each.path.with_name(each.path.name + TORN_SUFFIX)
    with each.path.open("rb") as file, kept.open("wb") as copy:
        file.seek(begin)
        shutil.copyfileobj(file, copy)
        copy.flush()
        durability.metadata(copy.fileno())
    return kept


def _make_durable(each: _Found, durable: int, size: int, durability: Durability) -> None:
    """Write again what was never said to be durable, then synchronise.

    After a failed fsync the cache holds frames that the disk has not, and calls them clean: without the second write
    the synchronisation would have nothing to do.
    """
    fd = os.open(each.path, os.O_RDWR)
    try:
        for offset, length in each.scan.frames.items():
            if offset >= durable:
                write_all(fd, [os.pread(fd, frame_bytes(length), offset)], offset)
        if size != each.size:
            os.ftruncate(fd, size)
        durability.metadata(fd)
    except OSError as error:
        raise durability.fail(f"{each.path.name} can't be made durable: {error}") from error
    finally:
        os.close(fd)
