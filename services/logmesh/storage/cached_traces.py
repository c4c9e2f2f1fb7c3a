"""Recent traces as a gateway has them from Redis: what processors appended, in their store's form, and what was read of the store."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

import redis.asyncio
import structlog
from google.protobuf.message import DecodeError
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from logmesh.storage.recent_traces import EXPIRY_SECONDS, MAX_BYTES, READ, Layout, trace_key
from logmesh.storage.redis_pool import pool_of
from logmesh.v1.query_service_pb2 import GetTraceResponse
from logmesh.v1.record_pb2 import LogRecord

log = structlog.get_logger()

LIMIT_SECONDS: Final = 0.2
_PAUSE_SECONDS: Final = 1.0
"""How long it is not asked after it failed: one that hangs must not slow every look-up down."""
_CONNECTIONS: Final = 16


class CachedTraces:
    """Those in the Redis that `url` names; processors append in `layout`. It may be away: then it knows nothing."""

    def __init__(self, url: str, layout: Layout) -> None:
        self._layout: Layout = layout
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

    async def read(self, tenant: str, trace_id: bytes) -> tuple[bytes, list[LogRecord]]:
        """What processors appended of a trace, empty where that is more than they may, and the records that `fill` kept."""
        keys = [trace_key(tenant, trace_id, layout) for layout in (self._layout, READ)]

        async def ask() -> list[Any]:
            async with self._redis.pipeline(transaction=False) as pipe:
                for key in keys:
                    # GETRANGE and not GET: what another release left there may be of any size.
                    pipe.getrange(key, 0, MAX_BYTES)
                answers: list[Any] = await pipe.execute(raise_on_error=False)
            return answers

        appended, filled = map(_value, await self._ask(ask) or [b"", b""])
        return appended, _records(filled, trace_id)

    async def fill(self, tenant: str, trace_id: bytes, records: Sequence[LogRecord]) -> None:
        """Keep these, unless some are kept; nothing where they take more than a megabyte."""
        data = GetTraceResponse(records=records).SerializeToString()
        if len(data) > MAX_BYTES:
            return

        async def ask() -> None:
            await self._redis.set(trace_key(tenant, trace_id, READ), data, nx=True, ex=EXPIRY_SECONDS)

        await self._ask(ask)

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose(close_connection_pool=True)

    async def _ask(self, ask: Callable[[], Any]) -> Any:
        """What Redis answers, or None."""
        if time.monotonic() < self._not_before:
            return None
        try:
            async with asyncio.timeout(LIMIT_SECONDS):
                answer = await ask()
        except redis.ResponseError as error:
            # No memory left, say: no reason to leave Redis alone.
            _refused(error)
            return None
        except (redis.RedisError, OSError) as error:
            self._not_before = time.monotonic() + _PAUSE_SECONDS
            if not self._away:
                log.warning(
                    "the cache is away; traces are read from the store", event_name="cache_away", error=repr(error)
                )
            self._away = True
            return None
        if self._away:
            log.info("the cache answers again", event_name="cache_back")
        self._away = False
        return answer


def _refused(error: Exception) -> None:
    log.warning("the cache refuses", event_name="cache_refuses", error=str(error))


def _value(answer: Any) -> bytes:
    """What is under a key, where that is anything a trace can be."""
    if isinstance(answer, redis.ResponseError):  # something else is under that key
        _refused(answer)
        return b""
    return answer if len(answer) <= MAX_BYTES else b""


def _records(filled: bytes, trace_id: bytes) -> list[LogRecord]:
    try:
        records = list(GetTraceResponse.FromString(filled).records)
    except DecodeError as error:
        log.warning("a cached trace can't be read", event_name="cache_value_bad", error=str(error))
        return []
    if any(record.trace_id != trace_id for record in records):
        log.warning("a cached trace holds other records", event_name="cache_value_foreign")
        return []
    return records
