"""Recent traces in Redis, as COPY rows: those that processors append, and those that were read from the database."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any, Final

import redis.asyncio
import structlog
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from logmesh.rows.copied import record_from_copied, rows_to_copy
from logmesh.rows.fetching import Fetched
from logmesh.rows.origins import Origins
from logmesh.rows.reader import Reader
from logmesh.storage.read_rows import CopiedRow, CopyRowsError, read_rows
from logmesh.storage.recent_traces import EXPIRY_SECONDS, MAX_BYTES, trace_key
from logmesh.storage.redis_pool import pool_of
from logmesh.store.found import Held
from logmesh.v1.record_pb2 import LogRecord

log = structlog.get_logger()

LIMIT_SECONDS: Final = 0.2
_PAUSE_SECONDS: Final = 1.0
"""How long it is not asked after it failed: one that hangs must not slow every look-up down."""
_CONNECTIONS: Final = 16


class RecentTracesOfRows:
    """Those in the Redis that `url` names; see `store.recent_traces`. Rows name their origins by number, which `reader` looks up."""

    def __init__(self, url: str, reader: Reader) -> None:
        self._reader, self._origins = reader, Origins()
        pool = pool_of(
            redis.asyncio.BlockingConnectionPool,
            url,
            max_connections=_CONNECTIONS,
            timeout=LIMIT_SECONDS,
            socket_timeout=LIMIT_SECONDS,
            socket_connect_timeout=LIMIT_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        self._redis: Any = redis.asyncio.Redis(connection_pool=pool)
        self._away = False
        self._not_before = 0.0

    async def get(self, tenant: str, trace_id: bytes, *, seconds: float) -> Sequence[LogRecord]:
        """See RecentTraces. None as well where a row's origin is unknown: in a database that was restored, say."""
        rows = await self.rows(tenant, trace_id)
        if not rows:
            return []
        numbers = {row.origin for row in rows}
        origins = self._origins.known(tenant, numbers, time.monotonic())
        if len(origins) < len(numbers):
            async with self._reader.reading(tenant, seconds) as connection:
                origins = await self._origins.resolve(connection, tenant, numbers, time.monotonic())
        if len(origins) < len(numbers):
            return []
        return [record_from_copied(row, origins[row.origin]) for row in rows]

    async def rows(self, tenant: str, trace_id: bytes) -> list[CopiedRow]:
        """The trace's rows, each once, in any order; none when it is not there or what is there can't be trusted."""
        key = trace_key(tenant, trace_id)
        # GETRANGE and not GET: what another release left there may be of any size.
        data = await self._ask("GETRANGE", key, 0, MAX_BYTES)
        if not data or len(data) > MAX_BYTES:
            return []
        try:
            rows = read_rows(data)
        except CopyRowsError as error:
            log.warning("a cached trace can't be read", event_name="cache_value_bad", error=str(error))
            return []
        if any(row.tenant != tenant or row.trace_id != trace_id for row in rows):
            log.warning("a cached trace holds other rows", event_name="cache_value_foreign")
            return []
        return list({(row.spool, row.position): row for row in rows}.values())

    async def fill(self, tenant: str, trace_id: bytes, found: Sequence[Held]) -> None:
        """See RecentTraces; `found` are what the store of rows answered.

        Nothing that a processor appends can be lost by it. Appended before: NX leaves that be. Appended after: it stands
        behind these rows, and what is in both counts once. And a hit asks the database for what the key lacks anyway.
        """
        data = rows_to_copy(tenant, [one.row for one in found if isinstance(one, Fetched)])
        if len(data) <= MAX_BYTES:
            await self._ask("SET", trace_key(tenant, trace_id), data, "NX", "EX", EXPIRY_SECONDS)

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose(close_connection_pool=True)

    async def _ask(self, *command: str | bytes | int) -> Any:
        """What Redis answers, or None."""
        if time.monotonic() < self._not_before:
            return None
        try:
            async with asyncio.timeout(LIMIT_SECONDS):
                answer = await self._redis.execute_command(*command)
        except redis.ResponseError as error:
            # Something else under that key, or no memory left: no reason to leave Redis alone.
            log.warning("the cache refuses", event_name="cache_refuses", error=str(error))
            return None
        except (redis.RedisError, OSError) as error:
            self._not_before = time.monotonic() + _PAUSE_SECONDS
            if not self._away:
                log.warning(
                    "the cache is away; traces are read from the database", event_name="cache_away", error=repr(error)
                )
            self._away = True
            return None
        if self._away:
            log.info("the cache answers again", event_name="cache_back")
        self._away = False
        return answer
