"""What an appender has running on the I/O thread: a packer, a stream, and what a person should know of them.

intake ──► packer ──► spool (fsync, or memory) ──► deliver ──► processor
   ▲                                                   │
   └───────────── settle: committed, or refused ◄──────┘
"""

import asyncio
import contextlib
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Final

import grpc

from logmesh.client.channel import Dialer
from logmesh.client.delivering.delivery import NO_FILES, deliver
from logmesh.client.delivering.greeting import Sender
from logmesh.client.delivering.intake import Intake
from logmesh.client.delivering.io_thread import Running, io_thread
from logmesh.client.delivering.lanes import Divergence
from logmesh.client.delivering.packer import Packer, Spooling
from logmesh.client.delivering.reach import SILENCE_SECONDS, Reach
from logmesh.client.delivering.session import Metadata, StreamEnd
from logmesh.client.errors import ConnectionFailed, LogmeshError, ServerError, SpoolUnavailable
from logmesh.client.failures import from_rpc
from logmesh.journal import JournalError

_ROTATE_SECONDS: Final = (300.0, 600.0)


class Courier:
    """Runs on the I/O thread from `start` to `stop`, and may be started again: what the spool and the intake hold stays there."""

    def __init__(
        self,
        intake: Intake,
        spool: Spooling,
        dialer: Dialer,
        target: str,
        producer: str,
        metadata: Metadata,
        reach: Reach,
        notice: Callable[[str], None],
    ) -> None:
        """`notice` is called on the I/O thread with what a person should know."""
        self._intake, self._spool, self._dialer = intake, spool, dialer
        self._target, self._producer, self._metadata = target, producer, metadata
        self._reach, self._notice = reach, notice
        self._packer = Packer(intake, spool, self._wake_stream)
        self._running: Running | None = None
        self._silence: asyncio.TimerHandle | None = None
        self._released: Callable[[], None] | None = None
        self._failed = False
        self._stop = asyncio.Event()
        self.wake = asyncio.Event()

    @property
    def running(self) -> bool:
        """Whether it runs, or has not ended yet."""
        return self._running is not None and not self._running.ended

    def start(self) -> None:
        """Begin; nothing while it runs, or where it has failed. Raises RuntimeError where the interpreter starts no more threads."""
        if self.running or self._failed:
            return
        self._stop, self.wake = asyncio.Event(), asyncio.Event()
        self._running = io_thread.run(self._run)

    def nudge(self) -> None:
        """There is something to do. Any thread."""
        if (running := self._running) is not None:
            running.soon(self._packer.look)  # where it has just ended, what waits, waits for the next start

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

    def opened(self, processor: str, to_send: int, database_away: str, *, any_age: bool) -> None:
        """See `Listener`."""
        self._cancel_silence()
        if sentence := self._reach.connected(processor, time.monotonic()):
            self._notice(sentence)

    def sent(self) -> None:
        """See `Listener`."""

    def committed(self, records: int) -> None:
        """See `Listener`."""
        self._packer.settle()
        if self._released is not None and self._packer.is_done():
            self._stop.set()

    def stored_otherwise(self, dead_letters: int, attributes_as_text: int) -> None:
        """See `Listener`."""

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
        elif end.reason == NO_FILES:
            self._reach.failed(ConnectionFailed(f"batches can't be read just now: {error}"))
        elif error is not None:
            self._reach.failed(ConnectionFailed(f"{self._target} has fallen silent"))
        self._connecting()

    def _wake_stream(self) -> None:
        self.wake.set()

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
        if self._packer.is_done():
            self._stop.set()

    async def _run(self) -> None:
        self._connecting()
        try:
            delivering = asyncio.create_task(
                deliver(self._dialer, self._spool, self, Sender(self._producer), _ROTATE_SECONDS, self._around_stream)
            )
            packing = asyncio.create_task(self._packer.run(self._stop))
            stopping = asyncio.create_task(self._stop.wait())
            done, _ = await asyncio.wait({delivering, packing, stopping}, return_when=asyncio.FIRST_COMPLETED)
            self._stop.set()
            self._packer.look()
            delivering.cancel()
            await asyncio.gather(delivering, packing, return_exceptions=True)
            for task in (*done, packing):
                task.result()
        except JournalError as error:
            self._fail(SpoolUnavailable(str(error)))
        except Exception as error:  # noqa: BLE001  # whoever appends next is told; nobody awaits this thread
            failure = ServerError(f"the appender has failed: {error!r}")
            self._fail(failure)
            self._notice(f"{failure}")
        finally:
            self._cancel_silence()
            if self._released is not None and self._packer.is_done():
                self._released()

    def _fail(self, error: LogmeshError) -> None:
        """For good: what a batch had become of is not known for certain."""
        self._failed = True
        self._reach.give_up(error)
        self._intake.close(error)

    def _around_stream(self) -> AbstractContextManager[Metadata]:
        return contextlib.nullcontext(self._metadata)
