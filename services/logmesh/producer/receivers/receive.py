"""Builds a receiver and runs it: outlets ─► inlet ─► doors, which close first."""

import asyncio
import time
from collections.abc import Sequence
from typing import Final, NamedTuple

import structlog

from logmesh.producer.receivers.callers import Callers
from logmesh.producer.receivers.door import Door
from logmesh.producer.receivers.health import probed
from logmesh.producer.receivers.http.server import Http
from logmesh.producer.receivers.inlet import Inlet
from logmesh.producer.receivers.opened_callers import opened_callers
from logmesh.producer.receivers.otlp.compiled import IS_COMPILED
from logmesh.producer.receivers.otlp.grpc_door import OtlpGrpc
from logmesh.producer.receivers.outlets import Outlets
from logmesh.producer.receivers.syslog.door import Syslog
from logmesh.producer.rules import RulesFile
from logmesh.producer.settings import ProducerSettings
from logmesh.runtime import metrics
from logmesh.runtime.certificates import export_expiry
from logmesh.runtime.memory import Freed
from logmesh.runtime.server import Health

log = structlog.get_logger()

_LOOK_SECONDS: Final = 1.0
"""Between two looks at a drain, for who measures how long it has taken."""
_GIVE_BACK_SECONDS: Final = 30.0
"""Between two looks at what senders have left in memory."""


class Left(NamedTuple):
    """What stays in spools for the next run to send."""

    records: int
    unread_spools: int
    """Those that could not be opened: nobody knows how many records they have."""


async def receive(settings: ProducerSettings, stop: asyncio.Event) -> Left:
    """Take records in until `stop`; see `Receiver.run`."""
    return await Receiver(settings).run(stop)


class Receiver:
    """One process's doors, and what stands behind them. `started` is set once all doors are open."""

    def __init__(self, settings: ProducerSettings) -> None:
        self._settings = settings
        self._rules = RulesFile(settings.rules) if settings.rules else None
        self._outlets = Outlets(settings)
        self.started = asyncio.Event()

    def uncommitted_records(self) -> int:
        """Records in its spools that the database has not confirmed."""
        return self._outlets.uncommitted_records()

    async def run(self, stop: asyncio.Event) -> Left:
        """Take records in until `stop`, then send what is left for at most `drain_seconds`. Returns what stays in spools.

        Raises OSError for a port that is taken or a file of certificates that can't be read, JournalFailed when a spool's disk has
        failed.
        """
        if (tls := self._settings.door_tls) is not None:
            tls.current()  # a file that is missing or wrong ends the start, and not a connection later
            export_expiry(tls)
        async with probed(self._settings) as health, opened_callers(self._settings) as callers:
            doors = _doors(self._settings, Inlet(self._outlets, self._settings.receive_bytes, self._rules), callers)
            return await self._run(doors, health, stop)

    async def _run(self, doors: Sequence[Door], health: Health, stop: asyncio.Event) -> Left:
        running = asyncio.create_task(self._outlets.run())
        stopping = asyncio.create_task(stop.wait())
        opening = asyncio.create_task(self._outlets.ready.wait())
        giving_back = asyncio.create_task(_give_memory_back())
        try:
            await asyncio.wait({running, opening}, return_when=asyncio.FIRST_COMPLETED)
            if running.done():
                running.result()
            for door in doors:
                await door.start()
            log.info("the receiver takes records", event_name="receiving", doors=len(doors), compiled=IS_COMPILED)
            await health.set_serving(True)
            self.started.set()
            await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if running.done():
                running.result()
            await health.set_serving(False)
            await asyncio.gather(*(door.drain() for door in doors))
            await self._last_commits(running)
            return Left(self._outlets.uncommitted_records(), self._outlets.unread_spools())
        finally:
            tasks = (running, stopping, opening, giving_back)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._outlets.close()

    async def _last_commits(self, running: "asyncio.Task[None]") -> None:
        committing = asyncio.create_task(self._outlets.all_committed())
        limit, began = self._settings.drain_seconds, time.monotonic()
        while (passed := time.monotonic() - began) < limit and not (committing.done() or running.done()):
            metrics.DRAIN_RATIO.set(passed / limit)
            seconds = min(_LOOK_SECONDS, limit - passed)
            await asyncio.wait({committing, running}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        committing.cancel()
        await asyncio.gather(committing, return_exceptions=True)


async def _give_memory_back() -> None:
    freed = Freed()
    while True:
        await asyncio.sleep(_GIVE_BACK_SECONDS)
        await asyncio.to_thread(freed.give_back)


def _doors(settings: ProducerSettings, inlet: Inlet, callers: Callers) -> list[Door]:
    doors: list[Door] = []
    if settings.otlp_port:
        doors.append(OtlpGrpc(settings, inlet, callers))
    if settings.syslog_port or (settings.syslog_tls_port and settings.door_tls is not None):
        doors.append(Syslog(settings, inlet, callers))
    if settings.http_port:
        doors.append(Http(settings, inlet, callers))
    return doors
