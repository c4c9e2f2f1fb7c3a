"""Traces that wait for Redis are bounded in bytes."""

import asyncio

from logmesh.processor.frame import Header
from logmesh.processor.recent import RecentTraces
from logmesh.processor.writer.prepare import Prepared
from logmesh.runtime import metrics
from logmesh.storage.ledger import SpoolKey
from logmesh.storage.recent_traces import ROWS

MIB = 1 << 20


def test_what_waits_for_redis_is_bounded_in_bytes() -> None:
    async def offer() -> float:
        recent, dropped = RecentTraces("redis://127.0.0.1:1/0", 60, ROWS), metrics.CACHE_WRITES_DROPPED.labels("behind")
        before: float = dropped._value.get()
        for seq in range(100):
            header = Header(SpoolKey("t", "s"), seq, 1, "p", "p", 0)
            recent.put(Prepared(header, 1, traces={bytes([seq]) * 16: [bytes(MIB)]}))
        await recent.close()
        return 100 - float(dropped._value.get() - before)

    assert asyncio.run(offer()) * MIB <= 16 * MIB
