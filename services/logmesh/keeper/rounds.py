"""One round after the other: all that keeps the lake in order, what is known of it then, and until the next one a look at files."""

import asyncio
import time
from typing import Final

import asyncpg
import structlog

from logmesh.keeper.figures import Figures
from logmesh.keeper.settings import KeeperSettings
from logmesh.lake.tending.damage import Damage, note_damage
from logmesh.lake.tending.passed_over import PassedOver
from logmesh.lake.tending.scrub import Scrub
from logmesh.lake.tending.tend import MERGES, Tended, tend
from logmesh.runtime import metrics

log = structlog.get_logger()

_SWEEP_SECONDS: Final = 60.0
"""A sweep reads all names on the disk."""
_BUSY_SECONDS: Final = 1.0
"""Between two rounds while merging has fallen behind."""


class Rounds:
    """Of one session, which is an owner's; it leads from the first round in which no other does."""

    def __init__(
        self, settings: KeeperSettings, connection: "asyncpg.Connection", figures: Figures, scrub: Scrub
    ) -> None:
        self._settings, self._connection, self._figures, self._scrub = settings, connection, figures, scrub
        self._swept = -_SWEEP_SECONDS
        self._leads = self._busy = False
        self._passed_over = PassedOver()
        self._postponed: list[str] = []

    async def run(self) -> None:
        """One round. Raises what asyncpg raises."""
        began = time.monotonic()
        sweeps = began >= self._swept + _SWEEP_SECONDS
        settings = self._settings
        done = await tend(
            self._connection,
            settings.lake_dir,
            settings.name,
            retention_days=settings.retention_days,
            passed_over=self._passed_over,
            sweeps=sweeps,
        )
        if done is None:
            return
        if not self._leads:
            log.info("this keeper leads", event_name="lead")
        self._leads = True
        if sweeps:
            self._swept = began
        self._busy = done.merged == MERGES
        for file, fault in done.damaged.items():
            self._say(await note_damage(self._connection, settings.lake_dir, file, fault))
        self._count(done)
        metrics.LAKE_ROUND_SECONDS.set(time.monotonic() - began)
        await self._figures.show(self._connection)

    async def rest(self) -> None:
        """Until the next round: look for damaged files, if this keeper leads. Raises what asyncpg raises."""
        seconds = _BUSY_SECONDS if self._busy else self._settings.round_seconds
        if not self._leads:
            await asyncio.sleep(seconds)
            return
        async for damage in self._scrub.run(self._connection, seconds):
            self._say(damage)

    def _count(self, done: Tended) -> None:
        metrics.LAKE_MERGES.inc(done.merged)
        for what, count in (
            ("sealed", done.sealed.files),
            ("retired", done.retired),
            ("swept", done.swept.deleted),
        ):
            metrics.LAKE_FILES_CHANGED.labels(what).inc(count)
        for postponed in done.postponed:
            metrics.LAKE_POSTPONED.labels(postponed.partition(":")[0]).inc()
        if done.postponed and done.postponed != self._postponed:
            log.warning(
                "part of the lake's order has to wait, and will be tried again",
                event_name="tending_postponed",
                postponed=done.postponed,
            )
        self._postponed = done.postponed
        if done.merged or done.sealed.generations or done.retired or done.swept.deleted:
            log.info(
                "tended the lake",
                event_name="tended",
                merged=done.merged,
                sealed_rows=done.sealed.rows,
                retired=done.retired,
                swept=done.swept.deleted,
            )

    def _say(self, damage: Damage | None) -> None:
        if damage is None:
            return
        where = {
            "path": str(damage.path), "tenant": damage.tenant, "rows": damage.rows,
            "first": damage.first.isoformat(), "last": damage.last.isoformat(),
        }  # fmt: skip
        if damage.fault:
            log.error("a file of the lake is damaged", event_name="file_damaged", fault=damage.fault, **where)
        else:
            log.info("a damaged file is as it was written again", event_name="file_whole", **where)
