"""One process per journal directory; the kernel drops the lock with the process, however it ends."""

import contextlib
import fcntl
import os
from pathlib import Path

from logmesh.journal.errors import JournalLocked


class DirectoryLock:
    """An exclusive flock on `directory/lock`, which holds the owner's pid for people to read."""

    def __init__(self, directory: Path) -> None:
        """Take the lock at once or raise JournalLocked."""
        self._fd = os.open(directory / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            owner = os.pread(self._fd, 32, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(self._fd)
            raise JournalLocked(f"{directory} is in use by process {owner}") from error
        with contextlib.suppress(OSError):  # on a disk without room the lock holds all the same, without a name
            os.ftruncate(self._fd, 0)
            os.pwrite(self._fd, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Give the directory back; the file stays, since removing it would race with the next owner."""
        os.close(self._fd)
