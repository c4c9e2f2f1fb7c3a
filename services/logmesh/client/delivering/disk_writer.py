"""Appends batches to a spool on a thread of its own: a disk that stands still stops neither streams nor other appenders."""

import asyncio
import contextlib
import queue
import threading
from dataclasses import dataclass, field

from logmesh.client.delivering.io_thread import mark_own_thread
from logmesh.client.delivering.spool import Spool, Spooled
from logmesh.journal import JournalFull
from logmesh.v1.record_pb2 import LogColumns


@dataclass(slots=True)
class _Append:
    columns: LogColumns
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)
    spooled: "asyncio.Future[Spooled]" = field(init=False)

    def __post_init__(self) -> None:
        self.spooled = self.loop.create_future()

    def done(self, outcome: Spooled | Exception) -> None:
        """Say what became of it, on its loop."""
        if self.spooled.done():  # nobody waits any more
            return
        if isinstance(outcome, Exception):
            self.spooled.set_exception(outcome)
        else:
            self.spooled.set_result(outcome)


class DiskWriter:
    """For one event loop, one batch at a time. The thread begins with the first batch and ends at `close`."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._appends: queue.SimpleQueue[_Append | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._busy = False

    async def hold(self, columns: LogColumns) -> int:
        """Number a batch, make it durable and hold it; return its place. Raises JournalFull, JournalFailed."""
        try:
            spooled = await self._append(columns)
        except JournalFull:
            if not self._spool.make_room():
                raise
            spooled = await self._append(columns)
        self._spool.add(spooled)
        return spooled.place

    def close(self) -> None:
        """End the thread, but for one that the disk does not let go: it serves the next start."""
        if self._thread is not None and not self._busy:
            self._appends.put(None)
            self._thread.join()
            self._thread = None

    async def _append(self, columns: LogColumns) -> Spooled:
        if self._thread is None:
            thread = threading.Thread(target=self._work, name="logmesh-spool", daemon=True)
            try:
                thread.start()
            except RuntimeError:  # the interpreter is ending: there is nothing else that could be stopped
                return self._spool.append(columns, {})
            self._thread = thread
        append = _Append(columns)
        self._busy = True
        self._appends.put(append)
        return await append.spooled

    def _work(self) -> None:
        mark_own_thread()
        while (append := self._appends.get()) is not None:
            outcome: Spooled | Exception
            try:
                outcome = self._spool.append(append.columns, {})
            except Exception as error:  # noqa: BLE001  # it is raised where the batch is awaited
                outcome = error
            self._busy = False
            with contextlib.suppress(RuntimeError):  # the loop was ended meanwhile
                append.loop.call_soon_threadsafe(append.done, outcome)
