"""Whether a processor takes new streams, and whether what it takes is stored soon.

It takes them while its log has room, also while the database is away: it would be no use to send producers elsewhere. One that has
never seen the database takes none, or a wrong setting would be rolled out to all.
"""

import asyncio
import time
from typing import Final

import asyncpg
import structlog

from logmesh.processor.absence import Absence
from logmesh.processor.continuity import Continuity
from logmesh.processor.forks import Forks
from logmesh.processor.ingest import Ingest
from logmesh.processor.pipeline import PipelineServicer
from logmesh.processor.schema import Schema
from logmesh.processor.sessions import Sessions
from logmesh.processor.wal import Wal
from logmesh.processor.writer import Writer
from logmesh.runtime import metrics
from logmesh.runtime.server import Health
from logmesh.storage.failures import READ_ONLY, describe, is_away, lacks_schema
from logmesh.storage.postgres import unwritable

log = structlog.get_logger()

_SECONDS: Final = 2.0
_SECONDS_WHILE_AWAY: Final = 0.2
_CAUGHT_UP_SECONDS: Final = 5.0
_LEAVE_SECONDS: Final = 10.0


class DatabaseCheck:
    """Asks the database, and on the way which database it is; tells the ledger what it does not know yet, and streams whether it can
    be asked."""

    def __init__(
        self, pool: "asyncpg.Pool", schema: Schema, continuity: Continuity, forks: Forks, absence: Absence
    ) -> None:
        self._pool, self._schema, self._continuity, self._forks = pool, schema, continuity, forks
        self._absence = absence

    async def fault(self) -> str | None:
        """Why the database takes no writes just now, None when it does; within two seconds."""
        try:
            fault = await self._answer()
        except Exception as error:  # noqa: BLE001  # asyncpg raises outside its own tree when a session is cut
            if lacks_schema(error):
                self._schema.fell_behind()
            fault, away = describe(error), is_away(error)
        else:
            away = fault == READ_ONLY
        if fault is not None and away:
            self._absence.began(fault)
        else:
            self._absence.ended()
        return fault

    async def _answer(self) -> str | None:
        """Not a timeout around the questions: asyncpg would first wait until they are cancelled."""
        asking = asyncio.create_task(self._ask())
        await asyncio.wait({asking}, timeout=_SECONDS)
        if not asking.done():
            asking.cancel()
            asking.add_done_callback(lambda asked: asked.cancelled() or asked.exception())
            raise TimeoutError
        return asking.result()

    async def _ask(self) -> str | None:
        fault = await unwritable(self._pool)
        if fault is None:
            await self._continuity.check()
            await self._forks.note(self._pool)
        return fault


class Readiness:
    """Tells health and metrics whether streams are taken, and the pipeline's state whether what they bring is stored, too."""

    def __init__(
        self,
        database: DatabaseCheck,
        absence: Absence,
        sessions: Sessions,
        writer: Writer,
        wal: Wal,
        ingest: Ingest,
        pipeline: PipelineServicer,
        health: Health,
    ) -> None:
        self._database, self._absence, self._sessions = database, absence, sessions
        self._writer, self._wal = writer, wal
        self._ingest, self._pipeline, self._health = ingest, pipeline, health

    async def keep(self) -> None:
        """Look every two seconds, more often while nothing is stored, until cancelled. Measures the lag on the way."""
        said: tuple[bool, bool] | None = None
        while True:
            metrics.LAG_SECONDS.set(self._writer.lag_seconds())
            fault = await self._fault()
            has_room = self._wal.accepts() and not self._ingest.draining
            stores = has_room and fault is None
            takes = has_room and (fault is None or bool(self._absence.reason))
            if said != (takes, stores):
                log.info("readiness changed", event_name="readiness", ready=takes, stores=stores, fault=fault)
            said = takes, stores
            self._pipeline.ready = stores
            metrics.ACTIVE_PROCESSORS.set(takes)
            await self._health.set_serving(takes)
            if stores:
                self._have_the_ledger_asked()
            await asyncio.sleep(_SECONDS if stores else _SECONDS_WHILE_AWAY)

    async def _fault(self) -> str | None:
        fault = await self._database.fault()
        overdue = self._writer.overdue_seconds()
        metrics.OVERDUE_SECONDS.set(overdue)
        return f"a flush has taken {overdue:.0f} s until now" if overdue and fault is None else fault

    def _have_the_ledger_asked(self) -> None:
        """Streams that were opened without it are to begin anew; not before most of what was logged meanwhile is stored, or their
        producers would send it again."""
        if self._writer.lag_seconds() > _CAUGHT_UP_SECONDS:
            return
        if asked := self._sessions.drain_provisional(time.time() + _LEAVE_SECONDS):
            log.info(
                "the database is back: provisional streams begin anew", event_name="streams_confirmed", streams=asked
            )
