"""The way out of a receiver for one tenant: a spool that many requests at once are made durable in, and what sends it on.

put ──► what waits ──► one append, one fdatasync for all of it ──► who waits is told
                              `──► forwarder ──► processors
"""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Executor
from functools import partial
from typing import Final, NamedTuple

import structlog

from logmesh.client.delivering.spool import Spool, Spooled, Unspooled
from logmesh.journal import JournalFull
from logmesh.producer.forwarder import Forwarder
from logmesh.producer.receivers.received import Overloaded
from logmesh.producer.settings import ProducerSettings
from logmesh.runtime import metrics

log = structlog.get_logger()

_APPEND_BYTES: Final = 4 << 20
"""Of one append, about: what comes meanwhile waits for it."""
_FULL_SECONDS: Final = 5.0
"""After which a sender may come again that found the spool full."""


class _Waiting(NamedTuple):
    batches: Sequence[Unspooled]
    size: int
    kept: "asyncio.Future[None]"


class Outlet:
    """`run` keeps and sends; on one event loop. The spool is this object's: `close` closes it."""

    def __init__(self, settings: ProducerSettings, spool: Spool, tenant: str, threads: Executor) -> None:
        self.spool, self.tenant = spool, tenant
        self._settings, self._threads = settings, threads
        self._forwarder = Forwarder(settings, spool, tenant=tenant)
        self._waiting: deque[_Waiting] = deque()
        self._some = asyncio.Event()
        self._is_keeping = False
        self.used_at = time.monotonic()
        """When something was put into it last, as time.monotonic()."""

    @property
    def is_done(self) -> bool:
        """Whether nothing is on its way, and the database has confirmed everything."""
        return not (self._waiting or self._is_keeping or self.spool.uncommitted())

    @property
    def holds_some(self) -> bool:
        """Whether there is anything in the spool, if only for a database that is put back."""
        return self.spool.last_place() > 0

    async def put(self, batches: Sequence[Unspooled], size: int) -> None:
        """Make batches durable, all or none of them; `size` is about how many bytes they have. Raises Overloaded."""
        if not self.spool.has_room():
            raise Overloaded(_FULL, _FULL_SECONDS)
        self.used_at = time.monotonic()
        kept = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(batches, size, kept))
        self._some.set()
        await kept

    async def run(self) -> None:
        """Work until cancelled. Raises JournalFailed, after which the process must end."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._forwarder.run())
            tasks.create_task(self._keep())

    async def all_committed(self) -> None:
        """Wait until the database has confirmed everything."""
        await self._forwarder.all_committed()

    def close(self) -> None:
        """Close the spool; nothing may run any more."""
        self.spool.close()

    async def _keep(self) -> None:
        while True:
            await self._some.wait()
            self._some.clear()
            self._is_keeping = True
            while group := self._next_group():
                try:
                    spooled = await self._append([batch for waiting in group for batch in waiting.batches])
                except JournalFull as error:
                    log.warning("the spool is full", event_name="spool_full", tenant=self.tenant, error=str(error))
                    _tell(group, Overloaded(_FULL, _FULL_SECONDS))
                    continue
                except BaseException:
                    _tell(group, Overloaded("the receiver is ending"))
                    raise
                for one in spooled:
                    self.spool.add(one)
                _tell(group, None)
                metrics.RECORDS_SPOOLED.inc(sum(one.count for one in spooled))
                self._forwarder.spooled()
            self._is_keeping = False

    def _next_group(self) -> list[_Waiting]:
        """What is appended next; requests whose sender has left by now are not."""
        group: list[_Waiting] = []
        size = 0
        while self._waiting and (not group or size + self._waiting[0].size <= _APPEND_BYTES):
            waiting = self._waiting.popleft()
            if not waiting.kept.done():
                group.append(waiting)
                size += waiting.size
        return group

    async def _append(self, batches: list[Unspooled]) -> list[Spooled]:
        work = partial(self.spool.append_all, batches, compress=self._settings.compresses)
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._threads, work)
        except JournalFull:
            if not self.spool.make_room():
                raise
            return await loop.run_in_executor(self._threads, work)


_FULL: Final = "the receiver's spool is full, for processors take nothing at present"


def _tell(group: Sequence[_Waiting], error: Exception | None) -> None:
    for waiting in group:
        if waiting.kept.done():  # its sender has left
            continue
        if error is None:
            waiting.kept.set_result(None)
        else:
            waiting.kept.set_exception(error)
