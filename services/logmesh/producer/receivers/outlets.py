"""The outlets of a receiver, one a tenant: each has a spool of its own, so that a stream to a processor brings one tenant's records.

Where as many spools are open as may be, one is closed for another tenant's: everything in it is committed, and nobody sends. It is not
done sooner, for each opening is another name that the ledger knows for ever.
"""

import asyncio
import contextlib
import struct
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import structlog

from logmesh.client.delivering.spool import Spool
from logmesh.journal import JournalError
from logmesh.producer.receivers.folders import folder_of, tenants_in
from logmesh.producer.receivers.outlet import Outlet
from logmesh.producer.receivers.received import Overloaded
from logmesh.producer.receivers.unopened import Unopened
from logmesh.producer.settings import ProducerSettings
from logmesh.runtime import metrics

log = structlog.get_logger()

MOST_TENANTS: Final = 200
"""Whose spools one receiver has open: each has a segment on the disk ready for what comes."""
_UNUSED_SECONDS: Final = 60.0
"""After which a spool may be closed for another tenant's."""
_THREADS: Final = 4
_LOOK_SECONDS: Final = 2.0
"""Between two looks at how full spools are, which change without requests, too."""
_UNOPENED: Final = (OSError, JournalError, ValueError, KeyError, struct.error)
"""What it is that a spool can't be opened for: its disk, its lock, or what is in it."""


class Outlets:
    """`of` gives a tenant's outlet, opened with the first request; `run` opens those whose spools hold something. One that can't be
    opened holds up its own tenant alone, and is tried again."""

    def __init__(self, settings: ProducerSettings) -> None:
        self._settings = settings
        self._outlets: dict[str, Outlet] = {}
        self._running: dict[str, asyncio.Task[None]] = {}
        self._opening: dict[str, asyncio.Task[None]] = {}
        self._closing: dict[str, asyncio.Task[None]] = {}
        self._unopened = Unopened()
        self._unread: set[str] = set()  # whose spools held something at the start, and were not opened yet
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="spool")
        self._tasks: asyncio.TaskGroup | None = None
        self.ready = asyncio.Event()
        """Set once the spools are open that hold something, as far as they can be."""

    async def of(self, tenant: str) -> Outlet:
        """The outlet of a tenant; empty: of this process's own. What is put into it at once is kept: none is closed that was used just
        now. Raises Overloaded where it can't be opened."""
        while (outlet := self._outlets.get(tenant)) is None:
            self._unopened.check(tenant)
            if (opening := self._opening.get(tenant)) is None:
                opening = self._opening[tenant] = asyncio.create_task(self._open(tenant))
                opening.add_done_callback(lambda _: self._opening.pop(tenant))
            # A sender that leaves must not end it: nobody would have the spool, and nobody could open it again.
            await asyncio.shield(opening)
        return outlet

    async def run(self) -> None:
        """Keep and send until cancelled; raises what an outlet raises, and OSError where none can be opened of the spools that hold
        something."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            metrics.SPOOLS_OPEN.set(0)
            self._unread = set(await asyncio.to_thread(tenants_in, self._settings.spool_dir))
            await self._open_all(sorted(self._unread))
            if self._unopened and not self._outlets:
                raise OSError(f"no spool in {self._settings.spool_dir} can be opened")
            self.ready.set()
            while True:
                metrics.SPOOL_FILL.set(self._fill())
                await asyncio.sleep(_LOOK_SECONDS)
                await self._open_all(sorted(self._unread | self._unopened.tenants()))

    def _fill(self) -> float:
        """How full the fullest spool is, without what it need not keep any more."""
        for outlet in self._outlets.values():
            outlet.spool.has_room()
        return max((outlet.spool.fill() for outlet in self._outlets.values()), default=0.0)

    async def all_committed(self) -> None:
        """Wait until the database has confirmed everything."""
        await asyncio.gather(*(outlet.all_committed() for outlet in self._outlets.values()))

    def uncommitted_records(self) -> int:
        """Records in all spools that the database has not confirmed."""
        return sum(outlet.spool.uncommitted_records() for outlet in self._outlets.values())

    def unread_spools(self) -> int:
        """How many spools hold what nobody has looked at, since they could not be opened: how many records that is, is not known."""
        return len(self._unread | self._unopened.tenants())

    def close(self) -> None:
        """Close all spools; nothing may run any more."""
        self._threads.shutdown(wait=True)
        for outlet in self._outlets.values():
            outlet.close()

    async def _open_all(self, tenants: Iterable[str]) -> None:
        for tenant in tenants:
            with contextlib.suppress(Overloaded):
                await self.of(tenant)

    async def _open(self, tenant: str) -> None:
        folder = self._settings.spool_dir / folder_of(tenant)
        if self._tasks is None:
            raise Overloaded("the receiver is starting")
        if (closing := self._closing.get(tenant)) is not None:
            await asyncio.wait({closing})
        if len(self._outlets) + len(self._opening) > MOST_TENANTS:  # it is among those itself
            await self._make_room()
        try:
            spool = await asyncio.to_thread(
                Spool,
                folder,
                max_bytes=self._settings.spool_max_bytes,
                retain_seconds=self._settings.spool_retain_seconds,
            )
        except _UNOPENED as error:
            raise self._unopened.add(tenant, folder, error) from error
        self._unopened.remove(tenant)
        self._unread.discard(tenant)
        outlet = self._outlets[tenant] = Outlet(self._settings, spool, tenant, self._threads)
        self._running[tenant] = self._tasks.create_task(outlet.run())
        metrics.SPOOLS_OPEN.set(len(self._outlets))

    async def _make_room(self) -> None:
        """Close the spool that was not used for longest of those that hold nothing, else of those that are done with.

        What is kept there for a database that is put back is offered again with the next opening. Raises Overloaded where there is
        none.
        """
        latest = time.monotonic() - _UNUSED_SECONDS
        unused = [outlet for outlet in self._outlets.values() if outlet.is_done and outlet.used_at <= latest]
        if not unused:
            raise Overloaded(f"{MOST_TENANTS} tenants send to this receiver, and it takes no more", _UNUSED_SECONDS)
        await asyncio.wait({self._close(min(unused, key=lambda outlet: (outlet.holds_some, outlet.used_at)))})

    def _close(self, outlet: Outlet) -> "asyncio.Task[None]":
        """Let go of an outlet that is done; who asks for it from now on waits, and gets another."""
        if self._tasks is None:
            raise AssertionError("what is open was opened while this ran")
        tenant = outlet.tenant
        del self._outlets[tenant]
        metrics.SPOOLS_OPEN.set(len(self._outlets))
        closing = self._closing[tenant] = self._tasks.create_task(self._end(outlet, self._running.pop(tenant)))
        closing.add_done_callback(lambda _: self._closing.pop(tenant))
        log.info("a spool is closed for another tenant's", event_name="spool_closed", tenant=tenant)
        return closing

    async def _end(self, outlet: Outlet, running: "asyncio.Task[None]") -> None:
        try:
            running.cancel()
            await asyncio.wait({running})
        finally:
            # Also where this process ends just now: `close` waits for these threads.
            await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._threads, outlet.close))
