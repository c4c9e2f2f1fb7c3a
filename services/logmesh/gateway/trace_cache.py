"""Recent traces in Redis, read and filled. It may be away or slow without hurting anyone: then it knows nothing."""

import asyncio
import time
from collections.abc import Iterable
from typing import Any, Final

import redis.asyncio
import structlog
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from logmesh.gateway.copied import rows_to_copy
from logmesh.storage.read_rows import CopiedRow, CopyRowsError, read_rows
from logmesh.storage.recent_traces import EXPIRY_SECONDS, MAX_BYTES, trace_key

log = structlog.get_logger()

LIMIT_SECONDS: Final = 0.2
_PAUSE_SECONDS: Final = 1.0
"""How long it is not asked after it failed: one that hangs must not slow every look-up down."""
_CONNECTIONS: Final = 16


class TraceCache:
    """Reads and fills the traces of one Redis, which `url` names. Nothing of it raises."""

    def __init__(self, url: str) -> None:
        pool = redis.asyncio.BlockingConnectionPool.from_url(
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

    async def get(self, tenant: str, trace_id: bytes) -> list[CopiedRow]:
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

    async def fill(self, tenant: str, trace_id: bytes, rows: Iterable[Any]) -> None:
        """Keep a trace that was read from the database, unless it is there meanwhile.

        Nothing that a processor appends can be lost by it. Appended before: NX leaves that be. Appended after: it stands
        behind these rows, and what is in both counts once. And a hit asks the database for what the key lacks anyway.
        """
        data = rows_to_copy(tenant, rows)
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
