"""Every synchronisation goes through one latch: after the first that failed, none is tried again.

The kernel forgets the dirty pages of a failed fsync, so a second one would succeed without having written anything.
"""

import errno
import os
from collections.abc import Callable
from pathlib import Path

from logmesh.journal.errors import JournalFailed

SyncCall = Callable[[int], None]

# Quota and file size limit are a full disk by another name.
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

NO_DESCRIPTOR = frozenset({errno.EMFILE, errno.ENFILE})
"""This process, or the machine, has as many files open as it may: no fault of the disk, and it passes."""


class Durability:
    """Synchronises files and directories, or raises JournalFailed, for good."""

    def __init__(self, sync_data: SyncCall = os.fdatasync, sync_metadata: SyncCall = os.fsync) -> None:
        self._sync_data = sync_data
        self._sync_metadata = sync_metadata
        self._reason: str | None = None

    @property
    def has_failed(self) -> bool:
        """Whether something failed before."""
        return self._reason is not None

    def check(self) -> None:
        """Raise JournalFailed when something failed before."""
        if self._reason is not None:
            raise JournalFailed(self._reason)

    def fail(self, reason: str) -> JournalFailed:
        """Latch `reason`, the first one only, and return the exception to raise."""
        self._reason = self._reason or reason
        return JournalFailed(self._reason)

    def data(self, fd: int) -> None:
        """Make the file's contents durable, and its size."""
        self._call(self._sync_data, fd)

    def metadata(self, fd: int) -> None:
        """Make the file durable as a whole."""
        self._call(self._sync_metadata, fd)

    def directory(self, path: Path) -> None:
        """Make the names in a directory durable; fdatasync need not, so this is always a whole fsync."""
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            self.metadata(fd)
        finally:
            os.close(fd)

    def _call(self, call: SyncCall, fd: int) -> None:
        self.check()
        try:
            call(fd)
        except OSError as error:
            raise self.fail(f"synchronisation failed: {error}") from error
