"""The appender's own thread: rows from the intake into batches, batches into the spool, the spool over a stream.

intake ──► columns ──► spool (fsync, or memory) ──► deliver ──► processor
   ▲                                                   │
   └───────────── settle: committed, or refused ◄──────┘
"""

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Final, Protocol

import grpc

from logmesh.client.delivery import deliver
from logmesh.client.errors import ConnectionFailed, LogmeshError, ServerError, SpoolUnavailable
from logmesh.client.failures import from_rpc
from logmesh.client.intake import Intake
from logmesh.client.lanes import Divergence
from logmesh.client.outbox import Outbox
from logmesh.client.row import columns_of
from logmesh.client.session import Metadata, StreamEnd
from logmesh.journal import JournalError, JournalFull
from logmesh.v1.record_pb2 import LogColumns

_log = logging.getLogger(__name__)

_ROTATE_SECONDS: Final = (300.0, 600.0)
_FULL_PAUSE_SECONDS: Final = 0.1


class Spooling(Outbox, Protocol):
    """Where batches wait: a spool on disk, or memory."""

    def hold(self, columns: LogColumns) -> int:
        """Number a batch and hold it; return its place. Raises JournalFull, JournalFailed."""
        ...

    def has_room(self) -> bool:
        """Whether another batch may come."""
        ...

    def leave_to_parent(self) -> None:
        """Called in a forked child: what is held here is the parent's."""
        ...

    def close(self) -> None:
        """Let go of the folder."""
        ...


class Courier:
    """Runs from `start` to `stop`, and may be started again: what the spool and the intake hold stays there."""

    def __init__(
        self,
        intake: Intake,
        spool: Spooling,
        channel: Callable[[], grpc.aio.Channel],
        target: str,
        producer: str,
        metadata: Metadata,
    ) -> None:
        self._intake, self._spool, self._channel = intake, spool, channel
        self._target, self._producer, self._metadata = target, producer, metadata
        self._packed = 0
        self._first_row: dict[int, int] = {}  # number of a batch's first row, by place, of those not committed
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = False
        self._stop = asyncio.Event()
        self._due = asyncio.Event()
        self.wake = asyncio.Event()
        self.last_error: LogmeshError | None = None

    @property
    def thread_id(self) -> int | None:
        """`threading.get_ident()` of the thread, None while none runs."""
        thread = self._thread
        return thread.ident if thread is not None and thread.is_alive() else None

    def start(self) -> None:
        """Begin; nothing while it runs, or has not ended yet."""
        if self._thread is not None and self._thread.is_alive():
            return
        self._stopping = False
        self._stop, self._due, self.wake = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="logmesh-appender", daemon=True)
        self._thread.start()

    def nudge(self) -> None:
        """There is something to do. Any thread."""
        if (loop := self._loop) is not None:
            with contextlib.suppress(RuntimeError):  # it has just ended; what waits, waits for the next start
                loop.call_soon_threadsafe(self._due.set)

    def stop(self, timeout: float) -> bool:
        """End, with what was taken in the spool; False when it does not within `timeout` seconds."""
        thread = self._thread
        if thread is None:
            return True
        self._stopping = True  # the thread looks at it once it has a loop
        if (loop := self._loop) is not None:
            with contextlib.suppress(RuntimeError):  # it has ended by itself
                loop.call_soon_threadsafe(self._stop.set)
        thread.join(timeout)
        if thread.is_alive():
            return False
        self._thread = None
        return True

    def opened(self, processor: str, to_send: int) -> None:
        """See `Listener`."""
        self.last_error = None

    def sent(self) -> None:
        """See `Listener`."""

    def committed(self, records: int) -> None:
        """See `Listener`."""
        lowest = self._spool.lowest_uncommitted()
        if not lowest:
            self._first_row.clear()
            self._intake.settle(self._packed)
            return
        while self._first_row and (first := next(iter(self._first_row))) < lowest:
            del self._first_row[first]
        # A batch that is not among them is an earlier process's, before all rows of this one.
        self._intake.settle(self._first_row.get(lowest, -1))

    def abandoned(self, seq: int, code: str, what: str) -> None:
        """See `Listener`."""
        self._intake.refuse(what)
        self.committed(0)

    def diverged(self, divergence: Divergence) -> None:
        """See `Listener`."""
        _log.error("%s", divergence.what)
        if divergence.batches:
            self._intake.refuse(divergence.what)
            self.committed(0)

    def ended(self, end: StreamEnd, error: Exception | None) -> None:
        """See `Deliverer`."""
        if isinstance(error, grpc.aio.AioRpcError):
            self.last_error = from_rpc(error, self._target)
        elif error is not None:
            self.last_error = ConnectionFailed(f"{self._target} has fallen silent")

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        if self._stopping:
            self._stop.set()
        try:
            delivering = asyncio.create_task(
                deliver(self._channel, self._spool, self, self._producer, _ROTATE_SECONDS, self._around_stream)
            )
            packing = asyncio.create_task(self._pack())
            stopping = asyncio.create_task(self._stop.wait())
            tasks = {delivering, packing, stopping}
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for task in done:
                task.result()
            while self._spool.has_room() and self._pack_one():
                pass
        except JournalError as error:
            self._intake.close(SpoolUnavailable(str(error)))
        except Exception as error:
            self._intake.close(ServerError(f"the appender has failed: {error!r}"))
            raise
        finally:
            self._loop = None

    def _around_stream(self) -> AbstractContextManager[Metadata]:
        return contextlib.nullcontext(self._metadata)

    async def _pack(self) -> None:
        """Cut batches as they are due. The fsync of a spool blocks this loop, which has nothing else to do then."""
        while True:
            self._due.clear()
            left = self._intake.seconds_until_due()
            if left == 0:
                if not self._spool.has_room() or not self._pack_one():
                    await asyncio.sleep(_FULL_PAUSE_SECONDS)
                continue
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._due.wait()

    def _pack_one(self) -> bool:
        """Move one batch into the spool; False when nothing waits or there is no room. Raises JournalFailed."""
        rows = self._intake.take()
        if not rows:
            return False
        try:
            place = self._spool.hold(columns_of(rows, time.time_ns()))
        except JournalFull:
            self._intake.put_back(rows)
            return False
        self._first_row[place] = self._packed
        self._packed += len(rows)
        self.wake.set()
        return True
