"""A processor lost with its disk loses nothing that a spool holds: a spool is freed at COMMITTED, not at LOGGED.

The second test lets a client forget at LOGGED, which must lose its batches: else the first would show nothing.
"""

import contextlib
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from pathlib import Path

import asyncpg
import pytest
from tests.faults.append_client import AppendClient
from tests.faults.cluster import Cluster
from tests.faults.test_tail import writing
from tests.waiting import until

from logmesh.journal import Journal
from logmesh.processor.frame import decode_frame
from logmesh.record.ranges import RangeSet
from logmesh.storage.multirange import from_multirange
from logmesh.v1 import pipeline_service_pb2 as pb

ROUNDS = 3
Batch = tuple[str, int]
"""Spool id and number."""
Names = Callable[[], Awaitable[list[str]]]


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """Two processors and two producers, whose spools keep nothing for longer than they must."""
    cluster = Cluster(tmp_path, producers=2)
    for name in cluster.producer_names:
        cluster.environment[name] = {"LOGMESH_SPOOL_RETAIN_SECONDS": "0"}
    yield cluster
    cluster.stop()


@pytest.mark.timeout(300)
async def test_processors_lost_with_their_disks_lose_and_repeat_nothing(cluster: Cluster) -> None:
    cluster.start()
    for _ in cluster.producer_names:
        cluster.write_lines(1_000)
    await cluster.wait_until_stored(30)
    destroyed: list[Batch] = []
    for _ in range(ROUNDS):
        async with writing(cluster, 0.02):
            await more_is_stored(cluster)
            # The database keeps up: some batch may be committed whose producer is never told.
            name, _ = await one_that_has(cluster, lambda state: state.streams)
            await lose_with_disk(cluster, name)
            async with flushes_held(cluster) as flushes_in_vain:
                for _ in cluster.names:
                    name, logged = await one_that_has(cluster, lambda state: state.unwritten_batches, flushes_in_vain)
                    lost = await lose_with_disk(cluster, name)
                    assert len(lost) >= logged, "not all that was LOGGED was in the log that was deleted"
                    destroyed += lost
            await more_is_stored(cluster)
    await cluster.wait_until_stored(30)

    (row,) = await cluster.query(
        "SELECT count(*) AS rows, count(DISTINCT (spool, position)) AS ids, count(DISTINCT body) AS bodies FROM logmesh.logs"
    )
    assert (row["rows"], row["ids"], row["bodies"]) == (cluster.lines,) * 3
    (ledger,) = await cluster.query(
        "SELECT count(*) AS spools, sum(stored) AS stored, sum(dead_letters) AS dead_letters FROM logmesh.spools"
    )
    assert tuple(ledger) == (cluster.producers, cluster.lines, 0)
    assert await cluster.holes() == []
    assert not await uncommitted(cluster, destroyed)
    print(
        f"{3 * ROUNDS} processors lost with their disks, {len(set(destroyed))} batches LOGGED there and not COMMITTED "
        f"({len(destroyed) - len(set(destroyed))} times again on the next disk), {cluster.lines} records: "
        "0 lost, 0 duplicated"
    )


@pytest.mark.timeout(60)
async def test_who_forgets_at_logged_loses_batches_with_the_disk(cluster: Cluster) -> None:
    name = cluster.names[0]
    cluster.start_processor(name)
    client = AppendClient(f"{cluster.address(name)}:{cluster.direct_port}")
    await client.open()
    await client.send_new()
    await client.until(lambda: client.committed == {1})
    async with flushes_held(cluster):
        for _ in range(20):
            await client.send_new()
        await client.until(lambda: len(client.logged) == 21)
        lost = await lose_with_disk(cluster, name)
        assert lost == {(client.spool_id, seq) for seq in range(2, 22)}
    await client.open()
    await client.send_new()
    await client.until(lambda: 22 in client.committed)
    assert await uncommitted(cluster, lost) == lost

    await client.send_uncommitted()  # which a spool makes possible
    await client.until(lambda: client.committed >= client.batches.keys())
    await client.close()
    assert not await uncommitted(cluster, lost)


async def lose_with_disk(cluster: Cluster, name: str) -> set[Batch]:
    """kill -9, delete the folder, start a processor in its place. Returns what was in that log and is not committed."""
    cluster.kill(name)
    gone = (cluster.folder / name).rename(cluster.folder / "gone")
    with Journal.open(gone) as journal:
        headers = [decode_frame(payload)[0] for _, payload in journal.frames()]
    shutil.rmtree(gone)
    cluster.start_processor(name)
    return await uncommitted(cluster, ((header.key.spool_id, header.seq) for header in headers))


@contextlib.asynccontextmanager
async def flushes_held(cluster: Cluster) -> AsyncIterator[Names]:
    """Nothing is committed meanwhile of the spools that there are. Yields who has begun a flush since, in vain: a flush that was
    committed just before counts as unwritten until then.

    This lock keeps a flush from its ledger rows (FOR UPDATE) and lets a new stream note what its spool holds (FOR NO KEY
    UPDATE): batches are logged as ever, by the next processor as well.
    """
    connection = await asyncpg.connect(cluster.postgres.dsn("postgres", "logmesh"))

    async def flushes_in_vain() -> list[str]:
        rows = await cluster.query(
            "SELECT substring(application_name FROM '^logmesh-processor (.+) flush$') AS name FROM pg_stat_activity"
            f" WHERE application_name LIKE '% flush' AND query_start > '{held_since}'"
        )
        return [row["name"] for row in rows]

    try:
        async with connection.transaction():
            await connection.execute("SELECT FROM logmesh.spools FOR KEY SHARE")
            held_since = await connection.fetchval("SELECT clock_timestamp()::text")
            yield flushes_in_vain
    finally:
        await connection.close()


async def one_that_has(
    cluster: Cluster, figure: Callable[[pb.ProcessorState], int], names: Names | None = None
) -> tuple[str, int]:
    """Wait for a processor, one of `names`, that answers with a figure above 0: its name, and the figure. Raises TimeoutError."""

    async def found() -> tuple[str, int] | None:
        for name in cluster.names if names is None else await names():
            if (state := await cluster.state(name)) and (number := figure(state)):
                return name, number
        return None

    one = await until(found)
    assert one is not None
    return one


async def more_is_stored(cluster: Cluster) -> None:
    """Wait until more lines are stored than now."""

    async def stored() -> int:
        (row,) = await cluster.query("SELECT count(*) AS n FROM logmesh.logs")
        return int(row["n"])

    before = await stored()

    async def is_more() -> bool:
        return await stored() > before

    await until(is_more)


async def uncommitted(cluster: Cluster, batches: Iterable[Batch]) -> set[Batch]:
    """Those that the ledger does not have."""
    rows = await cluster.query("SELECT spool_id::text, committed::text FROM logmesh.spools")
    ledger = {row["spool_id"]: from_multirange(row["committed"]) for row in rows}
    return {(spool, seq) for spool, seq in batches if seq not in ledger.get(spool, RangeSet())}
