"""What was acknowledged survives a loss of power, and what was read is neither lost nor repeated.

Each promise is also tested with fdatasync taken out, which must break it: else these tests would show nothing.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import asyncpg
import pytest
from tests.faults.append_client import AppendClient, until_answers
from tests.faults.cluster import Cluster
from tests.faults.power import Disk
from tests.waiting import until

from logmesh.storage.multirange import from_multirange

PROCESSOR, PRODUCER = "log-processor-0", "log-producer"
LOSSES = 5


@pytest.fixture
def cluster(tmp_path: Path, shim: Path) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path, processors=1)
    yield cluster
    cluster.stop()


@pytest.mark.timeout(180)
async def test_what_was_logged_survives_losses_of_power_of_the_processor(cluster: Cluster, shim: Path) -> None:
    disk = Disk(shim, cluster.folder / PROCESSOR)
    cluster.environment[PROCESSOR] = disk.environment()
    cluster.start()
    client = AppendClient(address_of(cluster))
    only_logged = 0
    for at in range(LOSSES):
        only_logged += await lose_power_under_load(cluster, client, disk, seed=at)
        await wait_until_committed(cluster, client, 20)
    await client.open()
    await client.send_uncommitted()
    await client.until(lambda: client.committed >= client.batches.keys())
    await client.close()

    cluster.lines += client.records_sent
    await cluster.wait_until_stored(30)
    (row,) = await cluster.query(
        "SELECT count(*) AS rows, count(DISTINCT (spool, position)) AS ids, count(DISTINCT body) AS bodies FROM logmesh.logs"
    )
    assert (row["rows"], row["ids"], row["bodies"]) == (cluster.lines,) * 3
    assert only_logged >= 5 * LOSSES, "hardly any batch was in the log alone when the power went"
    print(f"{LOSSES} losses of power, {cluster.lines} records, {only_logged} batches were in the log alone: 0 lost")


@pytest.mark.timeout(120)
async def test_without_fdatasync_a_loss_of_power_loses_what_was_logged(cluster: Cluster, shim: Path) -> None:
    disk = Disk(shim, cluster.folder / PROCESSOR)
    cluster.environment[PROCESSOR] = disk.environment(lies=True)
    cluster.start_processor(PROCESSOR)
    client = AppendClient(address_of(cluster))
    await lose_power_under_load(cluster, client, disk, seed=0)
    # The processor comes back and stores all that its log still holds.
    await until_answers(address_of(cluster))
    await until(lambda: holds_nothing(cluster))
    with pytest.raises(TimeoutError, match="logged batches are not stored"):
        await wait_until_committed(cluster, client, 0)
    await client.close()


@pytest.mark.timeout(180)
async def test_a_producers_losses_of_power_lose_and_repeat_no_line(cluster: Cluster, shim: Path) -> None:
    disk = Disk(shim, cluster.folder / "spool")
    cluster.environment[PRODUCER] = disk.environment()
    cluster.start()
    await lose_power_of_the_producer(cluster, disk, LOSSES)
    await cluster.wait_until_stored(30)
    assert await stored(cluster) == (cluster.lines, cluster.lines)
    (ledger,) = await cluster.query("SELECT count(*) AS lanes FROM logmesh.spools WHERE producer <> 'client'")
    assert 1 <= ledger["lanes"] <= LOSSES + 1, "each start of the producer opens its spool once"
    assert await cluster.holes() == []
    print(f"{LOSSES} losses of power of the producer, {cluster.lines} lines: 0 lost, 0 repeated")


@pytest.mark.timeout(120)
async def test_without_fdatasync_a_producers_loss_of_power_loses_or_repeats_lines(cluster: Cluster, shim: Path) -> None:
    disk = Disk(shim, cluster.folder / "spool")
    cluster.environment[PRODUCER] = disk.environment(lies=True)
    cluster.start()
    await lose_power_of_the_producer(cluster, disk, 2)
    # Lines come in their order: with the last one, all is there that is going to be.
    cluster.write_lines(1)
    last = f"SELECT FROM logmesh.logs WHERE body LIKE 'line {cluster.lines - 1:08d} %'"
    await until(lambda: cluster.query(last))
    assert await stored(cluster) != (cluster.lines, cluster.lines)


async def lose_power_under_load(cluster: Cluster, client: AppendClient, disk: Disk, seed: int) -> int:
    """Send while the database keeps up and then while it doesn't, take the power away in the midst of it, start again.

    Returns how many batches were logged and not committed at that moment.
    """
    choice = random.Random(seed)
    await client.open()
    await client.send_uncommitted()
    cluster.write_lines(500)
    before = len(client.committed)
    for _ in range(10):
        await client.send_new()
    await client.until(lambda: len(client.committed) >= before + 10)
    async with database_stands_still(cluster):
        cluster.write_lines(500)
        ends = time.monotonic() + choice.uniform(0.3, 0.8)
        while time.monotonic() < ends:
            await client.send_new()
            await asyncio.sleep(choice.uniform(0, 0.01))
        # Whatever acknowledgement the processor still sends until it is dead counts.
        sending = asyncio.create_task(send_for_ever(client))
        await asyncio.sleep(choice.uniform(0.05, 0.2))
        cluster.kill(PROCESSOR)
        await client.until(lambda: client.broken)
        await sending
        disk.lose_power(torn=choice if seed % 2 else None)
    cluster.start_processor(PROCESSOR)
    return len(client.logged - client.committed)


async def send_for_ever(client: AppendClient) -> None:
    """Send until the stream breaks."""
    while not client.broken:
        await client.send_new()


@asynccontextmanager
async def database_stands_still(cluster: Cluster) -> AsyncIterator[None]:
    """Nothing can be stored meanwhile; streams stay open."""
    connection = await asyncpg.connect(cluster.postgres.dsn("postgres", "logmesh"))
    try:
        async with connection.transaction():
            await connection.execute("LOCK TABLE logmesh.logs IN ACCESS EXCLUSIVE MODE")
            yield
    finally:
        await connection.close()


async def wait_until_committed(cluster: Cluster, client: AppendClient, seconds: float) -> None:
    """Wait until the ledger holds all that was acknowledged as logged. Raises TimeoutError with the numbers."""
    ends = time.monotonic() + seconds
    while True:
        (row,) = await cluster.query(f"SELECT committed::text FROM logmesh.spools WHERE spool_id = '{client.spool_id}'")
        held = from_multirange(row["committed"])
        missing = [seq for seq in sorted(client.logged) if seq not in held]
        if not missing:
            return
        if time.monotonic() > ends:
            raise TimeoutError(f"{len(missing)} logged batches are not stored: {missing[:10]} …")
        await asyncio.sleep(0.1)


async def lose_power_of_the_producer(cluster: Cluster, disk: Disk, losses: int) -> None:
    """Write lines at an uneven pace, so that batches read anew would not be the same ones, and take the power away."""
    choice = random.Random(5)
    await until_answers(address_of(cluster))  # the schema is there
    cluster.write_lines(100)
    await cluster.wait_until_stored(30)
    for at in range(losses):
        if at % 2:
            async with database_stands_still(cluster):
                await write_unevenly(cluster, choice)
                cut_off_producer(cluster, disk, choice)
        else:
            await write_unevenly(cluster, choice)
            cut_off_producer(cluster, disk, None)
        before, _ = await stored(cluster)
        cluster.write_lines(choice.randrange(1, 500))
        await until(partial(has_grown, cluster, before))
    await write_unevenly(cluster, choice)


async def write_unevenly(cluster: Cluster, choice: random.Random) -> None:
    """About a thousand lines in half a second."""
    for _ in range(12):
        cluster.write_lines(choice.randrange(20, 150))
        await asyncio.sleep(choice.uniform(0, 0.08))


def cut_off_producer(cluster: Cluster, disk: Disk, torn: random.Random | None) -> None:
    """Kill it, discard what it had not synchronised, start it."""
    cluster.kill(PRODUCER)
    disk.lose_power(torn)
    cluster.start_producer()


async def stored(cluster: Cluster) -> tuple[int, int]:
    """Rows and distinct bodies."""
    (row,) = await cluster.query("SELECT count(*) AS rows, count(DISTINCT body) AS bodies FROM logmesh.logs")
    return row["rows"], row["bodies"]


async def has_grown(cluster: Cluster, before: int) -> bool:
    """Whether more is stored than before."""
    return (await stored(cluster))[0] > before


async def holds_nothing(cluster: Cluster) -> bool:
    """Whether the processor answers and has stored all that it has logged."""
    state = await cluster.state(PROCESSOR)
    return state is not None and state.unwritten_batches == 0


def address_of(cluster: Cluster) -> str:
    """Where the processor takes streams."""
    return f"{cluster.address(PROCESSOR)}:{cluster.direct_port}"
