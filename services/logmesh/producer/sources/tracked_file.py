"""One file that is being read: what was handed out of it, what is buffered, and how it is known again."""

import os
from pathlib import Path
from typing import Any, Final

from logmesh.producer.sources import Position
from logmesh.producer.sources.fingerprint import LENGTH, Fingerprint, fingerprint
from logmesh.producer.sources.lines import Line, LineBuffer
from logmesh.producer.sources.reading import BLOCK_BYTES, Reader, head_of, open_reader
from logmesh.record.limits import MAX_BODY_BYTES

# More than a record that waits for its continuation and the line that will end it.
_BUFFER_BYTES: Final = 4 * MAX_BODY_BYTES

DELETED_QUIET_SECONDS: Final = 1.0
"""How long a deleted file's end is watched, as its writer may still hold it open."""

CLOSE_QUIET_SECONDS: Final = 60.0
"""After how long without new bytes the descriptor is closed; the file is opened again when it grows."""


class TrackedFile:
    """A file by inode, with its line buffer. Finished ones are remembered, so that their copies are known."""

    def __init__(self, path: Path, device: int, inode: int, *, join: bool = True) -> None:
        # The name it was first seen by; rotation may have moved it to `location` since.
        self.path = path
        self.location = path
        self.device = device
        self.inode = inode
        self._join = join
        self.buffer = LineBuffer(join=join)
        self.head = Fingerprint()
        self.tail = Fingerprint()
        self.finished = False
        self.reader: Reader | None = None
        # Cut short in place: nothing more can be read, what is buffered is still to be handed out.
        self.orphaned = False
        self.fed_at = 0.0
        self.at_end = False
        self.seen_mtime_ns = 0
        self._verified = False

    @property
    def identity(self) -> tuple[int, int]:
        """Device and inode."""
        return self.device, self.inode

    def position(self) -> Position:
        """Where it stands after what was handed out, with what is needed to know it again."""
        return {
            "path": os.fsdecode(self.path),
            "device": self.device,
            "inode": self.inode,
            "offset": self.buffer.offset,
            "part": self.buffer.part,
            "head": list(self.head),
            "tail": list(self.tail),
            # What is buffered of a file cut short can't be read again.
            "finished": self.finished or self.orphaned,
        }

    @classmethod
    def from_position(cls, position: dict[str, Any], *, join: bool = True) -> "TrackedFile":
        """The inverse of `position`, with nothing opened yet."""
        file = cls(Path(position["path"]), position["device"], position["inode"], join=join)
        file.buffer = LineBuffer(position["offset"], position["part"], join=join)
        file.head = Fingerprint(*position["head"])
        file.tail = Fingerprint(*position["tail"])
        file.finished = position["finished"]
        return file

    def inherit(self, original: "TrackedFile") -> None:
        """Goes on where `original`, of which this is a copy, was left, and under its name."""
        self.path = original.path
        self.buffer = LineBuffer(original.buffer.offset, original.buffer.part, join=self._join)
        self.head, self.tail = original.head, original.tail

    def open(self) -> None:
        """Opens it unless it is open. Raises OSError."""
        if self.reader is None:
            self.hold(open_reader(self.location))

    def hold(self, reader: Reader) -> None:
        """Takes over an open reader of it."""
        self.reader = reader
        self._verified = False
        if not self.head.length and reader.size() is None:
            self.head = fingerprint(head_of(reader))

    def close(self) -> None:
        """Closes it, keeping what is known of it."""
        if self.reader is not None:
            self.reader.close()
            self.reader = None

    def is_same(self) -> bool:
        """Whether the open file is still the one that was read: not cut short, and beginning as it did."""
        if self.reader is None:
            return True
        size = self.reader.size()
        if size is None and self._verified:
            # Compressed files don't change, and going back to their beginning is dear.
            return True
        if size is not None and size < self.buffer.end:
            return False
        self._verified = not self.head.length or self.head.matches(head_of(self.reader))
        return self._verified

    def is_copied_to(self, reader: Reader) -> bool:
        """Whether `reader` holds what was read of this file, judged by its beginning and what is before our offset."""
        if not self.head.matches(head_of(reader)):
            return False
        if not self.tail.length:
            return True
        return self.tail.matches(reader.read(self.buffer.offset - self.tail.length, self.tail.length))

    def take(self, limit: int, max_bytes: int, now: float, one_shot: bool) -> list[Line]:
        """At most `limit` records that are ready; remembers how to know the file again after them."""
        self._fill(now)
        ended = self.at_end and (one_shot or self._is_over(now))
        # What a compressed file lacks will come with its end, however long its writer takes.
        unpacking = self.reader is not None and self.reader.size() is None
        quiet = now - self.fed_at if self.at_end and not unpacking else 0.0
        before = self.buffer.offset
        lines = self.buffer.take(limit, max_bytes, quiet, ended)
        if self.buffer.offset != before:
            self._remember()
        if self.at_end and not len(self.buffer) and self._is_over(now):
            self.finished = True
        if self.at_end and quiet >= CLOSE_QUIET_SECONDS and not len(self.buffer):
            self.close()
        return lines

    def _fill(self, now: float) -> None:
        if self.reader is None:
            self.at_end = True
        elif len(self.buffer) < _BUFFER_BYTES:
            data = self.reader.read(self.buffer.end, BLOCK_BYTES)
            self.at_end = not data
            if data:
                self.buffer.feed(data)
                self.fed_at = now
                if self.head.length < LENGTH and self.reader.size() is not None:
                    # As soon as it is read, handed out or not: a copy made now must be known.
                    self.head = fingerprint(self.reader.read(0, min(LENGTH, self.buffer.end)))
        else:
            self.at_end = False

    def _is_over(self, now: float) -> bool:
        """Whether no byte will follow those that were read."""
        if self.reader is None:
            return self.orphaned
        if self.reader.complete:
            return True
        return self.reader.is_deleted() and now - self.fed_at >= DELETED_QUIET_SECONDS

    def _remember(self) -> None:
        if self.reader is None:
            return
        offset = self.buffer.offset
        if self.reader.size() is None:
            # No copies are made of compressed files: what they begin with has to do.
            self.tail = Fingerprint()
            return
        length = min(LENGTH, offset)
        found = self.reader.read(offset - length, length)
        self.tail = fingerprint(found) if len(found) == length else Fingerprint()
