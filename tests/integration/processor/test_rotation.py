"""A stream that leaves waits for its own batches, not for those that are spooled meanwhile."""

import asyncio
import time
from pathlib import Path

from tests.integration.processor.append_stream import columns_of
from tests.integration.processor.running import RunningProcessor

from logmesh.client.delivering.spool import Spool
from logmesh.producer.forwarder import Forwarder
from logmesh.producer.settings import ProducerSettings
from logmesh.runtime import metrics


async def test_a_busy_producer_rotates_without_a_pause(processor: RunningProcessor, tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", max_bytes=64 << 20, retain_seconds=0)
    settings = ProducerSettings(
        target=processor.target, spool_dir=tmp_path / "spool", metrics_port=0, rotate_seconds=(0.5, 0.5)
    )
    forwarder = Forwarder(settings, spool)
    rotated = metrics.RECONNECTS.labels("rotated")._value
    before = rotated.get()
    forwarding = asyncio.create_task(forwarder.run())
    ends = time.monotonic() + 6
    batches = 0
    while time.monotonic() < ends:
        spool.add(await asyncio.to_thread(spool.append, columns_of([b"one"]), {}))
        forwarder.spooled()
        batches += 1
        await asyncio.sleep(0.005)
    async with asyncio.timeout(15):
        await forwarder.all_committed()
    forwarding.cancel()
    (row,) = await processor.query("SELECT stored FROM logmesh.spools")
    spool.close()
    assert rotated.get() - before >= 4  # streams; one that waits for others' batches takes ten seconds
    assert row["stored"] == batches
