"""Keeps the traces of the last minutes in Redis. It may fail or fall behind without hurting ingest: then it drops, and counts."""

import asyncio
from typing import TypeAlias

import redis.asyncio
import structlog

from logmesh.processor.writer.prepare import Prepared
from logmesh.runtime import metrics
from logmesh.storage.recent_traces import MAX_BYTES, Layout, trace_key
from logmesh.storage.redis_pool import pool_of

log = structlog.get_logger()

Traces: TypeAlias = dict[bytes, list[bytes]]
"""Records by trace id, in the form of their store."""

_QUEUED_BYTES = 16 << 20
_PAUSE_AFTER_ERROR_SECONDS = 2.0
# Redis runs it as a whole, so that two processors together do not pass the bound either. A key that is full lives on.
_APPEND_BOUNDED = """
local fits = redis.call('STRLEN', KEYS[1]) + #ARGV[1] <= tonumber(ARGV[2])
if fits then redis.call('APPEND', KEYS[1], ARGV[1]) end
redis.call('EXPIRE', KEYS[1], ARGV[3])
return fits and 1 or 0
"""


class RecentTraces:
    """Appends records to their traces' keys, as long as these have room; `layout` is their form. Readers recognise one that came twice
    by its id."""

    def __init__(self, url: str, ttl_seconds: int, layout: Layout) -> None:
        pool = pool_of(redis.asyncio.ConnectionPool, url, socket_timeout=2, socket_connect_timeout=2)
        self._redis = redis.asyncio.Redis.from_pool(pool)
        self._ttl, self._layout = ttl_seconds, layout
        self._queue: asyncio.Queue[tuple[str, Traces, int]] = asyncio.Queue()
        self._queued_bytes = 0

    def put(self, prepared: Prepared) -> None:
        """Offer a stored batch; when too much waits it is dropped."""
        if not prepared.traces:
            return
        size = sum([sum(map(len, rows)) for rows in prepared.traces.values()])
        if self._queued_bytes and self._queued_bytes + size > _QUEUED_BYTES:
            metrics.CACHE_WRITES_DROPPED.labels("behind").inc()
            return
        # Not the batch itself, whose rows are several times as large.
        self._queue.put_nowait((prepared.batch.key.tenant, prepared.traces, size))
        self._queued_bytes += size

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            tenant, traces, size = await self._queue.get()
            try:
                await self._write(tenant, traces)
            except (redis.RedisError, OSError, TimeoutError) as error:
                metrics.CACHE_WRITES_DROPPED.labels("error").inc()
                log.warning("traces were not cached", event_name="cache_write_failed", error=repr(error))
                await asyncio.sleep(_PAUSE_AFTER_ERROR_SECONDS)
            finally:
                self._queued_bytes -= size
                del traces

    async def close(self) -> None:
        """Close the connection."""
        await self._redis.aclose()

    async def _write(self, tenant: str, traces: Traces) -> None:
        async with self._redis.pipeline(transaction=False) as pipe:
            for trace_id, rows in traces.items():
                pipe.eval(
                    _APPEND_BOUNDED, 1, trace_key(tenant, trace_id, self._layout), b"".join(rows), MAX_BYTES, self._ttl
                )
            if not all(await pipe.execute()):
                metrics.CACHE_WRITES_DROPPED.labels("large").inc()
