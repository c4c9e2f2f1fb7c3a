"""The outlets of a receiver, one a tenant: each has a spool of its own, so that a stream to a processor brings one tenant's records."""

import asyncio
import contextlib
import struct
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import quote, unquote

import structlog

from logmesh.client.delivering.spool import Spool
from logmesh.journal import JournalError
from logmesh.producer.receivers.outlet import Outlet
from logmesh.producer.receivers.received import Overloaded, RequestRefused
from logmesh.producer.settings import ProducerSettings
from logmesh.runtime import metrics

log = structlog.get_logger()

MOST_TENANTS: Final = 200
"""Whose spools one receiver has open: each has a segment on the disk ready for what comes."""
_THREADS: Final = 4
_LOOK_SECONDS: Final = 2.0
"""Between two looks at how full spools are, which change without requests, too."""
_AGAIN_SECONDS: Final = 10.0
"""After which a spool is tried again that could not be opened."""
_NOT_OPEN: Final = "this receiver can't open the spool of the tenant at present; its log says why"
_OWN: Final = "own"
_OF_TENANT: Final = "tenant="
_LONGEST_NAME: Final = 255
_UNOPENED: Final = (OSError, JournalError, ValueError, KeyError, struct.error)
"""What it is that a spool can't be opened for: its disk, its lock, or what is in it."""


class _Unopened(NamedTuple):
    """A spool that can't be opened: why, and from which time.monotonic() on it is tried again."""

    error: str
    again_at: float


class Outlets:
    """`of` gives a tenant's outlet, opened with the first request; `run` opens those whose spools are there already. One that can't be
    opened holds up its own tenant alone, and is tried again."""

    def __init__(self, settings: ProducerSettings) -> None:
        self._settings = settings
        self._outlets: dict[str, Outlet] = {}
        self._opening: dict[str, asyncio.Task[Outlet]] = {}
        self._unopened: dict[str, _Unopened] = {}
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="spool")
        self._tasks: asyncio.TaskGroup | None = None
        self.ready = asyncio.Event()
        """Set once the spools are open that were there already, as far as they can be."""

    async def of(self, tenant: str) -> Outlet:
        """The outlet of a tenant; empty: of this process's own. Raises Overloaded where no more can be opened."""
        if (outlet := self._outlets.get(tenant)) is not None:
            return outlet
        if (unopened := self._unopened.get(tenant)) is not None and time.monotonic() < unopened.again_at:
            raise Overloaded(_NOT_OPEN, _AGAIN_SECONDS)
        if (opening := self._opening.get(tenant)) is None:
            opening = self._opening[tenant] = asyncio.create_task(self._open(tenant))
            opening.add_done_callback(lambda _: self._opening.pop(tenant))
        # A sender that leaves must not end it: nobody would have the spool, and nobody could open it again.
        return await asyncio.shield(opening)

    async def run(self) -> None:
        """Keep and send until cancelled; raises what an outlet raises, and OSError where none can be opened of the spools that are
        there."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            await self._open_all(
                tenant for folder in self._folders() if (tenant := _tenant_of(folder.name)) is not None
            )
            if self._unopened and not self._outlets:
                raise OSError(f"no spool in {self._settings.spool_dir} can be opened")
            self.ready.set()
            while True:
                metrics.SPOOL_FILL.set(self._fill())
                await asyncio.sleep(_LOOK_SECONDS)
                await self._open_all(list(self._unopened))

    async def _open_all(self, tenants: Iterable[str]) -> None:
        for tenant in tenants:
            with contextlib.suppress(Overloaded):
                await self.of(tenant)

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

    def close(self) -> None:
        """Close all spools; nothing may run any more."""
        self._threads.shutdown(wait=True)
        for outlet in self._outlets.values():
            outlet.close()

    async def _open(self, tenant: str) -> Outlet:
        folder = self._settings.spool_dir / _folder_of(tenant)
        if self._tasks is None:
            raise Overloaded("the receiver is starting")
        if len(folder.name) > _LONGEST_NAME:
            raise RequestRefused("the tenant's name is too long for a receiver's spool")
        if len(self._outlets) + len(self._opening) > MOST_TENANTS:  # it is among those itself
            raise Overloaded(f"{MOST_TENANTS} tenants have spools at this receiver, and it opens no more", 60)
        try:
            spool = await asyncio.to_thread(
                Spool,
                folder,
                max_bytes=self._settings.spool_max_bytes,
                retain_seconds=self._settings.spool_retain_seconds,
            )
        except _UNOPENED as error:
            self._note(tenant, folder, error)
            raise Overloaded(_NOT_OPEN, _AGAIN_SECONDS) from error
        if self._unopened.pop(tenant, None) is not None:
            log.info("a spool can be opened again", event_name="spool_available", tenant=tenant)
            metrics.SPOOLS_UNAVAILABLE.set(len(self._unopened))
        outlet = self._outlets[tenant] = Outlet(self._settings, spool, tenant, self._threads)
        self._tasks.create_task(outlet.run())
        return outlet

    def _note(self, tenant: str, folder: Path, error: Exception) -> None:
        """Says it once for each reason."""
        said = f"{type(error).__name__}: {error}"
        known = self._unopened.get(tenant)
        self._unopened[tenant] = _Unopened(said, time.monotonic() + _AGAIN_SECONDS)
        metrics.SPOOLS_UNAVAILABLE.set(len(self._unopened))
        if known is None or known.error != said:
            log.error(
                "a tenant's spool can't be opened: its senders are asked to come again, and what is in it waits; mend its folder, or"
                " move it elsewhere for a new one to begin; it is tried again",
                event_name="spool_unavailable",
                tenant=tenant,
                folder=str(folder),
                error=said,
            )

    def _folders(self) -> list[Path]:
        with contextlib.suppress(FileNotFoundError):
            return sorted(path for path in self._settings.spool_dir.iterdir() if path.is_dir())
        return []


def _folder_of(tenant: str) -> str:
    return _OF_TENANT + quote(tenant, safe="") if tenant else _OWN


def _tenant_of(folder: str) -> str | None:
    """The tenant whose spool a folder is; None for any other folder."""
    if folder == _OWN:
        return ""
    return unquote(folder.removeprefix(_OF_TENANT)) if folder.startswith(_OF_TENANT) else None
