"""What alerts on loss and lag are built on: a processor's own account agrees with what the database holds."""

import asyncio
import struct
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import asyncpg
from tests.integration.processor.append_stream import columns_of
from tests.integration.processor.bad_entries import BAD_COLUMNS
from tests.integration.processor.conftest import ServerStore
from tests.integration.processor.running import RunningProcessor, running_processor

from logmesh.runtime import metrics


async def test_bad_records_are_accounted_for(processor: RunningProcessor) -> None:
    before = value("logmesh_records_unaccounted_total")
    stream = processor.stream()
    await stream.hello()
    for seq, bad in enumerate(BAD_COLUMNS.values(), start=1):
        await stream.send_columns(seq, bad.columns)
    await stream.until_committed(*range(1, len(BAD_COLUMNS) + 1))
    assert value("logmesh_records_unaccounted_total") == before


async def test_lag_is_the_age_of_what_a_database_does_not_take(store: ServerStore, tmp_path: Path) -> None:
    async with running_processor(store, tmp_path) as processor:
        stream = processor.stream()
        await stream.hello()
        connection = await asyncpg.connect(store.superuser_dsn)
        async with connection.transaction():
            await connection.execute("LOCK TABLE logmesh.spools IN ACCESS EXCLUSIVE MODE")
            await stream.send_columns(1, columns_of([b"waits"]))
            await until_lag(lambda lag: lag > 1)
        await connection.close()
        await stream.until_committed(1)
        await until_lag(lambda lag: lag == 0)


async def test_an_old_record_that_is_stored_at_once_does_not_lag(store: ServerStore, tmp_path: Path) -> None:
    async with running_processor(store, tmp_path) as processor:
        stream = processor.stream()
        await stream.hello()
        columns = columns_of([b"of this morning"])
        columns.times_unix_nano = struct.pack("<Q", time.time_ns() - 5 * 3600 * 10**9)
        await stream.send_columns(1, columns)
        await stream.until_committed(1)
        connection = await asyncpg.connect(store.superuser_dsn)
        lag = await connection.fetchval("SELECT max(lag) FROM logmesh.spools WHERE last_commit IS NOT NULL")
        behind = await connection.fetchval("SELECT now() - max(time) FROM logmesh.logs")
        await connection.close()
        assert timedelta() <= lag < timedelta(hours=1) < timedelta(hours=4) < behind


async def until_lag(wanted: Callable[[float], bool]) -> None:
    """Wait until the lag that /metrics would show is as `wanted`."""
    async with asyncio.timeout(20):
        while not wanted(value("logmesh_lag_seconds")):
            await asyncio.sleep(0.1)


def value(name: str) -> float:
    """What /metrics would show of a metric without labels."""
    found = metrics.PROCESSOR.get_sample_value(name)
    assert found is not None, f"{name} is not in the catalogue"
    return found
