"""Reads bytes at an offset from a plain file or from what a gzip file holds."""

import os
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from logmesh.producer.sources.fingerprint import LENGTH

BLOCK_BYTES: Final = 256 * 1024
GZIP_MAGIC: Final = b"\x1f\x8b"

_RAW_BLOCK_BYTES: Final = 16 * 1024
_GZIP = 31  # zlib's word for: with gzip's header, and its checksum at the end


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


class GzipReader:
    """What a gzip file holds, member after member, up to where it is damaged or ends too early.

    One that ends too early may still be being written: it can be read on when its state has changed.
    """

    packed = True
    complete: bool
    damage: str

    def __init__(self, path: Path) -> None:
        self._raw = path.open("rb", buffering=0)
        self._begin()

    def read(self, offset: int, length: int) -> bytes:
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
        self._inflate = zlib.decompressobj(_GZIP)
        self._in_member = False
        self._ready = b""  # unpacked and not yet given
        self._offset = 0
        self.complete = False
        self.damage = ""

    def _unpacked(self, length: int) -> bytes:
        """The next bytes, at most `length`; none at the end of what can be read."""
        while not self._ready and not self.complete and not self.damage:
            self._ready = self._unpack()
        given, self._ready = self._ready[:length], self._ready[length:]
        self._offset += len(given)
        return given

    def _unpack(self) -> bytes:
        """Some bytes, perhaps none yet."""
        if not self._packed:
            self._packed = self._raw.read(_RAW_BLOCK_BYTES)
        if not self._in_member:
            self._packed = self._packed.lstrip(b"\0")  # padding between members
        if not self._packed:
            self._at_raw_end()
            return b""
        self._in_member = True
        before = self._inflate.copy()
        try:
            unpacked = self._inflate.decompress(self._packed, BLOCK_BYTES)
        except zlib.error as error:
            self.damage = str(error)
            return _unpacked_before_damage(before, self._packed)
        if self._inflate.eof:
            self._packed = self._inflate.unused_data
            self._inflate, self._in_member = zlib.decompressobj(_GZIP), False
        else:
            self._packed = self._inflate.unconsumed_tail
        return unpacked

    def _at_raw_end(self) -> None:
        if self._in_member or not self._raw.tell():
            self.damage = ENDS_TOO_EARLY
        elif self._raw.tell() >= os.fstat(self._raw.fileno()).st_size:
            self.complete = True


ENDS_TOO_EARLY: Final = "it ends too early"
"""The damage of a gzip file that may be whole later."""


def _unpacked_before_damage(inflate: "zlib._Decompress", packed: bytes) -> bytes:
    """What comes out of `packed` before the place where unpacking fails."""
    pieces: list[bytes] = []
    with suppress(zlib.error):
        pieces.extend(inflate.decompress(packed[at : at + 1]) for at in range(len(packed)))
    return b"".join(pieces)


def _state(descriptor: int) -> State:
    found = os.fstat(descriptor)
    return State(found.st_mtime_ns, found.st_size, found.st_nlink)


def _identity(descriptor: int) -> tuple[int, int]:
    found = os.fstat(descriptor)
    return found.st_dev, found.st_ino


def open_reader(path: Path) -> Reader:
    """A reader for `path`, by its first two bytes. Raises OSError."""
    with path.open("rb", buffering=0) as file:
        magic = file.read(2)
    return GzipReader(path) if magic == GZIP_MAGIC else PlainReader(path)


def head_of(reader: Reader) -> bytes:
    """What a fingerprint looks at."""
    return reader.read(0, LENGTH)
