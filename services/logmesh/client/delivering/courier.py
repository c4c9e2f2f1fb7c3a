"""What an appender has running: rows from the intake into batches, batches into the spool, the spool over a stream.

intake ──► columns ──► spool (fsync, or memory) ──► deliver ──► processor
   ▲                                                   │
   └───────────── settle: committed, or refused ◄──────┘
"""

import asyncio
import contextlib
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Final, Protocol

import grpc

from logmesh.client.delivering.delivery import deliver
from logmesh.client.delivering.disk_writer import DiskWriter
from logmesh.client.delivering.intake import Intake
from logmesh.client.delivering.io_thread import Running, io_thread
from logmesh.client.delivering.lanes import Divergence
from logmesh.client.delivering.outbox import Outbox
from logmesh.client.delivering.reach import SILENCE_SECONDS, Reach
from logmesh.client.delivering.row import columns_of
from logmesh.client.delivering.session import Metadata, StreamEnd
from logmesh.client.delivering.spool import Spool
from logmesh.client.errors import ConnectionFailed, ServerError, SpoolUnavailable
from logmesh.client.failures import from_rpc
from logmesh.journal import JournalError, JournalFull
from logmesh.v1.record_pb2 import LogColumns

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
    """Runs on the I/O thread from `start` to `stop`, and may be started again: what the spool and the intake hold stays there."""

    def __init__(
        self,
        intake: Intake,
        spool: Spooling,
        channel: Callable[[], grpc.aio.Channel],
        target: str,
        producer: str,
        metadata: Metadata,
        reach: Reach,
        notice: Callable[[str], None],
    ) -> None:
        """`notice` is called on the I/O thread with what a person should know."""
        self._intake, self._spool, self._channel = intake, spool, channel
        self._target, self._producer, self._metadata = target, producer, metadata
        self._reach, self._notice = reach, notice
        self._writer = DiskWriter(spool) if isinstance(spool, Spool) else None
        self._packed = 0
        self._first_row: dict[int, int] = {}  # number of a batch's first row, by place, of those not committed
        self._running: Running | None = None
        self._silence: asyncio.TimerHandle | None = None
        self._released: Callable[[], None] | None = None
        self._stop = asyncio.Event()
        self._due = asyncio.Event()
        self.wake = asyncio.Event()

    @property
    def running(self) -> bool:
        """Whether it runs, or has not ended yet."""
        return self._running is not None and not self._running.ended

    def start(self) -> None:
        """Begin; nothing while it runs. Raises RuntimeError where the interpreter starts no more threads."""
        if self.running:
            return
        self._stop, self._due, self.wake = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._running = io_thread.run(self._run)

    def nudge(self) -> None:
        """There is something to do. Any thread."""
        if (running := self._running) is not None:
            running.soon(self._due.set)  # where it has just ended, what waits, waits for the next start

    def ask_to_stop(self) -> None:
        """Have it end soon, with what was taken in the spool."""
        if (running := self._running) is not None:
            running.soon(self._stop.set)

    def release(self, then: Callable[[], None]) -> None:
        """Nothing more comes: have it end once everything is committed, and call `then` on its thread. It waits for nothing
        and takes no lock, for the collector of garbage calls it."""
        if (running := self._running) is not None:
            running.soon(lambda: self._end_when_done(then))

    def stop(self, timeout: float) -> bool:
        """End; False when it does not within `timeout` seconds."""
        if (running := self._running) is None:
            return True
        self.ask_to_stop()
        if not running.wait(timeout):
            return False
        self._running = None
        return True

    def opened(self, processor: str, to_send: int) -> None:
        """See `Listener`."""
        self._cancel_silence()
        if sentence := self._reach.connected(processor, time.monotonic()):
            self._notice(sentence)

    def sent(self) -> None:
        """See `Listener`."""

    def committed(self, records: int) -> None:
        """See `Listener`."""
        lowest = self._spool.lowest_uncommitted()
        if not lowest:
            self._first_row.clear()
            self._intake.settle(self._packed)
            if self._released is not None and self._is_done():
                self._stop.set()
            return
        while self._first_row and (first := next(iter(self._first_row))) < lowest:
            del self._first_row[first]
        # A batch that is not among them is an earlier process's, before all rows of this one.
        self._intake.settle(self._first_row.get(lowest, -1))

    def abandoned(self, seq: int, code: str, what: str) -> None:
        """See `Listener`."""
        self._intake.refuse(what)
        self.committed(0)
        self._notice(what)

    def diverged(self, divergence: Divergence) -> None:
        """See `Listener`."""
        if divergence.batches:
            self._intake.refuse(divergence.what)
            self.committed(0)
        self._notice(divergence.what)

    def ended(self, end: StreamEnd, error: Exception | None) -> None:
        """See `Deliverer`."""
        if isinstance(error, grpc.aio.AioRpcError):
            self._reach.failed(from_rpc(error, self._target))
        elif error is not None:
            self._reach.failed(ConnectionFailed(f"{self._target} has fallen silent"))
        self._connecting()

    def _connecting(self) -> None:
        if self._reach.connecting(time.monotonic()) or self._silence is None:
            self._silence = asyncio.get_running_loop().call_later(SILENCE_SECONDS, self._say_silence)

    def _cancel_silence(self) -> None:
        if self._silence is not None:
            self._silence.cancel()
            self._silence = None

    def _say_silence(self) -> None:
        if sentence := self._reach.silent(self._intake.unsettled(), time.monotonic()):
            self._notice(sentence)

    def _end_when_done(self, then: Callable[[], None]) -> None:
        self._released = then
        if self._is_done():
            self._stop.set()

    def _is_done(self) -> bool:
        return self._intake.unsettled() == 0 and not self._spool.uncommitted()

    async def _run(self) -> None:
        self._connecting()
        try:
            delivering = asyncio.create_task(
                deliver(self._channel, self._spool, self, self._producer, _ROTATE_SECONDS, self._around_stream)
            )
            packing = asyncio.create_task(self._pack())
            stopping = asyncio.create_task(self._stop.wait())
            done, _ = await asyncio.wait({delivering, packing, stopping}, return_when=asyncio.FIRST_COMPLETED)
            # A batch that is just being written is waited for: its rows are in no other place.
            self._stop.set()
            self._due.set()
            delivering.cancel()
            await asyncio.gather(delivering, packing, return_exceptions=True)
            for task in (*done, packing):
                task.result()
            while self._spool.has_room() and await self._pack_one():
                pass
        except JournalError as error:
            self._intake.close(SpoolUnavailable(str(error)))
        except Exception as error:  # noqa: BLE001  # whoever appends next is told; nobody awaits this thread
            failure = ServerError(f"the appender has failed: {error!r}")
            self._intake.close(failure)
            self._notice(f"{failure}")
        finally:
            self._cancel_silence()
            if self._writer is not None:
                self._writer.close()
            if self._released is not None and self._is_done():
                self._released()

    def _around_stream(self) -> AbstractContextManager[Metadata]:
        return contextlib.nullcontext(self._metadata)

    async def _pack(self) -> None:
        """Cut batches as they are due, until it is time to stop."""
        while not self._stop.is_set():
            self._due.clear()
            left = self._intake.seconds_until_due()
            if left == 0:
                if not self._spool.has_room() or not await self._pack_one():
                    await asyncio.sleep(_FULL_PAUSE_SECONDS)
                continue
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._due.wait()

    async def _pack_one(self) -> bool:
        """Move one batch into the spool; False when nothing waits or there is no room. Raises JournalFailed."""
        rows = self._intake.take()
        if not rows:
            return False
        columns = columns_of(rows, time.time_ns())
        try:
            place = self._spool.hold(columns) if self._writer is None else await self._writer.hold(columns)
        except JournalFull:
            self._intake.put_back(rows)
            return False
        self._first_row[place] = self._packed
        self._packed += len(rows)
        self.wake.set()
        return True
