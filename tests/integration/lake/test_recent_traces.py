"""What the cache of recent traces has of the lake's records is what the lake has of them."""

import asyncio
import time
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import redis.asyncio
from tests.conftest import Database
from tests.integration.gateway.running import running_gateway
from tests.integration.gateway.test_rare_fields import rich
from tests.integration.lake.batches import columns
from tests.integration.lake.storing import Spool, Storing
from tests.integration.processor.append_stream import columns_of
from tests.integration.processor.bad_entries import BAD_COLUMNS
from tests.integration.processor.conftest import ServerStore
from tests.integration.processor.running import running_processor
from tests.waiting import until

from logmesh.cli.local.redis import Redis
from logmesh.client import AsyncClient
from logmesh.lake.reading.workers import Workers
from logmesh.lake.store.asking import Lake
from logmesh.lake.store.catalog import Catalog
from logmesh.lake.store.store import LakeStore
from logmesh.lake.trace_slices import SlicesError, read_slices
from logmesh.lake.writing.filing import FILE_ROWS
from logmesh.processor.writer.lake import Lake as WrittenLake
from logmesh.record.columns import columns_from_records
from logmesh.rows.reader import Reader
from logmesh.storage.postgres import open_pool
from logmesh.storage.recent_traces import LAKE, trace_key
from logmesh.store.time_range import TimeRange
from logmesh.v1.record_pb2 import LogColumns

TRACE = bytes(range(1, 17))
ALL = TimeRange(0, (1 << 63) - 1)


def of_the_trace(part: LogColumns) -> LogColumns:
    traced = LogColumns()
    traced.CopyFrom(part)
    traced.trace_ids = TRACE * len(part.bodies)
    return traced


async def test_slices_say_of_each_record_what_the_store_says(
    storing: Storing, owner: asyncpg.Connection, database: Database
) -> None:
    at = time.time_ns()
    spanned = columns(5, at=at)
    spanned.severity_texts.extend([b"", b"LOUD", b"", "é".encode(), b""])
    spanned.span_ids = bytes(8) + b"s" * 32
    small = [bad.columns for bad in BAD_COLUMNS.values() if len(bad.columns.SerializeToString()) < 1 << 18]
    ahead = columns_of([b"far ahead"], time_unix_nano=(1 << 64) - 1)
    parts = [*map(of_the_trace, [*small, spanned, columns_from_records([rich(at)], at), ahead]), columns(9)]
    storing.lake = WrittenLake(storing.root, "o", with_traces=True)
    hot, filed = Spool("default"), Spool("default")
    stored = (await storing.store(*[hot.batch(part) for part in parts])).stored
    stored += (await storing.store(*[filed.batch(part) for part in parts], filed.batch(columns(FILE_ROWS)))).stored
    slices = b"".join(b"".join(prepared.traces.get(TRACE, [])) for prepared in stored)
    pool = await open_pool(database.reader_dsn, application="test", size=2)
    workers = Workers(storing.root, wait_seconds=60)
    lake = LakeStore(Lake(Reader(pool), Catalog(storing.root), workers))
    expected = await lake.trace("default", TRACE, ALL, 10_000, max_bytes=1 << 26, seconds=60)
    await workers.close()
    pool.terminate()
    found = read_slices(slices, TRACE)
    assert {record.id: record for record in found} == {record.id: record for record in expected}
    assert len(found) == len(expected) > 2 * len(parts)
    assert any(record.original_time_unix_nano for record in found) and any(record.event_name for record in found)
    assert read_slices(slices * 2, TRACE) == found, "one that came twice counts once"
    for wrong in (slices[:-1], slices + b"\0", b"nonsense" * 20):
        with pytest.raises(SlicesError):
            read_slices(wrong, TRACE)
    with pytest.raises(SlicesError, match="another"):
        read_slices(slices, bytes(16))


async def test_a_trace_that_a_processor_cached_is_a_hit_and_one_that_was_read_as_well(
    database: Database, owner: asyncpg.Connection, redis_server: Redis, tmp_path: Path
) -> None:
    store, root = ServerStore(database.server, database.name), tmp_path / "lake"
    client = redis.asyncio.Redis.from_url(redis_server.url)
    await client.flushall()
    lake: dict[str, Any] = {"store": "lake", "lake_dir": root, "redis_url": redis_server.url}
    async with (
        running_processor(store, tmp_path, lake=root, redis_url=redis_server.url) as processor,
        running_gateway(database.reader_dsn, **lake) as address,
        AsyncClient(address) as asking,
    ):
        stream = processor.stream()
        await stream.hello()
        for seq, body in ((1, b"first"), (2, b"second")):
            await stream.send_columns(seq, of_the_trace(columns_of([body], time_unix_nano=time.time_ns())))
            await stream.until_committed(seq)
        key = trace_key("default", TRACE, LAKE)

        async def cached() -> bool:
            return b"second" in (await client.get(key) or b"")

        await until(cached)
        assert 0 < await client.ttl(key) <= 300
        hit = await asking.trace(TRACE.hex())
        assert (hit.cached, [record.body for record in hit.records]) == (True, ["first", "second"])
        await client.flushall()
        missed, again = await asking.trace(TRACE.hex()), await asking.trace(TRACE.hex())
        assert (missed.cached, again.cached) == (False, True)
        assert list(missed.records) == list(again.records) == list(hit.records)
    await asyncio.wait_for(client.aclose(), 10)
