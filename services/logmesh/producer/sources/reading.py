"""Reads bytes at an offset from a plain file or from what a compressed one holds."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from logmesh.producer.sources.fingerprint import LENGTH
from logmesh.producer.sources.refusing import HEAD_BYTES, refuse
from logmesh.producer.sources.unpacking import Broken, Unpacker, unpacker_for

BLOCK_BYTES: Final = 256 * 1024
_RAW_BLOCK_BYTES: Final = 16 * 1024


class State(NamedTuple):
    """What the file system says of an open file. While it stays the same, there is nothing new to read."""

    mtime_ns: int
    size: int
    links: int


class Reader(Protocol):
    """An open file. Offsets count the bytes of the text, not of what it is compressed to."""

    packed: bool
    """Whether the file is compressed: then it is read from its beginning each time it is opened."""
    complete: bool
    """Whether bytes that are not there now never will be."""
    damage: str
    """Why what follows can't be read, in words; empty while nothing is wrong."""

    def read(self, offset: int, length: int) -> bytes:
        """At most `length` bytes from `offset`; none at the end. Raises OSError."""

    def state(self) -> State:
        """As the file system has it. Raises OSError."""

    def identity(self) -> tuple[int, int]:
        """Device and inode. Raises OSError."""

    def close(self) -> None:
        """Closes the descriptor."""


class PlainReader:
    """A file as it is, held by its descriptor, so that renaming and deleting it changes nothing."""

    packed = False
    complete = False
    damage = ""

    def __init__(self, path: Path) -> None:
        self._raw = path.open("rb", buffering=0)

    def read(self, offset: int, length: int) -> bytes:
        return os.pread(self._raw.fileno(), length, offset)

    def state(self) -> State:
        return _state(self._raw.fileno())

    def identity(self) -> tuple[int, int]:
        return _identity(self._raw.fileno())

    def close(self) -> None:
        self._raw.close()


class PackedReader:
    """What a compressed file holds, member after member, up to where it is damaged or ends too early.

    One that ends too early may still be being written: it can be read on when its state has changed.
    """

    packed = True
    complete: bool
    damage: str

    def __init__(self, path: Path, unpacker: Callable[[], Unpacker]) -> None:
        self._raw = path.open("rb", buffering=0)
        self._make = unpacker
        self._head = b""  # kept, since it is looked at for each file that this may be a copy of
        self._begin()

    def read(self, offset: int, length: int) -> bytes:
        if offset + length <= len(self._head):
            return self._head[offset : offset + length]
        if offset < self._offset:
            self._begin()
        if self.damage == ENDS_TOO_EARLY:
            self.damage = ""  # it may have grown
        while self._offset < offset:
            if not self._unpacked(min(BLOCK_BYTES, offset - self._offset)):
                return b""
        pieces: list[bytes] = []
        while length and (piece := self._unpacked(length)):
            pieces.append(piece)
            length -= len(piece)
        return b"".join(pieces)

    def state(self) -> State:
        return _state(self._raw.fileno())

    def identity(self) -> tuple[int, int]:
        return _identity(self._raw.fileno())

    def close(self) -> None:
        self._raw.close()

    def _begin(self) -> None:
        self._raw.seek(0)
        self._packed = b""  # read and not yet unpacked
        self._unpacker = self._make()
        self._in_member = self._has_member = False
        self._ready = b""  # unpacked and not yet given
        self._offset = 0
        self.complete = False
        self.damage = ""

    def _unpacked(self, length: int) -> bytes:
        """The next bytes, at most `length`; none at the end of what can be read."""
        while not self._ready and not self.complete and not self.damage:
            self._ready = self._unpack()
        given, self._ready = self._ready[:length], self._ready[length:]
        if len(self._head) == self._offset < LENGTH:
            self._head += given[: LENGTH - self._offset]
        self._offset += len(given)
        return given

    def _unpack(self) -> bytes:
        """Some bytes, perhaps none yet."""
        if not self._packed and not self._unpacker.has_more():
            self._packed = self._raw.read(_RAW_BLOCK_BYTES)
            if not self._in_member:
                self._packed = self._packed.lstrip(b"\0")  # padding between members
            if not self._packed:
                self._at_raw_end()
                return b""
        is_next = self._has_member and not self._in_member
        self._in_member = True
        try:
            unpacked, self._packed = self._unpacker.unpack(self._packed)
        except Broken as error:
            self.damage = SOMETHING_BEHIND if is_next else str(error)
            return error.before
        if self._unpacker.ended:
            self._has_member = True
            self._packed = self._packed.lstrip(b"\0")
            self._unpacker, self._in_member = self._make(), False
        return unpacked

    def _at_raw_end(self) -> None:
        if self._in_member or not self._raw.tell():
            self.damage = ENDS_TOO_EARLY
        elif self._raw.tell() >= os.fstat(self._raw.fileno()).st_size:
            self.complete = True


ENDS_TOO_EARLY: Final = "it ends too early"
"""The damage of a compressed file that may be whole later."""

SOMETHING_BEHIND: Final = "something that is not compressed follows in it"


def _state(descriptor: int) -> State:
    found = os.fstat(descriptor)
    return State(found.st_mtime_ns, found.st_size, found.st_nlink)


def _identity(descriptor: int) -> tuple[int, int]:
    found = os.fstat(descriptor)
    return found.st_dev, found.st_ino


def open_reader(path: Path) -> Reader:
    """A reader for `path`, by its first bytes. Raises OSError, also for a file that is no text."""
    with path.open("rb", buffering=0) as file:
        head = file.read(HEAD_BYTES)
    refuse(head, path)
    unpacker = unpacker_for(head)
    if unpacker is None:
        return PlainReader(path)
    reader = PackedReader(path, unpacker)
    try:
        refuse(reader.read(0, HEAD_BYTES), path)
    except OSError:
        reader.close()
        raise
    return reader


def head_of(reader: Reader) -> bytes:
    """What a fingerprint looks at."""
    return reader.read(0, LENGTH)
