"""Looks at each file's bytes now and then, slowly: a disk says nothing of what it has forgotten, and a question would find it too late.

Of what is read the kernel's copy is let go before, so that it is the disk that answers.
"""

import asyncio
import os
import time
from collections import deque
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import asyncpg
import google_crc32c

from logmesh.lake.folder import path_of
from logmesh.lake.tending.damage import Damage, note_damage
from logmesh.runtime import metrics
from logmesh.storage.sql import load

AGAIN_SECONDS: Final = 86_400.0
"""A file is looked at a day after the last time, at the earliest."""
DAMAGED_SECONDS: Final = 300.0
"""A damaged one sooner: it may have been put back."""
_PIECE_BYTES: Final = 1 << 20
_FILES_AT_ONCE: Final = 64
_IDLE_SECONDS: Final = 60.0


class Scrub:
    """Looks at the live files below `root`, that one first which was not looked at for longest; at none where `bytes_a_second` is 0."""

    def __init__(self, root: Path, bytes_a_second: int) -> None:
        self._root, self._rate = root, bytes_a_second
        self._files: deque[asyncpg.Record] = deque()
        self._asked = -_IDLE_SECONDS
        self._look: Look | None = None

    async def run(self, connection: "asyncpg.Connection", seconds: float) -> AsyncIterator[Damage]:
        """For so long, yield what is news of damaged files; the next call goes on where this one ended. `connection` is an owner's.
        Raises what asyncpg raises."""
        ends = time.monotonic() + seconds
        while (now := time.monotonic()) < ends:
            if self._look is None and not await self._next(connection):
                await asyncio.sleep(ends - now)
                return
            if self._look is None:
                raise AssertionError("there is a next one")
            size = await asyncio.to_thread(self._look.on)
            metrics.LAKE_SCRUBBED_BYTES.inc(size)
            if (fault := self._look.fault) is not None:
                file, self._look = self._look.file, None
                if (news := await note_damage(connection, self._root, file, fault)) is not None:
                    yield news
            # What can't be read takes its time, too: of a volume that is not there nothing is noted, and all is due again at once.
            await asyncio.sleep(max(0.0, min(now + (size or _PIECE_BYTES) / self._rate, ends) - time.monotonic()))

    async def _next(self, connection: "asyncpg.Connection") -> bool:
        """Begin to look at another file. False where none is due."""
        now = time.monotonic()
        if not self._files and self._rate and now >= self._asked + _IDLE_SECONDS:
            self._files.extend(
                await connection.fetch(load("list_unchecked"), AGAIN_SECONDS, DAMAGED_SECONDS, _FILES_AT_ONCE)
            )
            self._asked = -_IDLE_SECONDS if self._files else now
        if not self._files:
            return False
        row = self._files.popleft()
        path = path_of(self._root, row["incarnation"], row["file"])
        self._look = Look(path, row["file"], row["bytes"], row["crc32c"])
        return True


class Look:
    """A look at one file, which should have `size` bytes of the checksum `crc32c`. `fault` is None until the end, then what is wrong
    with it, or nothing."""

    def __init__(self, path: Path, file: int, size: int, crc32c: int) -> None:
        self.file = file
        self.fault: str | None = None
        self._path, self._size, self._crc32c = path, size, crc32c
        self._length = self._found = 0

    def on(self) -> int:
        """Read a piece, in any thread; returns how many bytes it had."""
        try:
            piece = self._read()
        except FileNotFoundError:
            self.fault = "it is gone"
        except OSError as error:
            self.fault = f"it can't be read: {error.strerror}"
        else:
            self._found, self._length = google_crc32c.extend(self._found, piece), self._length + len(piece)
            if len(piece) < _PIECE_BYTES or self._length > self._size:
                self.fault = self._verdict()
            return len(piece)
        return 0

    def _read(self) -> bytes:
        opened = os.open(self._path, os.O_RDONLY)
        try:
            os.posix_fadvise(opened, self._length, _PIECE_BYTES, os.POSIX_FADV_DONTNEED)
            return os.pread(opened, _PIECE_BYTES, self._length)
        finally:
            os.close(opened)

    def _verdict(self) -> str:
        if (self._length, self._found) == (self._size, self._crc32c):
            return ""
        return f"{self._length} bytes with the checksum {self._found:08x}, and not {self._size} with {self._crc32c:08x}"
