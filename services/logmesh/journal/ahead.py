"""Makes the next segment before it is needed, never more than one: append does not wait for a file to be filled.

It is made of a segment that is done with, where there is one: a new file costs the kernel three times as much.
"""

import os
import threading
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from logmesh.journal.durability import NO_DESCRIPTOR, NO_ROOM, Durability
from logmesh.journal.errors import JournalFailed, JournalFull
from logmesh.journal.segment import TEMPORARY_SUFFIX, Segment, create_segment


class NextSegment:
    """The one segment that is ready or being made, and a spare file for the one after it.

    All methods are for the appending thread, but `keep` and `close`.
    """

    def __init__(self, directory: Path, size: int, durability: Durability, ready: Segment | None) -> None:
        self._directory = directory
        self._size = size
        self._durability = durability
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="journal-next-segment")
        self._future: Future[Segment | None] | None = None
        self._spares: deque[Path] = deque()  # one at most; its ends are safe between threads
        if ready is not None:
            self.put_back(ready)

    @property
    def is_wanted(self) -> bool:
        """Whether there is none, and none being made."""
        return self._future is None

    @property
    def reserved_bytes(self) -> int:
        """Bytes taken of the journal's limit, or about to be."""
        return self._size * ((self._future is not None) + len(self._spares))

    @property
    def needed_bytes(self) -> int:
        """Bytes that making one would take beyond those."""
        return 0 if self._spares else self._size

    def make(self, number: int) -> None:
        """Begin to make segment `number` in the background, if the disk has room for it; only when `is_wanted`."""
        if self._spares:
            self._future = self._begin(number, self._spares.popleft())
        elif free_bytes(self._directory) >= self._size:
            self._future = self._begin(number, None)

    def keep(self, path: Path) -> bool:
        """Keep a segment's file, of this size and done with, as the spare. False when it must be deleted: there is a
        spare, or the file has a second name under which somebody wants to look at it. Any thread, one at a time."""
        if self._spares or path.stat().st_nlink > 1:
            return False
        spare = path.with_name(path.name + TEMPORARY_SUFFIX)  # which recovery deletes
        path.rename(spare)
        self._spares.append(spare)
        return True

    def drop_spare(self) -> None:
        """Give the spare's bytes back."""
        while self._spares:
            self._spares.popleft().unlink(missing_ok=True)

    def take(self) -> Segment | None:
        """The segment, waited for if need be; None when the disk is full. Raises JournalFull without a descriptor for it, and
        JournalFailed."""
        if self._future is None:
            return None
        future, self._future = self._future, None
        return future.result()

    def put_back(self, segment: Segment) -> None:
        """Keep a segment that was taken and could not be used."""
        self._future = Future()
        self._future.set_result(segment)

    def close(self) -> None:
        """Wait for the segment in the making; a later open finds it."""
        self._worker.shutdown(wait=True)

    def drop(self) -> None:
        """Delete what was made ahead; only after `close`."""
        self.drop_spare()
        future, self._future = self._future, None
        made = future.result() if future is not None and future.exception() is None else None
        if made is not None:
            made.path.unlink(missing_ok=True)

    def _begin(self, number: int, spare: Path | None) -> "Future[Segment | None]":
        try:
            return self._worker.submit(self._make, number, spare)
        except RuntimeError:
            # An interpreter that is ending takes no more work for threads, while its last records still come.
            made: Future[Segment | None] = Future()
            made.set_result(self._make(number, spare))
            return made

    def _make(self, number: int, spare: Path | None) -> Segment | None:
        try:
            return create_segment(self._directory, number, self._size, self._durability, spare)
        except JournalFailed:
            raise
        except OSError as error:
            if spare is not None:
                spare.unlink(missing_ok=True)
            if error.errno in NO_DESCRIPTOR:
                raise JournalFull(f"segment {number} can't be opened: {error}") from error
            if error.errno in NO_ROOM:
                return None
            raise self._durability.fail(f"segment {number} can't be made: {error}") from error


class Ballast:
    """A file of no use but to be deleted when the disk is full, so that recovery has room to work in."""

    def __init__(self, directory: Path, size: int) -> None:
        self._path = directory / "ballast"
        self._directory = directory
        self._size = size
        self._guard = threading.Lock()

    def fill(self, spare: int) -> None:
        """Make the file unless it is there, if that leaves `spare` bytes free on the disk."""
        with self._guard:
            if not self._size or self._path.exists() or free_bytes(self._directory) < self._size + spare:
                return
            try:
                fd = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            except OSError:
                return  # it is made later
            try:
                os.posix_fallocate(fd, 0, self._size)
            except OSError:
                self._path.unlink()
            finally:
                os.close(fd)

    def drop(self) -> None:
        """Give the bytes back to the disk."""
        with self._guard:
            self._path.unlink(missing_ok=True)


def free_bytes(directory: Path) -> int:
    """Bytes that an unprivileged process may still write on the directory's disk."""
    status = os.statvfs(directory)
    return status.f_bavail * status.f_frsize
