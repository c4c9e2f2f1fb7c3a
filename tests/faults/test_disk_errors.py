"""A disk that fails or is full costs time and never a record: nothing is acknowledged that was not kept."""

import asyncio
import random
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.faults.append_client import AppendClient, until_answers
from tests.faults.cluster import Cluster
from tests.faults.power import Disk
from tests.faults.test_power_loss import PROCESSOR, address_of, wait_until_committed
from tests.needs import missing

from logmesh.v1 import ingest_service_pb2 as pb

EX_IOERR = 74


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path, processors=1)
    yield cluster
    cluster.stop()


@pytest.fixture
def small_disk(cluster: Cluster) -> Iterator[Path]:
    """A file system of 64 MiB where the processor has its log."""
    folder = cluster.folder / PROCESSOR
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        missing("small disk")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.mark.timeout(120)
async def test_a_failed_fdatasync_ends_the_processor_before_it_acknowledges(cluster: Cluster, shim: Path) -> None:
    disk = Disk(shim, cluster.folder / PROCESSOR)
    client = AppendClient(address_of(cluster))
    for at in (1, 9):
        cluster.environment[PROCESSOR] = disk.environment(fail_data=at)
        cluster.start_processor(PROCESSOR)
        await client.open()
        while not client.broken:
            await client.send_new()
            await asyncio.sleep(0.002)
        assert cluster.running.pop(PROCESSOR).wait(10) == EX_IOERR
        assert len(client.logged) < len(client.batches)
        # The kernel has dropped what it could not write, and the next start begins with what the disk has.
        disk.lose_power(torn=random.Random(at))
    cluster.environment[PROCESSOR] = disk.environment()
    cluster.start_processor(PROCESSOR)
    await until_answers(address_of(cluster))
    if client.logged:
        await wait_until_committed(cluster, client, 20)
    await everything_is_stored_once(cluster, client)


@pytest.mark.timeout(120)
async def test_frames_of_a_failed_fdatasync_are_durable_before_they_are_served_again(
    cluster: Cluster, shim: Path
) -> None:
    disk = Disk(shim, cluster.folder / PROCESSOR)
    client = AppendClient(address_of(cluster))
    cluster.environment[PROCESSOR] = disk.environment(fail_data=3)
    cluster.start_processor(PROCESSOR)
    await client.open()
    while not client.broken:
        await client.send_new()
        await asyncio.sleep(0.002)
    assert cluster.running.pop(PROCESSOR).wait(10) == EX_IOERR
    # Started again on the same cache, which calls the lost pages clean; then the power goes as well.
    cluster.environment[PROCESSOR] = disk.environment()
    cluster.start_processor(PROCESSOR)
    await client.open()
    await client.send_uncommitted()
    await client.until(lambda: len(client.logged | client.committed) == len(client.batches))
    cluster.kill(PROCESSOR)
    disk.lose_power()
    cluster.start_processor(PROCESSOR)
    await until_answers(address_of(cluster))
    await wait_until_committed(cluster, client, 20)
    await everything_is_stored_once(cluster, client)


@pytest.mark.timeout(60)
async def test_a_segment_that_cannot_be_made_ends_the_processor_even_when_nothing_more_comes(
    cluster: Cluster, shim: Path
) -> None:
    disk = Disk(shim, cluster.folder / PROCESSOR)
    cluster.environment[PROCESSOR] = disk.environment(fail_file=2)
    cluster.start_processor(PROCESSOR)
    client = AppendClient(address_of(cluster))
    await client.open()
    await client.send_new()  # takes the first segment; the second is made in the background, and fails
    await client.until(lambda: client.broken)
    assert cluster.running.pop(PROCESSOR).wait(10) == EX_IOERR
    cluster.environment[PROCESSOR] = disk.environment()
    cluster.start_processor(PROCESSOR)
    await everything_is_stored_once(cluster, client)


@pytest.mark.timeout(120)
async def test_a_full_disk_is_refused_and_ingest_resumes_within_ten_seconds_of_room(
    cluster: Cluster, small_disk: Path
) -> None:
    cluster.environment[PROCESSOR] = {
        "LOGMESH_WAL_MAX_BYTES": str(1 << 30),
        "LOGMESH_WAL_BALLAST_BYTES": str(4 << 20),
    }
    cluster.start_processor(PROCESSOR)
    client = AppendClient(address_of(cluster), records=500, body_bytes=2_000)
    await client.open()
    cluster.postgres.stop("immediate")
    while not client.refused and len(client.batches) < 200:
        await client.send_new()
    await client.until(client.is_answered)
    assert client.refused, "the disk did not fill"
    logged = set(client.logged)
    assert len(logged) >= 20
    for _ in range(3):
        await client.send_new()
    await client.until(client.is_answered)
    assert client.logged == logged, "acknowledged on a full disk"
    assert {code for _, _, code in client.refused} == {pb.NACK_CODE_RESOURCE_EXHAUSTED}
    assert {seq for _, seq, _ in client.refused} == client.batches.keys() - logged
    assert not client.broken

    cluster.postgres.start()
    began = time.monotonic()
    while client.logged == logged:
        await client.send(max(client.batches))
        await asyncio.sleep(0.2)
        assert time.monotonic() < began + 10, "not resumed after 10 s"
    print(f"resumed after {time.monotonic() - began:.1f} s")
    while not client.committed >= client.batches.keys():
        await client.send_uncommitted()
        await asyncio.sleep(0.5)
        assert time.monotonic() < began + 60
    await everything_is_stored_once(cluster, client)


async def everything_is_stored_once(cluster: Cluster, client: AppendClient) -> None:
    """Send what is not confirmed, wait for it, and count."""
    await client.open()
    await client.send_uncommitted()
    await client.until(lambda: client.committed >= client.batches.keys())
    await client.close()
    (row,) = await cluster.query(
        "SELECT count(*) AS rows, count(DISTINCT (spool, position)) AS ids, count(DISTINCT body) AS bodies FROM logmesh.logs"
    )
    assert (row["rows"], row["ids"], row["bodies"]) == (client.records_sent,) * 3
