"""One file that is being read: what was handed out of it, what is buffered, and how it is known again."""

import os
import zlib
from pathlib import Path
from typing import Any, Final

from logmesh.producer.sources import Position
from logmesh.producer.sources.fingerprint import LENGTH, Fingerprint, fingerprint
from logmesh.producer.sources.lines import Line, LineBuffer
from logmesh.producer.sources.parts import Parts
from logmesh.producer.sources.reading import BLOCK_BYTES, ENDS_TOO_EARLY, Reader, State, head_of
from logmesh.producer.sources.records import NEVER
from logmesh.record.limits import MAX_BODY_BYTES

# More than a record that waits for its continuation and the line that will end it.
_BUFFER_BYTES: Final = 4 * MAX_BODY_BYTES

DELETED_QUIET_SECONDS: Final = 1.0
"""How long a deleted file's end is watched, as its writer may still hold it open."""

CLOSE_QUIET_SECONDS: Final = 60.0
"""After how long without new bytes the descriptor is closed; the file is opened again when it grows."""

UNFINISHED_PACKED_SECONDS: Final = 300.0
"""How long a compressed file that ends too early is taken for one that is still being written."""

_MARKS: Final = 8

_SINCE: Final = 946_684_800_000_000_000
"""An older file has no time of its own: archives and images set it to a year of their choice."""

Seen = tuple[int, int]
"""Time of the last change, in nanoseconds, and size in bytes, as the file system has them."""
UNSEEN: Final[Seen] = (0, 0)


