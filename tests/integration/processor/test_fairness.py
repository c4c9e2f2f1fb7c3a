"""A producer that sends much, or describes itself anew with every record, delays none of the others for long."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
from tests.integration.processor.append_stream import AppendStream, columns_of
from tests.integration.processor.conftest import ServerStore
from tests.integration.processor.locked import logs_are_locked
from tests.integration.processor.running import RunningProcessor, running_processor

from logmesh.record.columns import OriginKey
from logmesh.record.packed import pack_times
from logmesh.v1.record_pb2 import LogColumns

RESOURCES = 5_000
BUSY_BATCHES, BUSY_RECORDS = 40, 2_000
SLOW_BATCHES, SLOW_RECORDS = 12, 400


async def test_a_resource_a_record_delays_nobody_else(processor: RunningProcessor) -> None:
    many, quiet = processor.stream(), processor.stream()
    await many.hello()
    await quiet.hello()
    await committed_within(quiet, 1, 10)
    await many.send_columns(1, _resources(RESOURCES))
    await many.until(lambda: 1 in many.logged)
    took = await committed_within(quiet, 2, 5)
    await many.until_committed(1)
    (row,) = await processor.query("SELECT count(DISTINCT origin) AS origins FROM logmesh.logs")
    assert row["origins"] == RESOURCES + 1
    print(f"beside {RESOURCES} resources a quiet producer's record took {took:.2f} s")


async def test_a_quiet_producer_goes_before_the_backlog_of_a_busy_one(processor: RunningProcessor) -> None:
    busy, quiet = processor.stream(), processor.stream()
    await busy.hello()
    await quiet.hello()
    columns = columns_of([b"line"] * BUSY_RECORDS)
    for seq in range(1, BUSY_BATCHES + 1):
        await busy.send_columns(seq, columns)
    await busy.until(lambda: BUSY_BATCHES in busy.logged)
    await committed_within(quiet, 1, 10)
    assert BUSY_BATCHES not in busy.committed, "nothing was in its way"
    await busy.until_committed(*range(1, BUSY_BATCHES + 1))


async def test_a_quiet_producer_need_not_wait_for_a_flush_of_its_own_and_others_where_flushes_are_slow(
    processor: RunningProcessor, store: ServerStore
) -> None:
    busy, quiet = processor.stream(), processor.stream()
    await busy.hello()
    await quiet.hello()
    await committed_within(quiet, 1, 10)
    async with rows_are_slow(store):
        columns = columns_of([b"line"] * SLOW_RECORDS)
        for seq in range(1, SLOW_BATCHES + 1):
            await busy.send_columns(seq, columns)
        await busy.until_committed(1)
        seq = 1
        while SLOW_BATCHES not in busy.committed:
            seq += 1
            await committed_within(quiet, seq, 10)
    flushes = await processor.query(
        "SELECT array_agg(spool_id::text) AS spools FROM logmesh.flushes, unnest(spools) AS spool JOIN logmesh.spools USING (spool)"
        " GROUP BY xid ORDER BY xid"
    )
    whose = [row["spools"] for row in flushes]
    last = max(at for at, spools in enumerate(whose) if busy.spool_id in spools)
    assert whose[:last].count([quiet.spool_id]) > 2, whose


async def test_a_busy_producer_leaves_room_in_the_log_for_others(store: ServerStore, tmp_path: Path) -> None:
    async with running_processor(store, tmp_path, wal_max_batches=45) as processor:
        busy, quiet = processor.stream(), processor.stream()
        await busy.hello()
        await quiet.hello()
        columns = columns_of([b"line" * 100] * 100)
        async with logs_are_locked(store):
            for seq in range(1, 51):
                await busy.send_columns(seq, columns)
                await busy.until(lambda seq=seq: seq in busy.logged or seq in busy.nacks)  # type: ignore[misc]
                if busy.nacks:
                    break
            (refused,) = busy.nacks
            assert busy.nacks[refused].HasField("retry_after") and refused > 35
            for seq in range(1, 4):
                await quiet.send_columns(seq, columns_of([b"quiet"]))
            await quiet.until(lambda: 3 in quiet.logged or bool(quiet.nacks))
            assert not quiet.nacks, "the busy one has filled the log"
            # What it sends all the same is refused once a second, and not as fast as it comes.
            began = time.monotonic()
            for _ in range(3):
                await busy.send_columns(refused, columns)
            await busy.until(lambda: busy.order.count("nack") >= 3)
            assert time.monotonic() - began > 1
        await quiet.until_committed(1, 2, 3)


@contextlib.asynccontextmanager
async def rows_are_slow(store: ServerStore) -> AsyncIterator[None]:
    """Each record that is stored takes the database half a millisecond."""
    connection = await asyncpg.connect(store.superuser_dsn)
    try:
        await connection.execute(
            "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS"
            " $$BEGIN PERFORM pg_sleep(0.0005); RETURN NEW; END$$"
        )
        await connection.execute(
            "CREATE TRIGGER slow BEFORE INSERT ON logmesh.logs FOR EACH ROW EXECUTE FUNCTION slow()"
        )
        yield
        await connection.execute("DROP TRIGGER slow ON logmesh.logs")
    finally:
        await connection.close()


async def committed_within(stream: AppendStream, seq: int, seconds: float) -> float:
    """Send one record and wait for its commit; return how long it took."""
    began = time.monotonic()
    async with asyncio.timeout(seconds):
        await stream.send_columns(seq, columns_of([b"quiet"], origin=OriginKey(service_name=b"quiet")))
        await stream.until_committed(seq)
    return time.monotonic() - began


def _resources(count: int) -> LogColumns:
    """Records each of which has a resource of its own."""
    columns = LogColumns(
        times_unix_nano=pack_times([0] * count),
        severity_numbers=bytes([9]) * count,
        bodies=[b"one of many"] * count,
        origin_indexes=range(count),
    )
    for at in range(count):
        columns.origins.add(service_name=b"many", resource_attributes=b'{"request":"%d"}' % at)
    return columns
