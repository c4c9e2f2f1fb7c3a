"""A processor that stops, one whose cache is away, and one whose database is: what was taken is stored all the same."""

import asyncio
from pathlib import Path

import grpc
import pytest
import redis.asyncio
from tests.integration.processor.append_stream import columns_of
from tests.integration.processor.conftest import ServerStore
from tests.integration.processor.running import SERVING, RunningProcessor, running_processor
from tests.servers import lay_data

from logmesh.cli.local.ports import free_port
from logmesh.cli.local.postgres import Postgres
from logmesh.cli.local.redis import Redis
from logmesh.processor.ingest import Ingest
from logmesh.record.ranges import RangeSet
from logmesh.storage.recent_traces import trace_key
from logmesh.v1 import ingest_service_pb2 as pb

TRACE, OTHER = bytes(range(1, 17)), bytes(range(2, 18))


def _traced(body: bytes, trace: bytes = TRACE) -> bytes:
    columns = columns_of([body, b"without a trace"])
    columns.trace_ids = trace + bytes(16)
    return columns.SerializeToString()


async def test_a_stop_asks_producers_to_leave_and_stores_what_it_took(processor: RunningProcessor) -> None:
    stream = processor.stream()
    await stream.hello()
    for seq in range(1, 201):
        await stream.send_columns(seq, columns_of([b"%d" % seq] * 5))
        if seq == 100:
            await stream.until(lambda: 1 in stream.logged)
            processor.stop.set()
    await stream.until(lambda: stream.drain is not None)
    await stream.close()
    await asyncio.wait_for(processor.task, 15)
    assert stream.committed == RangeSet([(1, 200)])
    assert len(await processor.bodies()) == 1_000
    assert (await processor.ledger(stream.spool_id)).stored == 1_000


async def test_half_close_brings_every_acknowledgement(processor: RunningProcessor) -> None:
    for _ in range(20):
        stream = processor.stream()
        await stream.hello()
        for seq in range(1, 6):
            await stream.send_columns(seq, columns_of([b"x"]))
        await stream.close()
        assert stream.logged == stream.committed == RangeSet([(1, 5)])


async def test_a_processor_counts_the_records_it_has_stored(processor: RunningProcessor) -> None:
    stream = processor.stream()
    await stream.hello()
    for seq in (1, 2):
        await stream.send_columns(seq, columns_of([b"x"] * 5))
    await stream.until_committed(1, 2)
    assert (await processor.state()).stored == 10


async def test_a_cache_that_is_away_does_not_hurt_ingest(store: ServerStore, tmp_path: Path) -> None:
    nowhere = f"redis://127.0.0.1:{free_port()}/0"
    async with running_processor(store, tmp_path, redis_url=nowhere) as processor:
        stream = processor.stream()
        await stream.hello()
        for seq in range(1, 101):
            await stream.send_batch(pb.Batch(seq=seq, count=2, columns=_traced(b"%d" % seq)))
        await stream.until_committed(*range(1, 101))
        assert len(await processor.bodies()) == 200
        assert await processor.health() == SERVING


async def test_recent_traces_are_in_redis_for_five_minutes(
    store: ServerStore, tmp_path: Path, redis_server: Redis
) -> None:
    async with running_processor(store, tmp_path, redis_url=redis_server.url) as processor:
        client = redis.asyncio.Redis.from_url(redis_server.url)
        await client.flushall()
        stream = processor.stream()
        await stream.hello()
        for seq in (1, 2):
            await stream.send_batch(pb.Batch(seq=seq, count=2, columns=_traced(b"span %d" % seq)))
            await stream.until_committed(seq)
        key = trace_key("default", TRACE)
        async with asyncio.timeout(10):
            while b"span 2" not in (await client.get(key) or b""):
                await asyncio.sleep(0.02)
        assert b"span 1" in (await client.get(key) or b"")
        assert 0 < await client.ttl(key) <= 300
        assert await client.keys("logmesh:trace:*") == [key.encode()]
        await client.aclose()


async def test_a_trace_that_goes_on_and_on_fills_its_key_and_no_more(
    store: ServerStore, tmp_path: Path, redis_server: Redis
) -> None:
    key = trace_key("default", TRACE)
    async with running_processor(store, tmp_path, redis_url=redis_server.url) as processor:
        client = redis.asyncio.Redis.from_url(redis_server.url)
        await client.delete(key)
        stream = processor.stream()
        await stream.hello()
        for seq in range(1, 31):
            await stream.send_batch(pb.Batch(seq=seq, count=2, columns=_traced(b"%02d" % seq + b"x" * 100_000)))
            await stream.until_committed(seq)
        # Another trace is written behind this one's last batch.
        await stream.send_batch(pb.Batch(seq=31, count=2, columns=_traced(b"after", OTHER)))
        async with asyncio.timeout(10):
            while not await client.exists(trace_key("default", OTHER)):
                await asyncio.sleep(0.02)
        assert 900_000 < await client.strlen(key) <= 1 << 20
        assert 0 < await client.ttl(key) <= 300
        assert len(await processor.bodies()) == 62
        await client.delete(key)
        await client.aclose()


async def test_the_log_bridges_the_absence_of_the_database_and_status_says_so(tmp_path: Path) -> None:
    lay_data(tmp_path / "postgres")
    server = Postgres(tmp_path / "postgres", port=free_port())
    await asyncio.to_thread(server.start)
    try:
        async with running_processor(ServerStore(server), tmp_path) as processor:
            stream = processor.stream()
            await stream.hello()
            await stream.send_columns(1, columns_of([b"before"]))
            await stream.until_committed(1)
            await asyncio.to_thread(server.stop, "immediate")
            await processor.until_ready(False)
            assert await processor.health() == SERVING, "it takes what comes"
            await stream.send_columns(2, columns_of([b"while it was away"]))
            await stream.until(lambda: 2 in stream.logged)
            assert 2 not in stream.committed
            await asyncio.to_thread(server.start)
            await processor.until_ready(True)
            await stream.until_committed(2)
            assert await processor.bodies() == ["before", "while it was away"]
    finally:
        await asyncio.to_thread(server.stop, "immediate")


async def test_a_stream_that_breaks_before_its_welcome_leaves_nothing_behind(
    processor: RunningProcessor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as patched:
        patched.setattr(Ingest, "_welcome", broken)
        with pytest.raises(grpc.aio.AioRpcError):
            await processor.stream().hello()
    assert await _streams(processor) == 0
    await processor.stream().hello()
    assert await _streams(processor) == 1


async def _streams(processor: RunningProcessor) -> int:
    return (await processor.state()).streams
