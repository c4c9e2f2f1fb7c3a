"""Notices that another database, or an earlier state of it, has come in place of the one before, and has streams begin anew.

A new stream learns what this database holds, so that producers send what it lacks within seconds. What a producer that has ended
once had stored, nobody sends again: it is claimed, so that the ledger shows it as missing.
"""

import time
from typing import Final

import asyncpg
import structlog

from logmesh.processor.sessions import Sessions
from logmesh.runtime import metrics
from logmesh.storage.incarnation import Incarnation, read_incarnation
from logmesh.storage.ledger import claim_spools

log = structlog.get_logger()

_LEAVE_SECONDS: Final = 10.0


class Continuity:
    """`check` is called every few seconds while the database answers."""

    def __init__(self, pool: "asyncpg.Pool", sessions: Sessions) -> None:
        self._pool, self._sessions = pool, sessions
        self._last: Incarnation | None = None

    @property
    def name(self) -> str:
        """The database's incarnation as of the last check, empty before the first."""
        return self._last.name if self._last is not None else ""

    async def check(self) -> None:
        """Compare with the last time. Raises what asyncpg raises; the next call tries again then."""
        found, last = await read_incarnation(self._pool), self._last
        if last is not None and not found.follows(last):
            claims = self._sessions.claims()
            await claim_spools(self._pool, claims)
            metrics.DATABASE_REPLACED.inc()
            log.warning(
                "another database, or an earlier state of it, has come in place of the one before: streams begin anew",
                event_name="database_replaced",
                before=last.name,
                now=found.name,
                claimed_spools=len(claims),
            )
            self._sessions.drain(time.time() + _LEAVE_SECONDS)
        self._last = found