class TrackedFile:
    """A file by inode, with its line buffer. Finished ones are remembered, so that they and their copies are known."""

    def __init__(self, path: Path, device: int, inode: int, *, join: bool = True) -> None:
        # The name it was first seen by; rotation may have moved it to `location` since.
        self.path = path
        self.location = path
        self.device = device
        self.inode = inode
        self._join = join
        self.buffer = LineBuffer(join=join)
        self.parts = Parts()
        self.head = Fingerprint()
        self.tail = Fingerprint()
        self.marks: list[list[int]] = []
        """Where it stood after what was handed out of late, each with the CRC-32 of all before."""
        self.finished = False
        self.reader: Reader | None = None
        # Cut short in place: nothing more can be read, what is buffered is still to be handed out.
        self.orphaned = False
        # Why the rest of a finished file can't be read; empty where nothing is wrong.
        self.damage = ""
        self.fed_at = 0.0
        self.at_end = False
        # To be opened: there may be something that was not read.
        self.due = False
        self.seen: Seen = UNSEEN
        """How it was when its end was reached. While it stays so, there is nothing to read."""
        self.last_time = 0
        """Of the last record that said one, in nanoseconds since 1970."""
        self._changed_at = 0
        self.live_from = NEVER
        """What begins there was written since its end was reached for the first time, and not before."""
        self._fed_up_to = 0
        self._ended_as: State | None = None
        self._ended_at = 0.0
        self._verified = False

    @property
    def identity(self) -> tuple[int, int]:
        """Device and inode."""
        return self.device, self.inode

    def position(self) -> Position:
        """Where it stands after what was handed out, with what is needed to know it again."""
        position: Position = {
            "path": os.fsdecode(self.path),
            "device": self.device,
            "inode": self.inode,
            **self.buffer.position(),
            "head": list(self.head),
            "tail": list(self.tail),
            "marks": self.marks,
            "time": self.last_time,
            # What is buffered of a file cut short can't be read again.
            "finished": self.finished or self.orphaned,
        }
        if self.buffer.part or self.buffer.piece:
            position["parts"] = self.parts.position()
        return position | {"seen": list(self.seen)} if self.finished and self.seen != UNSEEN else position

    @classmethod
    def from_position(cls, position: dict[str, Any], *, join: bool = True) -> "TrackedFile":
        """The inverse of `position`, with nothing opened yet."""
        file = cls(Path(position["path"]), position["device"], position["inode"], join=join)
        file.buffer = LineBuffer.at(position, join=join)
        file.parts = Parts.at(position.get("parts", {}))
        file.head = Fingerprint(*position["head"])
        file.tail = Fingerprint(*position["tail"])
        file.marks = position.get("marks", [])
        file.finished = position["finished"]
        file.last_time = position.get("time", 0)
        changed, size = position.get("seen", UNSEEN)
        file.seen = (changed, size)
        return file

    @property
    def has_work(self) -> bool:
        """Whether it is to be looked at."""
        return self.reader is not None or self.due or self.orphaned

    @property
    def was_read_to_its_end(self) -> bool:
        """Whether it is finished because its end was reached, and not because it was gone."""
        return self.finished and self.seen != UNSEEN

    @property
    def is_complete(self) -> bool:
        """Whether all of it was read, and none will follow."""
        return self.was_read_to_its_end and not self.damage

    @property
    def is_read(self) -> bool:
        """Whether nothing is lost when it is closed, and nothing gained by opening it again."""
        return self.at_end and not len(self.buffer)

    @property
    def is_deleted(self) -> bool:
        """Whether no name led to it when its end was reached."""
        return self._ended_as is not None and self._ended_as.links == 0

    def join_lines(self, join: bool) -> None:
        """Whether lines that continue a record are joined to it from here on."""
        if join != self._join:
            self._join = join
            self.buffer.join_lines(join)

    def inherit(self, original: "TrackedFile") -> None:
        """Goes on where `original`, of which this is a copy, was left, and under its name."""
        self.path = original.path
        self.buffer = original.buffer.unread(join=self._join)
        self.parts = Parts.at(original.parts.position())
        self.head, self.tail, self.marks = original.head, original.tail, original.marks
        self.last_time = original.last_time

    def go_on_as(self, other: "TrackedFile") -> None:
        """Goes on where `other` was left, which is the same file, known by somebody else."""
        self.inherit(other)
        self.finished, self.seen = other.finished, other.seen

    def written_by(self, now_unix_nano: int) -> int:
        """When what it held at first was all written: at its last change, or now where that is nonsense."""
        return self._changed_at if _SINCE <= self._changed_at < now_unix_nano else now_unix_nano

    def revive(self) -> None:
        """A finished file is there again, or has changed: read on from where it was left."""
        self.finished = self.orphaned = False
        self.seen, self.damage = UNSEEN, ""
        self.due = True

    def hold(self, reader: Reader) -> None:
        """Takes over an open reader of it."""
        self.reader = reader
        self._verified = False
        self._ended_as = None
        if not self.head.length:
            # Before anything is read of it: its copy may come first.
            self.head = fingerprint(head_of(reader))

    def close(self) -> None:
        """Closes it, keeping what is known of it. What was not handed out is read again when it is opened."""
        if self.reader is not None:
            self.reader.close()
            self.reader = None
            if not self.is_read and not self.orphaned:
                self.buffer = self.buffer.unread(join=self._join)
                self.at_end, self.seen, self.due = False, UNSEEN, not self.finished

    def lose_sight(self) -> None:
        """Closes it until it is found again."""
        self.close()
        self.seen, self.due = UNSEEN, False

    def leave(self) -> None:
        """Closes it for good: nothing can be read any more, but what is buffered is still to be handed out."""
        self.orphaned, self.seen = True, UNSEEN
        self.close()

    def is_same(self) -> bool:
        """Whether the open file is still the one that was read: not cut short, and the same where it was looked at."""
        if self.reader is None:
            return True
        state = self.reader.state()
        if state == self._ended_as or (self.reader.packed and self._verified):
            # Compressed files don't change, and going back to their beginning is dear.
            return True
        if self.reader.packed:
            self._verified = not self.head.length or self.head.matches(head_of(self.reader))
            return self._verified
        return state.size >= self.buffer.end and (not self.head.length or self.begins(self.reader))

    def begins(self, reader: Reader) -> bool:
        """Whether `reader` holds what was handed out of this file. Of a plain one its beginning and what stands before our offset
        are looked at, of a compressed one, which has to be read up to there anyway, all."""
        if not self.head.matches(head_of(reader)):
            return False
        if self.tail.length and (not reader.packed or self.buffer.crc is None):
            return self.tail.matches(reader.read(self.buffer.offset - self.tail.length, self.tail.length))
        return self.buffer.crc is None or self.buffer.crc == _crc(reader, self.buffer.offset)

    def begins_all(self, reader: Reader) -> bool:
        """As `begins`, with every byte looked at; and there are enough of them to tell this file from another."""
        crc, offset = self.buffer.crc, self.buffer.offset
        return crc is not None and offset >= LENGTH and crc == _crc(reader, offset)

    def length_of_part(self, reader: Reader) -> int:
        """The length of what `reader` holds, where that is a part of what was handed out, from the beginning; else 0.

        A copy that was made before the last of it was written is one. Its last bytes, behind the last place that was marked, are
        believed to be the same.
        """
        end = self.buffer.offset
        if not self.head.length or not self.head.matches(head_of(reader)) or reader.read(end - 1, 1):
            return 0
        crc = at = 0
        for mark, expected in self.marks:
            while at < mark and (data := reader.read(at, min(BLOCK_BYTES, mark - at))):
                crc, at = zlib.crc32(data, crc), at + len(data)
            if at < mark:
                break
            if crc != expected:
                return 0
        if not self.marks or at < max(self.marks[0][0], LENGTH):
            return 0
        while data := reader.read(at, BLOCK_BYTES):
            at += len(data)
        return at

    def end_as_part_of(self, original: "TrackedFile", reader: Reader, length: int) -> None:
        """It is a copy of a part of `original`, so long, and was read with that."""
        self.path, self.head = original.path, original.head
        self.buffer = LineBuffer(length, 0, _crc(reader, length), join=self._join)
        self.tail = fingerprint(reader.read(length - min(LENGTH, length), LENGTH))
        state = reader.state()
        self.seen, self.finished = (state.mtime_ns, state.size), True

    def take(self, limit: int, max_bytes: int, now: float, one_shot: bool) -> list[Line]:
        """At most `limit` records that are ready; remembers how to know the file again after them."""
        before = self.buffer.offset
        # The lines of what is buffered are found anew with each call: more than a block only where that holds no record.
        for enough in (BLOCK_BYTES, _BUFFER_BYTES):
            self._fill(now, enough)
            over = self.at_end and self._is_over(now, one_shot)
            # What a compressed file lacks will come with its end, however long its writer takes.
            unpacking = self.reader is not None and self.reader.packed
            quiet = now - self.fed_at if self.at_end and not unpacking else 0.0
            lines = self.buffer.take(limit, max_bytes, quiet, self.at_end and (one_shot or over))
            if lines or self.at_end:
                break
        if self.buffer.offset != before:
            self._remember()
        if over and not len(self.buffer):
            self.finished = True
            self.damage = self.reader.damage if self.reader is not None else ""
        if self.at_end and quiet >= CLOSE_QUIET_SECONDS and not len(self.buffer):
            self.close()
        return lines

    def _fill(self, now: float, enough: int) -> None:
        """Reads a block, unless so much is buffered already."""
        if self.reader is None:
            self.at_end = True
            return
        self.due = False
        if len(self.buffer) >= enough:
            self.at_end = False
            return
        state = self.reader.state()
        if state == self._ended_as:
            self.at_end = True
            return
        data = self.reader.read(self.buffer.end, BLOCK_BYTES)
        self.at_end = not data
        self._changed_at = state.mtime_ns
        if self.at_end and self.live_from == NEVER:
            self.live_from = self.buffer.end
        if data:
            self._feed(data, now)
        else:
            self._ended_as, self._ended_at = state, now
            self.seen = state.mtime_ns, state.size

    def _feed(self, data: bytes, now: float) -> None:
        self.buffer.feed(data)
        if self.buffer.end > self._fed_up_to:
            # Bytes that were there before the file was closed meanwhile are no news.
            self._fed_up_to, self.fed_at = self.buffer.end, now
        if self.head.length < min(LENGTH, self.buffer.end) and self.reader is not None and not self.reader.packed:
            # As soon as it is read, handed out or not: a copy made now must be known.
            self.head = fingerprint(self.reader.read(0, min(LENGTH, self.buffer.end)))

    def _is_over(self, now: float, one_shot: bool) -> bool:
        """Whether no byte will follow those that were read."""
        if self.reader is None:
            return self.orphaned
        if self.reader.damage:
            may_grow = self.reader.damage == ENDS_TOO_EARLY and not one_shot
            return not may_grow or now - self._ended_at >= UNFINISHED_PACKED_SECONDS
        if self.reader.complete:
            return True
        return self.is_deleted and now - self.fed_at >= DELETED_QUIET_SECONDS

    def _remember(self) -> None:
        offset = self.buffer.offset
        if self.reader is None:
            # It can't be looked at any more; its checksum tells as much.
            self.tail = Fingerprint()
            return
        if self.buffer.crc is not None:
            self.marks = [*self.marks[1 - _MARKS :], [offset, self.buffer.crc]]
        if self.reader.packed:
            # Known by all that was read of it.
            self.tail = Fingerprint()
            return
        length = min(LENGTH, offset)
        found = self.reader.read(offset - length, length)
        self.tail = fingerprint(found) if len(found) == length else Fingerprint()


def _crc(reader: Reader, length: int) -> int | None:
    """CRC-32 of the first `length` bytes; None where there are fewer."""
    crc = at = 0
    while at < length:
        data = reader.read(at, min(BLOCK_BYTES, length - at))
        if not data:
            return None
        crc, at = zlib.crc32(data, crc), at + len(data)
    return crc
