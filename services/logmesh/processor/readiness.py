"""Whether a processor takes new streams: the database takes writes, nothing that is to be stored is overdue, the disk has room."""

import asyncio
from typing import Final

import asyncpg
import structlog

from logmesh.processor.continuity import Continuity
from logmesh.processor.forks import Forks
from logmesh.processor.ingest import Ingest
from logmesh.processor.pipeline import Pipeline
from logmesh.processor.schema import Schema
from logmesh.processor.wal import Wal
from logmesh.processor.writer import Writer
from logmesh.runtime import metrics
from logmesh.runtime.server import Health
from logmesh.storage.failures import describe, lacks_schema
from logmesh.storage.postgres import unwritable

log = structlog.get_logger()

_SECONDS: Final = 2.0
_SECONDS_WHILE_NOT_READY: Final = 0.2


class DatabaseCheck:
    """Asks the database, and on the way which database it is; tells the ledger what it does not know yet."""

    def __init__(self, pool: "asyncpg.Pool", schema: Schema, continuity: Continuity, forks: Forks) -> None:
        self._pool, self._schema, self._continuity, self._forks = pool, schema, continuity, forks

    async def fault(self) -> str | None:
        """Why the database takes no writes just now, None when it does; within two seconds. Not a timeout around the questions:
        asyncpg would first wait until they are cancelled."""
        asking = asyncio.create_task(self._ask())
        await asyncio.wait({asking}, timeout=_SECONDS)
        if not asking.done():
            asking.cancel()
            asking.add_done_callback(lambda asked: asked.cancelled() or asked.exception())
            return f"the database has not answered within {_SECONDS:.0f} s"
        error = asking.exception()
        if error is not None and lacks_schema(error):
            self._schema.fell_behind()
        return asking.result() if error is None else describe(error)

    async def _ask(self) -> str | None:
        fault = await unwritable(self._pool)
        if fault is None:
            await self._continuity.check()
            await self._forks.note(self._pool)
        return fault


class Readiness:
    """Tells health, metrics and the pipeline's state."""

    def __init__(
        self, database: DatabaseCheck, writer: Writer, wal: Wal, ingest: Ingest, pipeline: Pipeline, health: Health
    ) -> None:
        self._database, self._writer, self._wal = database, writer, wal
        self._ingest, self._pipeline, self._health = ingest, pipeline, health

    async def keep(self) -> None:
        """Look every two seconds, more often while it is not ready, until cancelled. Measures the lag on the way."""
        while True:
            metrics.LAG_SECONDS.set(self._writer.lag_seconds())
            fault = await self._fault()
            ready = fault is None and self._wal.accepts() and not self._ingest.draining
            if ready != self._pipeline.ready:
                log.info("readiness changed", event_name="readiness", ready=ready, fault=fault)
            self._pipeline.ready = ready
            metrics.ACTIVE_PROCESSORS.set(ready)
            await self._health.set_serving(ready)
            await asyncio.sleep(_SECONDS if ready else _SECONDS_WHILE_NOT_READY)

    async def _fault(self) -> str | None:
        overdue = self._writer.overdue_seconds()
        metrics.OVERDUE_SECONDS.set(overdue)
        if overdue:
            return f"a flush has taken {overdue:.0f} s until now"
        return await self._database.fault()
