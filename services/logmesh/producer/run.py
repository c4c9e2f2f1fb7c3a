"""Builds a producer from its settings and runs it: source → batcher → spool, and the forwarder beside them."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import structlog

from logmesh.client.spool import Spool
from logmesh.journal import JournalFull
from logmesh.producer.batcher import Batcher, CutBatch
from logmesh.producer.forwarder import Forwarder
from logmesh.producer.settings import ProducerSettings
from logmesh.producer.sources import Position, Source
from logmesh.producer.sources.troubles import Troubles
from logmesh.runtime import metrics

log = structlog.get_logger()

_FULL_PAUSE_SECONDS = 0.1


def open_source(
    settings: ProducerSettings,
    positions: dict[str, Position],
    read_elsewhere: Iterable[Position] = (),
    troubles: Troubles | None = None,
) -> Source:
    """Make the source that the settings name, where `positions` left it, files also where others have read them.

    Raises ValueError for `file` without files.
    """
    if settings.source == "generate":
        from logmesh.producer.sources.generate import GenerateSource

        return GenerateSource(positions, rate=settings.rate, seed=settings.seed, count=settings.count)
    if settings.source == "stdin":
        from logmesh.producer.sources.stdin import StdinSource

        return StdinSource(service=settings.service, instance=settings.instance or settings.name, join=settings.join)
    from logmesh.producer.sources.file import FileSource

    if not settings.files:
        raise ValueError("source `file` needs LOGMESH_FILES, such as /var/log/*.log")
    return FileSource(
        settings.files,
        positions,
        elsewhere=read_elsewhere,
        follow=settings.follow,
        join=settings.join,
        service=settings.service,
        instance=settings.instance or settings.name,
        troubles=troubles,
    )


async def run_producer(
    settings: ProducerSettings,
    stop: asyncio.Event,
    *,
    read_elsewhere: Iterable[Position] = (),
    on_spooled: Callable[[int], None] | None = None,
    on_committed: Callable[[int], None] | None = None,
    on_error: Callable[[str], None] | None = None,
    on_refused: Callable[[str], None] | None = None,
    troubles: Troubles | None = None,
) -> bool:
    """Run until the source has ended or `stop` is set; return whether all of it was read, and is committed.

    A source that follows files never ends: then what was read by `stop` is all. `read_elsewhere` are positions of other spools
    in the same files; they are not read again. When the source ends by itself the database is waited for; on `stop`, at most
    `drain_seconds`. What is not committed by then stays in the spool and is sent by the next run. Callbacks get numbers of
    records, connection errors, and what became of each batch that will never be stored. `troubles` hears of files that can't be
    read.
    """
    spool = await asyncio.to_thread(
        Spool, settings.spool_dir, max_bytes=settings.spool_max_bytes, retain_seconds=settings.spool_retain_seconds
    )
    thread = ThreadPoolExecutor(1, thread_name_prefix="spool")
    source = open_source(settings, spool.positions, read_elsewhere, troubles)
    forwarder = Forwarder(settings, spool, progress=on_committed, failed=on_error, refused=on_refused)
    forwarding = asyncio.create_task(forwarder.run())
    stopping = asyncio.create_task(stop.wait())
    pump = asyncio.create_task(_Pump(settings, source, spool, forwarder, thread, on_spooled).run(stop))
    try:
        done: set[asyncio.Task[Any]]
        done, _ = await asyncio.wait({pump, forwarding}, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
        waiting = asyncio.create_task(forwarder.all_committed())
        await asyncio.wait({waiting, stopping, forwarding}, return_when=asyncio.FIRST_COMPLETED)
        if not waiting.done():
            await asyncio.wait(
                {waiting, forwarding}, timeout=settings.drain_seconds, return_when=asyncio.FIRST_COMPLETED
            )
        waiting.cancel()
        if forwarding.done():
            forwarding.result()
        return spool.uncommitted() == 0 and (settings.follow or (pump.done() and pump.result()))
    finally:
        for task in (pump, forwarding, stopping):
            task.cancel()
        await asyncio.gather(pump, forwarding, stopping, return_exceptions=True)
        await source.close()
        thread.shutdown(wait=True)
        left = spool.uncommitted()
        spool.close()
        log.info("producer has stopped", event_name="stopped", uncommitted_batches=left)


class _Pump:
    """Moves records from the source into the spool; pauses the source while the spool is full."""

    def __init__(
        self,
        settings: ProducerSettings,
        source: Source,
        spool: Spool,
        forwarder: Forwarder,
        thread: ThreadPoolExecutor,
        on_spooled: Callable[[int], None] | None,
    ) -> None:
        self._settings, self._source, self._spool, self._forwarder = settings, source, spool, forwarder
        self._thread, self._on_spooled = thread, on_spooled
        self._batcher = Batcher(settings.batch_records, settings.batch_bytes, settings.batch_seconds)

    async def run(self, stop: asyncio.Event) -> bool:
        """Return when the source has ended or `stop` is set, with everything that was read in the spool: whether it ended."""
        ended = False
        while not stop.is_set():
            left = self._batcher.seconds_left(time.monotonic())
            if left == 0:
                await self._spool_batch(self._batcher.cut(time.time_ns()))
                continue
            wait = self._settings.batch_seconds if left is None else left
            chunk = await self._source.read(self._batcher.room, wait)
            if chunk is None:
                ended = True
                break
            for cut in self._batcher.add(chunk, time.monotonic(), time.time_ns()):
                await self._spool_batch(cut)
        await self._spool_batch(self._batcher.cut(time.time_ns()))
        return ended

    async def _spool_batch(self, cut: CutBatch) -> None:
        loop = asyncio.get_running_loop()
        if cut.count == 0:
            if cut.positions:
                await loop.run_in_executor(self._thread, self._spool.note, cut.positions)
            return
        while True:
            try:
                while not self._spool.has_room():
                    metrics.SOURCE_PAUSED.set(1)
                    await asyncio.sleep(_FULL_PAUSE_SECONDS)
                spooled = await loop.run_in_executor(
                    self._thread,
                    lambda: self._spool.append(cut.columns, cut.positions, compress=self._settings.compress),
                )
                break
            except JournalFull as error:
                log.warning("the spool is full, the source is paused", event_name="spool_full", error=str(error))
                metrics.SOURCE_PAUSED.set(1)
                await asyncio.sleep(1)
        metrics.SOURCE_PAUSED.set(0)
        metrics.RECORDS_SPOOLED.inc(spooled.count)
        metrics.SPOOL_FILL.set(self._spool.fill())
        self._spool.add(spooled)
        self._forwarder.spooled()
        if self._on_spooled is not None:
            self._on_spooled(spooled.count)


async def main(settings: ProducerSettings, stop: asyncio.Event) -> None:
    """The process's main: as `run_producer`; an unreachable processor keeps it waiting and not failing."""
    with contextlib.suppress(asyncio.CancelledError):
        await run_producer(settings, stop)
