"""Reads bytes at an offset from a plain file or from what a gzip file holds."""

import gzip
import os
import zlib
from pathlib import Path
from typing import Final, Protocol

from logmesh.producer.sources.fingerprint import LENGTH

BLOCK_BYTES: Final = 256 * 1024


class Reader(Protocol):
    """An open file. Offsets count the bytes of the text, not of what it is compressed to."""

    complete: bool
    """Whether bytes that are not there now never will be."""

    def read(self, offset: int, length: int) -> bytes:
        """At most `length` bytes from `offset`; none at the end."""

    def size(self) -> int | None:
        """How many bytes there are; None when that would have to be counted."""

    def is_deleted(self) -> bool:
        """Whether no name leads to it any more."""

    def close(self) -> None:
        """Closes the descriptor."""


class PlainReader:
    """A file as it is, held by its descriptor, so that renaming and deleting it changes nothing."""

    complete = False

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    def read(self, offset: int, length: int) -> bytes:
        return os.pread(self._descriptor, length, offset)

    def size(self) -> int | None:
        return os.fstat(self._descriptor).st_size

    def is_deleted(self) -> bool:
        return os.fstat(self._descriptor).st_nlink == 0

    def close(self) -> None:
        os.close(self._descriptor)


class GzipReader:
    """What a gzip file holds. One that is still being written, or is broken, ends where it can't be read on."""

    def __init__(self, path: Path) -> None:
        self._raw = path.open("rb")
        self._file = gzip.GzipFile(fileobj=self._raw, mode="rb")
        self.complete = False
        self._broken_size = -1

    def read(self, offset: int, length: int) -> bytes:
        if self._raw_size() == self._broken_size:
            return b""
        pieces: list[bytes] = []
        got = 0
        try:
            if self._file.tell() != offset:
                self._file.seek(offset)
            while got < length:
                piece = self._file.read1(length - got)
                if not piece:
                    self.complete = True
                    break
                pieces.append(piece)
                got += len(piece)
        except (EOFError, OSError, zlib.error):
            # Its writer may not be done with it: begin again once it has grown.
            self._broken_size = self._raw_size()
            self._raw.seek(0)
            self._file = gzip.GzipFile(fileobj=self._raw, mode="rb")
        return b"".join(pieces)

    def _raw_size(self) -> int:
        return os.fstat(self._raw.fileno()).st_size

    def size(self) -> int | None:
        return None

    def is_deleted(self) -> bool:
        return os.fstat(self._raw.fileno()).st_nlink == 0

    def close(self) -> None:
        self._file.close()
        self._raw.close()


def open_reader(path: Path) -> Reader:
    """A reader for `path`, by its first two bytes. Raises OSError."""
    with path.open("rb") as file:
        magic = file.read(2)
    return GzipReader(path) if magic == b"\x1f\x8b" else PlainReader(path)


def head_of(reader: Reader) -> bytes:
    """What a fingerprint looks at."""
    return reader.read(0, LENGTH)
