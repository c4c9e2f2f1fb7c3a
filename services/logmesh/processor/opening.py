"""Opens a stream's spools: by the word of the ledger, or provisionally while that can't be asked.

A provisional stream's batches are logged like any other's. What the ledger would have said is settled when it is there: each flush
locks the ledger's rows, drops what they hold and refuses what is another principal's; and its producer, which is asked to leave then,
compares the ledger's word with its own before it lets anything go.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Final

import asyncpg
import structlog

from logmesh.processor.absence import Absence
from logmesh.processor.sessions import Sessions
from logmesh.processor.settings import ProcessorSettings
from logmesh.storage.failures import describe, is_away
from logmesh.storage.ledger import Committed, Held, move_spools, open_spools

log = structlog.get_logger()

_SECONDS: Final = 5.0
"""How long the ledger is asked; a producer waits three times as long for its Welcome."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What is known of each spool, in order, and why the ledger was not asked (empty: it was)."""

    known: list[Committed]
    away: str = ""


class Opening:
    """`open` may take some seconds."""

    def __init__(self, settings: ProcessorSettings, pool: "asyncpg.Pool", sessions: Sessions, absence: Absence) -> None:
        self._settings, self._pool, self._sessions, self._absence = settings, pool, sessions, absence

    async def open(self, tenant: str, principal: str, producer: str, held: Sequence[Held]) -> Opened:
        """Raises SpoolForbidden, and what asyncpg raises for a database that is there."""
        away = self._absence.reason
        if not away:
            try:
                return Opened(await _within(_SECONDS, self._ask(tenant, principal, producer, held)))
            except Exception as error:
                if not is_away(error):
                    raise
                away = describe(error)
        log.info(
            "a stream is opened without the ledger", event_name="opened_provisionally", producer=producer, error=away
        )
        return Opened(self._sessions.remembered(tenant, principal, held), away)

    async def _ask(self, tenant: str, principal: str, producer: str, held: Sequence[Held]) -> list[Committed]:
        if self._settings.tenants:
            await move_spools(self._pool, tenant, principal, [spool.spool_id for spool in held])
        return await open_spools(self._pool, tenant, principal, producer, held, bound=self._settings.knows_callers)


async def _within(seconds: float, asking: Coroutine[Any, Any, list[Committed]]) -> list[Committed]:
    """Not a timeout around it: asyncpg would first wait until the question is cancelled. Raises TimeoutError."""
    task = asyncio.create_task(asking)
    try:
        await asyncio.wait({task}, timeout=seconds)
        if task.done():
            return task.result()
    finally:
        if not task.done():
            task.cancel()
            task.add_done_callback(lambda asked: asked.cancelled() or asked.exception())
    raise TimeoutError
