"""Disks as they are after a kill and after a loss of power, for the journal's tests."""

import os
import resource
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from logmesh.journal import FrameRef, Journal


def killed(directory: Path, to: Path) -> Path:
    """What a process killed now leaves of `directory`, with its segments still as they are in the page cache."""
    to.mkdir()
    for path in directory.iterdir():
        # A segment in the making gets its name at any time.
        with suppress(FileNotFoundError):
            shutil.copyfile(path, to / path.name)
    return to


def contents(directory: Path) -> list[bytes]:
    """Every payload that a journal opened on `directory` serves."""
    with Journal.open(directory, segment_bytes=4096) as journal:
        return [payload for _, payload in journal.frames()]


def append_until_refused(journal: Journal, payload: bytes, refs: list[FrameRef]) -> None:
    """Append `payload` again and again, collecting the references, until the journal raises."""
    while True:
        refs += journal.append([[payload]])


def fill_disk(path: Path) -> None:
    """Write to `path` until the disk has no room for another page."""
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))


class PowerLossDisk:
    """Remembers what was synchronised, and rebuilds the directory as a loss of power would leave it.

    A file keeps the bytes it had at its last synchronisation, a directory the names. Pass `sync` and `sync_metadata`
    to the journal; `lose_power(to)` may be called at any time.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._bytes: dict[int, bytes] = {}
        self._names: dict[str, int] = {}
        # A deleted file's inode must not come back as another file's: its name may still be on the disk.
        self._held: dict[int, int] = {}
        self._guard = threading.Lock()

    def close(self) -> None:
        for fd in self._held.values():
            os.close(fd)

    def sync(self, fd: int) -> None:
        status = os.fstat(fd)
        with self._guard:
            if status.st_ino not in self._held:
                self._held[status.st_ino] = os.dup(fd)
            self._bytes[status.st_ino] = os.pread(fd, status.st_size, 0)

    def sync_metadata(self, fd: int) -> None:
        if not Path(f"/proc/self/fd/{fd}").resolve().is_dir():
            self.sync(fd)
            return
        with self._guard:
            self._names = {entry.name: entry.inode() for entry in os.scandir(self._directory)}

    def lose_power(self, to: Path, *, written_back: bool = False) -> Path:
        """With `written_back`, the kernel had written all bytes by itself, as it may, but no names."""
        to.mkdir()
        with self._guard:
            for name, inode in self._names.items():
                fd = self._held.get(inode)
                data = os.pread(fd, os.fstat(fd).st_size, 0) if written_back and fd else self._bytes.get(inode, b"")
                (to / name).write_bytes(data)
        return to


@contextmanager
def no_descriptor_left() -> Iterator[Callable[[], None]]:
    """This process has as many files open as it may, and again whenever the function is called that this yields."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    opened: list[int] = []

    def take_all() -> None:
        with suppress(OSError):
            while True:
                opened.append(os.open("/dev/null", os.O_RDONLY))

    most = max(int(path.name) for path in Path("/proc/self/fd").iterdir())
    resource.setrlimit(resource.RLIMIT_NOFILE, (most + 8, hard))
    try:
        take_all()
        yield take_all
    finally:
        for fd in opened:
            os.close(fd)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """No file may be written past `size` bytes: the kernel writes up to there, then answers EFBIG."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
