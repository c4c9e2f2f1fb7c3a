"""Moves records from the source, as rules leave them, into the spool, and pauses the source while the spool or its disk is full."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

import structlog

from logmesh.client.delivering.spool import Spool, Spooled
from logmesh.journal import JournalFull
from logmesh.producer.batcher import Batcher, CutBatch
from logmesh.producer.outside import Outside
from logmesh.producer.oversize import within_limits
from logmesh.producer.rules import RulesFile
from logmesh.producer.settings import ProducerSettings
from logmesh.producer.sources import Chunk, Source
from logmesh.runtime import metrics

log = structlog.get_logger()

T = TypeVar("T")

_FULL_PAUSE_SECONDS: Final = 0.1
_DISK_PAUSE_SECONDS: Final = 1.0
_LAST_READ_SECONDS: Final = 1.0


class Pump:
    """Reads until the source has ended or `stop` is set. `spooled(batch)` is called for each batch that is durable."""

    def __init__(
        self,
        settings: ProducerSettings,
        source: Source,
        spool: Spool,
        spooled: Callable[[Spooled], None],
        stop: asyncio.Event,
        rules: RulesFile | None = None,
    ) -> None:
        self._settings, self._source, self._spool, self._spooled, self._stop = settings, source, spool, spooled, stop
        self._rules = rules
        self._batcher = Batcher(settings.batch_records, settings.batch_bytes, settings.batch_seconds)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="spool")
        self.unkept = 0
        """Records that were read and, when it had to stop, did not fit into the spool."""
        self.left_out = 0
        """Records that rules left out."""
        self.outside = Outside()
        """Records that were read and can't be stored under their own time."""

    async def run(self) -> bool:
        """Whether the source has ended, with everything that was read in the spool."""
        ended = False
        while not self._stop.is_set():
            left = self._batcher.seconds_left(time.monotonic())
            if left == 0:
                await self._keep(self._batcher.cut(time.time_ns()))
                continue
            chunk = await self._read(self._settings.batch_seconds if left is None else left)
            if chunk is None:
                ended = True
                break
            if self._rules is not None:
                ruled = self._rules.apply(chunk, time.time_ns())
                self.left_out += len(chunk) - len(ruled)
                chunk = chunk if ruled is chunk else within_limits(ruled)
            self.outside.count(chunk.times, time.time_ns())
            for cut in self._batcher.add(chunk, time.monotonic(), time.time_ns()):
                await self._keep(cut)
        await self._keep(self._batcher.cut(time.time_ns()))
        return ended and not self.unkept

    def close(self) -> None:
        """Waits for what is being written."""
        self._thread.shutdown(wait=True)

    async def _read(self, wait_seconds: float) -> Chunk | None:
        """A chunk, which is empty when there is none by the time that it has to stop."""
        reading = asyncio.create_task(self._source.read(self._batcher.room, wait_seconds))
        stopping = asyncio.create_task(self._stop.wait())
        try:
            await asyncio.wait({reading, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not reading.done():
                await asyncio.wait({reading}, timeout=_LAST_READ_SECONDS)
            return reading.result() if reading.done() else Chunk()
        finally:
            for task in (reading, stopping):
                task.cancel()
            await asyncio.gather(reading, stopping, return_exceptions=True)

    async def _keep(self, cut: CutBatch) -> None:
        """Write a batch into the spool as soon as there is room; not at all when it has to stop before."""
        if self.unkept:
            self.unkept += cut.count  # nothing may come after what is missing: positions would pass over it
            return
        if cut.count == 0:
            if cut.positions:
                await self._in_thread(lambda: self._spool.note(cut.positions))
            return
        batch = await self._append(cut)
        if batch is None:
            self.unkept += cut.count
            return
        metrics.SOURCE_PAUSED.set(0)
        metrics.RECORDS_SPOOLED.inc(batch.count)
        metrics.SPOOL_FILL.set(self._spool.fill())
        self._spooled(batch)

    async def _append(self, cut: CutBatch) -> Spooled | None:
        while True:
            # What is in the spool already is delivered meanwhile, so that a last attempt is made even when it has to stop.
            last = self._stop.is_set()
            if self._spool.has_room():
                try:
                    return await self._in_thread(
                        lambda: self._spool.append(cut.columns, cut.positions, compress=self._settings.compresses)
                    )
                except JournalFull as error:
                    if self._spool.make_room():
                        continue
                    pause = _DISK_PAUSE_SECONDS
                    log.warning("the spool is full, the source is paused", event_name="spool_full", error=str(error))
            else:
                pause = _FULL_PAUSE_SECONDS
            metrics.SOURCE_PAUSED.set(1)
            if last:
                return None
            await self._pause(pause)

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stop.wait()
        except TimeoutError:
            return

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)
