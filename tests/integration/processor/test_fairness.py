"""A producer that sends much, or describes itself anew with every record, delays none of the others for long."""

import asyncio
import time

from tests.integration.processor.append_stream import AppendStream, columns_of
from tests.integration.processor.running import RunningProcessor

from logmesh.record.columns import OriginKey, pack_times
from logmesh.v1.record_pb2 import LogColumns

RESOURCES = 5_000
BUSY_BATCHES, BUSY_RECORDS = 40, 2_000


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
