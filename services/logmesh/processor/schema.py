"""The database's schema as a processor sees it: brought up to date while the processor serves.

Until it is there, the processor is alive and not ready, and streams are refused, unless it is the database that is away. Nothing here
ends the process but a migration that can't succeed: a database that is away, read-only or full is waited for.
"""

import asyncio
import time
from typing import Any

import grpc
import structlog

from logmesh.client.backoff import Backoff
from logmesh.processor.absence import Absence
from logmesh.processor.settings import ProcessorSettings
from logmesh.runtime import metrics
from logmesh.storage.failures import REFUSED_LOGIN, describe, is_away, passes
from logmesh.storage.migrate import MigrationError, MigrationPostponed, build_indexes, migrate
from logmesh.storage.postgres import owner_session

log = structlog.get_logger()

_AGAIN_SECONDS = 1.0
_INDEX_SECONDS = 60.0
_SAY_SECONDS = 10.0
_LOGIN_SECONDS = 300.0
"""How long a refused password is waited for. The environment keeps the old one: the container that is started next reads the
Secret anew."""


class Schema:
    """Whether there is a schema to write to, and why not."""

    def __init__(self, settings: ProcessorSettings, absence: Absence) -> None:
        self._dsn = settings.owner_dsn or settings.database_dsn
        self._absence = absence
        self._there, self._behind = asyncio.Event(), asyncio.Event()
        self.waits_for = "the write-ahead log is being read"
        self._said, self._said_at = "", 0.0

    async def check(self, context: Any) -> None:
        """For a Guard: end calls that would write while there is nothing to write to. A database that is away is bridged by the log,
        and has its schema, or gets it, before anything of that is stored."""
        if not self._there.is_set() and not self._absence.reason:
            metrics.STREAMS_REFUSED.labels("schema").inc()
            await context.abort(
                grpc.StatusCode.UNAVAILABLE, f"the schema is not up to date yet ({self.waits_for}); try again"
            )

    async def bring_up_to_date(self, why: str = "it is being looked at or migrated") -> None:
        """Migrate, for as long as it takes; `why` is said meanwhile. It may be cancelled at any time. Raises MigrationError, and what
        asyncpg raises where waiting mends nothing, such as a missing privilege, or a password that stays refused."""
        self.waits_for = why
        away = Backoff(most=2)
        # Whoever writes waits for two seconds behind a migration that wants a lock: less and less often, for as long as a dump takes.
        postponed = Backoff(first=4, most=120)
        refused_since = None
        while not self._there.is_set():
            try:
                async with owner_session(self._dsn.get_secret_value(), application="logmesh-migrate") as connection:
                    await migrate(connection)
                self._absence.ended()
                self._there.set()
            except MigrationPostponed as error:
                self._absence.ended()  # it has answered
                refused_since = None
                await self._wait("a migration has to wait", "migration_postponed", str(error), postponed)
            except Exception as error:
                reason, now = describe(error), time.monotonic()
                refused_since = (refused_since or now) if reason == REFUSED_LOGIN else None
                if not passes(error) or now > (refused_since or now) + _LOGIN_SECONDS:
                    raise
                if is_away(error):
                    self._absence.began(reason)
                await self._wait("waiting for the database", "database_away", reason, away)

    def fell_behind(self) -> None:
        """The database has been replaced by one without the schema, or with an older one."""
        self._there.clear()
        self._behind.set()

    async def catch_up(self) -> None:
        """Whenever it fell behind, bring it up to date anew. Works until cancelled; raises what `bring_up_to_date` raises."""
        while True:
            await self._behind.wait()
            self._behind.clear()
            await self.bring_up_to_date("another database has come in place of the one before")
            await asyncio.sleep(_AGAIN_SECONDS)

    async def build_indexes(self) -> None:
        """Afterwards, and while records are written: indexes that only make searches faster. Nothing of it stops the
        processor."""
        while True:
            try:
                async with owner_session(self._dsn.get_secret_value(), application="logmesh-indexes") as connection:
                    built = await build_indexes(connection)
                if built is not None:
                    for name in built:
                        log.info("built indexes", event_name="indexes_built", migration=name)
                    return
            except Exception as error:  # noqa: BLE001  # see above
                reason = str(error) if isinstance(error, MigrationPostponed | MigrationError) else describe(error)
                log.warning(
                    "indexes are not built yet, will be tried again", event_name="indexes_postponed", error=reason
                )
            await asyncio.sleep(_INDEX_SECONDS)

    async def _wait(self, sentence: str, event_name: str, reason: str, backoff: Backoff) -> None:
        """Say what is waited for when that changes, and now and then; then let some time pass."""
        if reason != self._said or time.monotonic() > self._said_at + _SAY_SECONDS:
            log.warning(sentence, event_name=event_name, error=reason)
            self._said, self._said_at = reason, time.monotonic()
        self.waits_for = reason
        await asyncio.sleep(backoff.pause())
