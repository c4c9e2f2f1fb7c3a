"""The thread that reads files. One that stands still, as before a server that is gone, is left behind where it stands, and
another goes on with the other files: delivery and its heartbeats never wait for a read.
"""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Final, TypeVar

T = TypeVar("T")

STUCK_SECONDS: Final = 5.0
"""How long a look at one file may take."""

_MAX_LEFT_BEHIND: Final = 32
# Where so many files of one folder, or of one disk, stand still, none of it is looked at until one of them answers.
_FOLDER_CROWD: Final = 2
_DISK_CROWD: Final = 8


class LeftBehind(Exception):
    """Raised in a thread that came back too late: what it was about to do, another one has done."""


class ReadingThread:
    """Runs one job after another, each in whichever thread is the current one.

    A job surrounds with `touching` what may not come back. There, it may change only what is dropped when it is left behind:
    the same job is then run again from its beginning. `left_behind(path, seconds)` is called before that, `back(path)` when
    a thread has come back at last.
    """

    def __init__(
        self,
        left_behind: Callable[[Path, float], None],
        back: Callable[[Path], None],
        stuck_seconds: float = STUCK_SECONDS,
    ) -> None:
        self._left_behind, self._back, self._stuck_seconds = left_behind, back, stuck_seconds
        self._worker: _Worker | None = None
        self._guard = threading.Lock()
        self._stuck: dict[
            Path, int | None
        ] = {}  # places where threads stand still, with their device where it is known

    async def run(self, job: Callable[[], T]) -> T:
        """What `job` returns or raises."""
        while True:
            worker = self._worker = self._worker or _Worker(self._came_back)
            running = asyncio.wrap_future(worker.submit(job))
            while True:
                done, _ = await asyncio.wait({running}, timeout=min(1.0, self._stuck_seconds))
                if done:
                    return running.result()
                if len(self._stuck) < _MAX_LEFT_BEHIND and self._leave_behind(worker):
                    break

    @contextmanager
    def touching(self, path: Path, device: int | None = None) -> Iterator[bool]:
        """Around a look at `path`; see the class. Gives False where a thread stands already: don't look now."""
        worker = getattr(_current, "worker", None)
        if not self.allows(path, device):
            yield False
            return
        if worker is None:
            yield True
            return
        worker.enter(path, device)
        try:
            yield True
        finally:
            worker.leave()

    def allows(self, path: Path, device: int | None = None) -> bool:
        """Whether no thread stands at `path`, nor several in its folder or on its device."""
        if not self._stuck:
            return True
        with self._guard:
            stuck = dict(self._stuck)
        crowds = {place for place, count in Counter(path.parent for path in stuck).items() if count >= _FOLDER_CROWD}
        disks = {disk for disk, count in Counter(stuck.values()).items() if count >= _DISK_CROWD and disk is not None}
        return path not in stuck and path not in crowds and path.parent not in crowds and device not in disks

    async def close(self) -> bool:
        """Whether the thread has ended; one that doesn't within a second is left behind."""
        worker, self._worker = self._worker, None
        if worker is None:
            return True
        return await worker.end(1.0)

    def _leave_behind(self, worker: "_Worker") -> bool:
        place = worker.leave_behind(self._stuck_seconds)
        if place is None:
            return False
        path, device = place
        with self._guard:
            self._stuck[path] = device
        self._worker = None
        self._left_behind(path, self._stuck_seconds)
        return True

    def _came_back(self, path: Path) -> None:
        with self._guard:
            self._stuck.pop(path, None)
        self._back(path)


_current = threading.local()


class _Worker:
    """One thread. It is a daemon: a read that never returns does not keep the process."""

    def __init__(self, came_back: Callable[[Path], None]) -> None:
        self._came_back = came_back
        self._jobs: SimpleQueue[tuple[Callable[[], Any], Future[Any]] | None] = SimpleQueue()
        self._guard = threading.Lock()
        self._place: tuple[Path, int | None] | None = None
        self._since = 0.0
        self._is_left_behind = False
        self._thread = threading.Thread(target=self._run, name="reading", daemon=True)
        self._thread.start()

    def submit(self, job: Callable[[], T]) -> "Future[T]":
        future: Future[T] = Future()
        self._jobs.put((job, future))
        return future

    def enter(self, path: Path, device: int | None) -> None:
        with self._guard:
            if self._is_left_behind:
                raise LeftBehind
            self._place, self._since = (path, device), time.monotonic()

    def leave(self) -> None:
        with self._guard:
            if self._is_left_behind:
                raise LeftBehind
            self._place = None

    def leave_behind(self, after_seconds: float) -> tuple[Path, int | None] | None:
        """Where it has stood for longer than that, and from now on is alone with it; None when it doesn't."""
        with self._guard:
            if self._place is None or time.monotonic() - self._since < after_seconds:
                return None
            self._is_left_behind = True
            return self._place

    async def end(self, within_seconds: float) -> bool:
        self._jobs.put(None)
        ends = time.monotonic() + within_seconds
        while self._thread.is_alive() and time.monotonic() < ends:
            await asyncio.sleep(0.005)
        if self._thread.is_alive():
            self.leave_behind(0)
        return not self._thread.is_alive()

    def _run(self) -> None:
        _current.worker = self
        while (given := self._jobs.get()) is not None:
            job, future = given
            try:
                result = job()
            except LeftBehind:
                if self._place is not None:
                    self._came_back(self._place[0])
                return
            except BaseException as error:  # noqa: BLE001 - whoever waits for it hears of it
                future.set_exception(error)
            else:
                if not future.cancelled():
                    future.set_result(result)
