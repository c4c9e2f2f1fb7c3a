"""A tail while processors are killed and the gateway is restarted: every record once by its id, or in a gap that says so."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import grpc
import pytest
from tests.faults.cluster import Cluster
from tests.integration.gateway.running import TailReader, running_gateway

from logmesh.cli.local.ports import free_port
from logmesh.v1 import tail_service_pb2 as pb

CHUNK = 40


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """Two processors, and a producer that follows a file."""
    cluster = Cluster(tmp_path)
    cluster.start()
    yield cluster
    cluster.stop()


@contextlib.asynccontextmanager
async def writing(cluster: Cluster, every_seconds: float) -> AsyncIterator[None]:
    """Append lines for as long as the body runs."""

    async def write() -> None:
        while True:
            cluster.write_lines(CHUNK)
            await asyncio.sleep(every_seconds)

    task = asyncio.create_task(write())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@contextlib.asynccontextmanager
async def followed(reader: TailReader, address: str) -> AsyncIterator[None]:
    """Read over and over, from the last token, as a client that reconnects does."""

    async def read() -> None:
        while True:
            await reader.read(address)
            assert reader.ended is None or reader.ended.code() is not grpc.StatusCode.INVALID_ARGUMENT
            await asyncio.sleep(random.uniform(0, 0.2))

    task = asyncio.create_task(read())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.mark.timeout(180)
async def test_every_record_comes_once_whatever_is_killed_meanwhile(cluster: Cluster) -> None:
    await asyncio.to_thread(cluster.write_lines, CHUNK)
    await cluster.wait_until_stored(60)
    before = cluster.lines
    target = "ipv4:" + ",".join(f"{cluster.address(name)}:{cluster.direct_port}" for name in cluster.names)
    dsn, port = cluster.postgres.dsn("logmesh_reader"), free_port()
    reader, some = TailReader(), TailReader('"7 of the fault"')

    async with contextlib.AsyncExitStack() as clients:
        async with running_gateway(dsn, target, port=port) as address:
            for each in (reader, some):
                await clients.enter_async_context(followed(each, address))
            await reader.until(lambda: bool(reader.token) and bool(some.token))
            async with writing(cluster, 0.05):
                await asyncio.sleep(1.5)
                cluster.kill("log-processor-0")
                await asyncio.sleep(1.5)
                cluster.start_processor("log-processor-0")
                await asyncio.sleep(1.0)
        # No gateway for a while; what is stored meanwhile is in the store alone.
        async with writing(cluster, 0.05):
            await asyncio.sleep(1.0)
            cluster.kill("log-processor-1")
            async with running_gateway(dsn, target, port=port):
                await asyncio.sleep(1.0)
                cluster.start_processor("log-processor-1")
                await asyncio.sleep(1.0)
                await asyncio.to_thread(cluster.kill_postgres)
                await asyncio.sleep(1.0)
        async with running_gateway(dsn, target, port=port):
            cluster.write_lines(CHUNK)
            await cluster.wait_until_stored(60)
            with contextlib.suppress(TimeoutError):
                await reader.until(lambda: len(reader.seen) >= cluster.lines - before, 30)
            await asyncio.sleep(3)

    twice = [record for record, times in (reader.seen + some.seen).items() if times > 2] + [
        record for each in (reader, some) for record, times in each.seen.items() if times > 1
    ]
    assert not twice
    rows = await cluster.query("SELECT to_hex(spool) || '-' || to_hex(position) AS id, body FROM logmesh.logs")
    stored = {row["id"]: row["body"] for row in rows}
    assert reader.seen.keys() <= stored.keys()
    left_out = sum(gap.dropped for gap in reader.gaps)
    assert len(reader.seen) + left_out == cluster.lines - before
    if not left_out:
        assert len(set(reader.bodies)) == cluster.lines - before
    expected = {body for body in reader.bodies if "7 of the fault" in body}
    assert set(some.bodies) == expected


@pytest.mark.timeout(120)
async def test_a_tail_goes_on_without_the_store_and_names_a_processor_that_is_away_as_well(cluster: Cluster) -> None:
    await asyncio.to_thread(cluster.write_lines, CHUNK)
    await cluster.wait_until_stored(60)
    before = cluster.lines
    target = "ipv4:" + ",".join(f"{cluster.address(name)}:{cluster.direct_port}" for name in cluster.names)
    reader = TailReader()
    async with running_gateway(cluster.postgres.dsn("logmesh_reader"), target) as address, followed(reader, address):
        await reader.until(lambda: bool(reader.token))
        await asyncio.to_thread(cluster.postgres.stop, "immediate")
        cluster.write_lines(CHUNK)
        await reader.until(lambda: len(reader.bodies) == CHUNK)
        cluster.kill("log-processor-0")
        await reader.until(lambda: bool(reader.gaps))
        await asyncio.to_thread(cluster.postgres.start)
        cluster.start_processor("log-processor-0")
        cluster.write_lines(CHUNK)
        await reader.until(lambda: len(reader.seen) == cluster.lines - before, 40)
        await asyncio.sleep(2.5)
    (gap,) = reader.gaps
    assert (gap.reason, gap.dropped) == (pb.TAIL_GAP_REASON_PROCESSOR_AWAY, 0)
    assert gap.processor == f"{cluster.address('log-processor-0')}:{cluster.direct_port}"
    assert set(reader.seen.values()) == {1}
    assert len(reader.seen) == cluster.lines - before
