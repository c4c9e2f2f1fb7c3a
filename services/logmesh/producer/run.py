"""Builds a producer from its settings and runs it: source → batcher → spool, and the forwarder beside them."""

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import structlog

from logmesh.client.delivering.spool import Spool, Spooled
from logmesh.journal.durability import NO_ROOM
from logmesh.producer.containers.asking import pods_of_node
from logmesh.producer.containers.pods import Pods
from logmesh.producer.forwarder import Forwarder
from logmesh.producer.outside import Outside
from logmesh.producer.pump import Pump
from logmesh.producer.rules import RulesFile
from logmesh.producer.settings import ProducerSettings
from logmesh.producer.sources import Position, Source
from logmesh.producer.sources.troubles import Troubles

log = structlog.get_logger()

EXIT_LEFT: Final = 75  # EX_TEMPFAIL
"""The process's exit code when it was stopped with records in its spool."""


def open_source(
    settings: ProducerSettings,
    positions: dict[str, Position],
    read_elsewhere: Iterable[Position] = (),
    troubles: Troubles | None = None,
    pods: Pods | None = None,
) -> Source:
    """Make the source that the settings name, where `positions` left it, files also where others have read them.

    Raises ValueError for `file` without files.
    """
    if settings.source == "generate":
        from logmesh.producer.sources.generate import GenerateSource

        return GenerateSource(positions, rate=settings.rate, seed=settings.seed, count=settings.count)
    if settings.source == "stdin":
        from logmesh.producer.sources.stdin import StdinSource

        return StdinSource(
            service=settings.service,
            instance=settings.instance or settings.name,
            join=settings.join,
            timezone=settings.timezone,
        )
    from logmesh.producer.sources.file import FileSource

    if not settings.files:
        raise ValueError("source `file` needs LOGMESH_FILES, such as /var/log/*.log")
    return FileSource(
        settings.files,
        positions,
        elsewhere=read_elsewhere,
        follow=settings.follow,
        join=settings.join,
        timezone=settings.timezone,
        service=settings.service,
        instance=settings.instance or settings.name,
        troubles=troubles,
        pods=pods,
    )


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a producer ended."""

    complete: bool
    """Whether all of the source was read, and is committed. A source that follows files never ends: then what was read."""
    left: int
    """Records that stay in the spool, for the next run to send."""
    unkept: int
    """Records that were read and are not in the spool, which had no room. Of files they are read again."""
    left_out: int = 0
    """Records that rules left out."""
    outside: Outside = field(default_factory=Outside)
    """Records that were read and can't be stored under their own time."""


async def run_producer(
    settings: ProducerSettings,
    stop: asyncio.Event,
    *,
    read_elsewhere: Iterable[Position] = (),
    on_spooled: Callable[[int], None] | None = None,
    on_committed: Callable[[int], None] | None = None,
    on_error: Callable[[str], None] | None = None,
    on_refused: Callable[[str], None] | None = None,
    on_otherwise: Callable[[int, int], None] | None = None,
    troubles: Troubles | None = None,
) -> Outcome:
    """Run until the source has ended or `stop` is set.

    `read_elsewhere` are positions of other spools in the same files; they are not read again. When the source ends by itself
    the database is waited for; on `stop`, at most `drain_seconds`. What is not committed by then stays in the spool and is sent
    by the next run. Callbacks get numbers of records, connection errors, what became of each batch that will never be stored,
    and how many records became dead letters or have attributes that are kept as text. `troubles` hears of files that can't be read.

    Raises RulesError for rules that can't be understood.
    """
    rules = RulesFile(settings.rules) if settings.rules else None
    spool = await _open_spool(settings, stop)
    if spool is None:
        return Outcome(complete=False, left=0, unkept=0)
    watching = contextlib.AsyncExitStack()
    pods = await watching.enter_async_context(pods_of_node(settings))
    source = open_source(settings, spool.positions, read_elsewhere, troubles, pods)
    forwarder = Forwarder(
        settings, spool, progress=on_committed, failed=on_error, refused=on_refused, otherwise=on_otherwise
    )

    def spooled(batch: Spooled) -> None:
        spool.add(batch)
        forwarder.spooled()
        if on_spooled is not None:
            on_spooled(batch.count)

    pump = Pump(settings, source, spool, spooled, stop, rules)
    forwarding = asyncio.create_task(forwarder.run())
    stopping = asyncio.create_task(stop.wait())
    pumping = asyncio.create_task(pump.run())
    try:
        done: set[asyncio.Task[Any]]
        done, _ = await asyncio.wait({pumping, forwarding}, return_when=asyncio.FIRST_COMPLETED)
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
        left = spool.uncommitted_records()
        complete = not left and not pump.unkept and (settings.follow or (pumping.done() and pumping.result()))
        outside = pump.outside.of_any_age() if forwarder.any_age else pump.outside
        return Outcome(complete, left, pump.unkept, pump.left_out, outside)
    finally:
        for task in (pumping, forwarding, stopping):
            task.cancel()
        await asyncio.gather(pumping, forwarding, stopping, return_exceptions=True)
        await source.close()
        await watching.aclose()
        pump.close()
        spool.close()


async def _open_spool(settings: ProducerSettings, stop: asyncio.Event) -> Spool | None:
    """The spool, also on a disk that has no room for a new one: then as soon as there is some. None when it has to stop before."""
    while not stop.is_set():
        try:
            return await asyncio.to_thread(
                Spool,
                settings.spool_dir,
                max_bytes=settings.spool_max_bytes,
                retain_seconds=settings.spool_retain_seconds,
            )
        except OSError as error:
            if error.errno not in NO_ROOM:
                raise
            log.warning("there is no room for a spool", event_name="spool_full", error=str(error))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                await stop.wait()
    return None


async def produce(settings: ProducerSettings, stop: asyncio.Event) -> int:
    """The process's main: a receiver, or a source that is read; an unreachable processor keeps it waiting and not failing.

    Returns the exit code: EXIT_LEFT when records stay in the spool that only another run with this spool will send.
    """
    if settings.source == "receive":
        from logmesh.producer.receivers.receive import receive

        (left, unread_spools), unkept = await receive(settings, stop), 0
    else:
        outcome = await run_producer(settings, stop)
        left, unread_spools, unkept = outcome.left, 0, outcome.unkept
    if left or unread_spools or unkept:
        log.error(
            "records are left in the spool, another start with it sends them",
            event_name="left_in_spool",
            records=left,
            spool=str(settings.spool_dir),
            read_and_not_kept=unkept,
            unread_spools=unread_spools,
        )
        return EXIT_LEFT
    log.info("producer has stopped", event_name="stopped")
    return 0
