"""The thread that speaks gRPC for every appender of this process, and its event loop.

gRPC's asyncio has one queue of events a process, which all loops read. What belongs to a loop that was closed is then an
exception in another one, and lost. So appenders share a loop; it outlives the last of them by a moment, in which the events of
cancelled calls still come.
"""

import asyncio
import concurrent.futures
import contextlib
import gc
import queue
import threading
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Final

import grpc

_LINGER_SECONDS: Final = 2.0
_CLEANUP_SECONDS: Final = 0.5
_LOOK_SECONDS: Final = 0.001
_NAMES_OF_GRPC: Final = ("grpc", "event_engine", "timer_manager")

_own = threading.local()


def on_own_thread() -> bool:
    """Whether this is a thread of the library's own: what it logs is about sending."""
    return getattr(_own, "marked", False)


def mark_own_thread() -> None:
    """Say that this is one."""
    _own.marked = True


class IoThread:
    """Starts with the first coroutine that it is given, and ends a moment after the last has ended."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._running = 0
        self._given = 0

    def run(self, begin: Callable[[], Coroutine[Any, Any, None]]) -> "Running":
        """Run the coroutine that `begin` makes. Raises RuntimeError where the interpreter starts no more threads."""
        with self._guard:
            loop = self._loop or self._start()
            self._running += 1
            self._given += 1
            future = asyncio.run_coroutine_threadsafe(begin(), loop)
        future.add_done_callback(lambda _: self._ended(loop))
        return Running(loop, future)

    def end(self, timeout: float) -> None:
        """End before a fork; what still runs is cut."""
        with self._guard:
            loop, thread = self._loop, self._thread
            self._loop = self._thread = None
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # it has just ended by itself
                loop.call_soon_threadsafe(loop.stop)
        if thread is not None:
            thread.join(timeout)
            _wait_for_threads_of_grpc()

    def forget(self) -> None:
        """Begin anew in a forked child, where the thread is not."""
        self.__init__()  # type: ignore[misc]  # the lock may be held by a thread of the parent

    def _start(self) -> asyncio.AbstractEventLoop:
        if self._thread is not None:  # it has just been idle for long enough, and is about to end
            self._thread.join(_LINGER_SECONDS)
        # asyncio logs when a loop is made. On a thread of our own that comes back to no handler of ours.
        made: queue.SimpleQueue[asyncio.AbstractEventLoop | RuntimeError] = queue.SimpleQueue()
        thread = threading.Thread(target=_run, args=(made.put,), name="logmesh-appender", daemon=True)
        thread.start()
        loop = made.get()
        if isinstance(loop, RuntimeError):
            raise loop
        self._loop, self._thread = loop, thread
        return loop

    def _ended(self, loop: asyncio.AbstractEventLoop) -> None:
        with self._guard:
            self._running -= 1
            given = self._given
        if not self._running:
            with contextlib.suppress(RuntimeError):  # a loop that was ended before a fork
                loop.call_soon_threadsafe(loop.call_later, _LINGER_SECONDS, self._end_idle, loop, given)

    def _end_idle(self, loop: asyncio.AbstractEventLoop, given: int) -> None:
        with self._guard:
            if self._loop is loop and self._given == given:
                self._loop = None
                loop.stop()


class Running:
    """A coroutine on the I/O thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop, future: "concurrent.futures.Future[None]") -> None:
        self._loop, self._future = loop, future

    @property
    def ended(self) -> bool:
        """Whether it has returned or raised."""
        return self._future.done()

    def soon(self, act: Callable[[], object]) -> None:
        """Call `act` on the thread, or not at all where it has ended."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(act)

    def wait(self, timeout: float) -> bool:
        """Wait for its end; False when it does not come within `timeout` seconds."""
        return bool(concurrent.futures.wait([self._future], timeout).done)


def _run(made: Callable[[asyncio.AbstractEventLoop | RuntimeError], None]) -> None:
    mark_own_thread()
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(_on_exception)
    asyncio.set_event_loop(loop)
    # gRPC would start a thread of its own with its first channel, and crash where that is too late: from Python 3.12 on, none
    # starts once the program's last line has run.
    try:
        grpc.aio.init_grpc_aio()  # type: ignore[attr-defined]  # which the stubs leave out
    except RuntimeError as error:
        loop.close()
        made(error)
        return
    made(loop)
    try:
        loop.run_forever()
    finally:
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(_settled(loop))
        grpc.aio.shutdown_grpc_aio()  # type: ignore[attr-defined]
        asyncio.set_event_loop(None)
        loop.close()
        # A stream that was cut leaves cycles behind that hold its channel, and with it gRPC's own threads: no fork survives those.
        gc.collect()


def _wait_for_threads_of_grpc() -> None:
    """Channels are gone, and gRPC cleans up after the last one on threads of its own, with a lock held: a child that is forked
    meanwhile finds it locked for ever. They end within milliseconds, unless the program speaks gRPC itself."""
    ends = time.monotonic() + _CLEANUP_SECONDS
    while time.monotonic() < ends and any(name.startswith(_NAMES_OF_GRPC) for name in _thread_names()):
        time.sleep(_LOOK_SECONDS)


def _thread_names() -> list[str]:
    """As Linux knows them; none elsewhere."""
    names = []
    for path in Path("/proc/self/task").glob("*/comm"):
        with contextlib.suppress(OSError):  # it has just ended
            names.append(path.read_text("utf-8", "replace"))
    return names


async def _settled(loop: asyncio.AbstractEventLoop) -> None:
    await asyncio.gather(*(asyncio.all_tasks(loop) - {asyncio.current_task()}), return_exceptions=True)
    await loop.shutdown_asyncgens()


def _on_exception(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    # The program may speak gRPC itself, on loops that it closes: what still comes for those comes here, and to nobody.
    of_grpc = "PollerCompletionQueue" in repr(context.get("handle"))
    if not (of_grpc and str(context.get("exception")) == "Event loop is closed"):
        loop.default_exception_handler(context)


io_thread = IoThread()
"""The one of this process."""
