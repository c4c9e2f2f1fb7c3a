"""The most memory that each process had."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

_LOOK_SECONDS = 0.5


class Peaks:
    """Watches processes by name until it is stopped; of several with one name the largest counts. `mib` is what came of it."""

    def __init__(self) -> None:
        self.mib: dict[str, float] = {}
        self._resident: list[tuple[str, int]] = []
        self._families: list[tuple[str, Callable[[], Iterator[int]]]] = []
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="peaks", daemon=True)
        self._thread.start()

    def watch(self, name: str, pid: int) -> None:
        """The resident memory of a process, as the kernel's high-water mark has it."""
        self._resident.append((name, pid))

    def watch_all(self, name: str, pids: Callable[[], Iterator[int]]) -> None:
        """The anonymous memory of processes that come and go; what they share, such as PostgreSQL's buffers, is as it is set."""
        self._families.append((name, pids))

    def look(self) -> None:
        """Look now: for whoever is about to end a process."""
        for name, pid in self._resident:
            self._note(name, _field(Path(f"/proc/{pid}/status"), "VmHWM:"))

    def stop(self) -> None:
        """Look a last time."""
        self._stopped.set()
        self._thread.join()
        self.look()

    def _watch(self) -> None:
        while not self._stopped.wait(_LOOK_SECONDS):
            self.look()
            for name, pids in self._families:
                for pid in pids():
                    self._note(name, _field(Path(f"/proc/{pid}/status"), "RssAnon:"))

    def _note(self, name: str, mib: float) -> None:
        self.mib[name] = max(self.mib.get(name, 0.0), mib)


def family(pid: int) -> Iterator[int]:
    """A process and its children."""
    try:
        process = psutil.Process(pid)
        yield pid
        yield from (child.pid for child in process.children())
    except psutil.NoSuchProcess:
        return


def _field(path: Path, name: str) -> float:
    """A size in kB from a file of the kernel's, in MiB; 0 of a process that has ended."""
    try:
        text = path.read_text()
    except OSError:
        return 0.0
    for line in text.splitlines():
        if line.startswith(name):
            return int(line.split()[1]) / 1024
    return 0.0
