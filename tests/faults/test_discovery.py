"""Producers that find processors by headless DNS follow what comes and goes, and lose nothing on the way."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from dnslib import QTYPE, RR, A, DNSRecord
from dnslib.server import BaseResolver, DNSHandler, DNSServer
from tests.faults.cluster import Cluster

from logmesh.client.delivering.spool import Spool
from logmesh.producer.forwarder import Forwarder
from logmesh.producer.settings import ProducerSettings
from logmesh.record.columns import ColumnsBuilder

HOST = "log-processor-headless"
PRODUCERS = 4


class Headless(BaseResolver):  # type: ignore[misc]  # dnslib has no types
    """Answers for the headless Service with `addresses`, as the cluster's DNS does; counts questions for A."""

    def __init__(self, addresses: list[str]) -> None:
        self.addresses = addresses
        self.asked = 0

    def resolve(self, request: DNSRecord, _handler: DNSHandler) -> DNSRecord:
        """A reply without records for other types and names."""
        reply = request.reply()
        if request.q.qtype == QTYPE.A and str(request.q.qname).rstrip(".") == HOST:
            self.asked += 1
            for address in self.addresses:
                reply.add_answer(RR(request.q.qname, QTYPE.A, rdata=A(address), ttl=1))
        return reply


class Producer:
    """A spool and a forwarder, with batches written at a steady pace."""

    def __init__(self, folder: Path, name: str, target: str) -> None:
        settings = ProducerSettings(
            name=name, target=target, spool_dir=folder / name, rotate_seconds=(1, 2), metrics_port=0
        )
        self.spool = Spool(settings.spool_dir, max_bytes=64 << 20, retain_seconds=3600)
        self.forwarder = Forwarder(settings, self.spool)
        self.records = 0
        self._name = name
        self._thread = ThreadPoolExecutor(1)

    async def write(self, records: int = 50) -> None:
        """Spool one batch."""
        columns = ColumnsBuilder()
        for at in range(self.records, self.records + records):
            columns.append(f"{self._name} record {at}".encode(), time_unix_nano=time.time_ns())
        built = columns.build(time.time_ns())
        spooled = await asyncio.get_running_loop().run_in_executor(self._thread, self.spool.append, built, {})
        self.spool.add(spooled)
        self.forwarder.spooled()
        self.records += records

    def close(self) -> None:
        """Close the spool."""
        self._thread.shutdown()
        self.spool.close()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path, processors=3)
    for name in cluster.names:
        cluster.environment[name] = {"LOGMESH_MAX_CONNECTION_AGE_SECONDS": "2"}
    yield cluster
    cluster.stop()


@pytest.mark.timeout(120)
async def test_producers_follow_headless_dns_as_processors_come_and_go(cluster: Cluster, tmp_path: Path) -> None:
    first, second, third = cluster.names
    for name in (first, second):
        cluster.start_processor(name)
    headless = Headless([cluster.address(first), cluster.address(second)])
    server = DNSServer(headless, address="127.0.0.1", port=0)
    server.start_thread()
    target = f"dns://127.0.0.1:{server.server.server_address[1]}/{HOST}:{cluster.direct_port}"
    try:
        async with running_producers(tmp_path, target) as producers:
            await until_streams(cluster, {first: 1, second: 1})
            assert headless.asked

            cluster.start_processor(third)
            await until_answers(cluster, third)
            headless.addresses = [cluster.address(name) for name in cluster.names]
            await until_streams(cluster, {first: 1, second: 1, third: 1})

            headless.addresses.remove(cluster.address(first))
            stopped = cluster.running.pop(first)
            stopped.send_signal(signal.SIGTERM)
            assert await asyncio.to_thread(stopped.wait, 25) == 0
            await until_streams(cluster, {second: 1, third: 1}, all_of=PRODUCERS)

            # Its address stays for a while, as it does until a cluster has noticed.
            cluster.kill(second)
            await until_streams(cluster, {third: 1}, all_of=PRODUCERS)
            headless.addresses.remove(cluster.address(second))
            await asyncio.sleep(1)
    finally:
        server.stop()
        server.server.server_close()
    # What only the killed one has logged was sent again; its log, replayed, changes nothing.
    cluster.start_processor(second)
    await until_answers(cluster, second)
    cluster.lines = sum(producer.records for producer in producers)
    await everything_is_stored_once(cluster)
    print(f"{cluster.lines} records, 0 lost, 0 duplicated; {headless.asked} questions answered")


@pytest.mark.timeout(120)
async def test_producers_find_processors_soon_after_a_long_absence(cluster: Cluster, tmp_path: Path) -> None:
    headless = Headless([])
    server = DNSServer(headless, address="127.0.0.1", port=0)
    server.start_thread()
    target = f"dns://127.0.0.1:{server.server.server_address[1]}/{HOST}:{cluster.direct_port}"
    name = cluster.names[0]
    cluster.start_processor(name)
    await until_answers(cluster, name)
    try:
        async with running_producers(tmp_path, target) as producers:
            # gRPC itself asks after 1, 1.6, 2.6 … seconds: the next question would come 10 s later.
            await asyncio.sleep(17)
            headless.addresses = [cluster.address(name)]
            found = time.monotonic()
            await until_streams(cluster, {name: PRODUCERS})
            print(f"found {time.monotonic() - found:.1f} s after they were back")
            assert time.monotonic() - found < 8
    finally:
        server.stop()
        server.server.server_close()
    cluster.lines = sum(producer.records for producer in producers)
    await everything_is_stored_once(cluster)


@pytest.mark.timeout(120)
async def test_a_processor_that_is_paused_catches_up(cluster: Cluster, tmp_path: Path) -> None:
    for name in cluster.names:
        cluster.start_processor(name)
    addresses = ",".join(f"{cluster.address(name)}:{cluster.direct_port}" for name in cluster.names)
    async with running_producers(tmp_path, f"ipv4:{addresses}") as producers:
        await until_streams(cluster, dict.fromkeys(cluster.names, 0), all_of=PRODUCERS)
        counts = {name: await streams(cluster, name) for name in cluster.names}
        paused = cluster.running[max(counts, key=lambda name: counts[name])].pid
        os.kill(paused, signal.SIGSTOP)
        try:
            await asyncio.sleep(8)
        finally:
            os.kill(paused, signal.SIGCONT)
        went_on = time.monotonic()
        waiting = [producer.spool.last_place() for producer in producers]
        while any(
            0 < producer.spool.lowest_uncommitted() <= seq for producer, seq in zip(producers, waiting, strict=True)
        ):
            await asyncio.sleep(0.05)
            assert time.monotonic() < went_on + 30
        print(f"caught up {time.monotonic() - went_on:.1f} s after the pause")
    cluster.lines = sum(producer.records for producer in producers)
    await everything_is_stored_once(cluster)


@asynccontextmanager
async def running_producers(folder: Path, target: str) -> AsyncIterator[list[Producer]]:
    """Producers that write all the time; at the end, all that they wrote is committed."""
    producers = [Producer(folder, f"producer-{at}", target) for at in range(PRODUCERS)]
    forwarding = [asyncio.create_task(producer.forwarder.run()) for producer in producers]
    writing = asyncio.create_task(_write_steadily(producers))
    try:
        yield producers
        writing.cancel()
        async with asyncio.timeout(30):
            await asyncio.gather(*(producer.forwarder.all_committed() for producer in producers))
    finally:
        for task in (writing, *forwarding):
            task.cancel()
        await asyncio.gather(writing, *forwarding, return_exceptions=True)
        for producer in producers:
            producer.close()


async def _write_steadily(producers: list[Producer]) -> None:
    while True:
        for producer in producers:
            await producer.write()
        await asyncio.sleep(0.05)


async def until_streams(cluster: Cluster, least: dict[str, int], *, all_of: int = 0, seconds: float = 25) -> None:
    """Wait until each processor has so many streams, and `all_of` are there in all. Raises TimeoutError with the counts."""
    ends = time.monotonic() + seconds
    while True:
        counts = {name: await streams(cluster, name) for name in least}
        if all(counts[name] >= least[name] for name in least) and sum(counts.values()) >= all_of:
            return
        if time.monotonic() > ends:
            raise TimeoutError(f"streams are {counts}")
        await asyncio.sleep(0.05)


async def until_answers(cluster: Cluster, name: str) -> None:
    """Wait until a processor is ready."""
    async with asyncio.timeout(20):
        while await streams(cluster, name) < 0:
            await asyncio.sleep(0.1)


async def streams(cluster: Cluster, name: str) -> int:
    """Open streams of a processor; -1 when it does not answer."""
    state = await cluster.state(name)
    return state.streams if state else -1


async def everything_is_stored_once(cluster: Cluster) -> None:
    """As many rows, ids and bodies as records, from as many spools as producers, none with a gap."""
    await cluster.wait_until_stored(10)
    (row,) = await cluster.query(
        "SELECT count(*) AS rows, count(DISTINCT (spool, position)) AS ids, count(DISTINCT body) AS bodies FROM logmesh.logs"
    )
    assert (row["rows"], row["ids"], row["bodies"]) == (cluster.lines,) * 3
    (ledger,) = await cluster.query("SELECT count(*) AS spools FROM logmesh.spools")
    assert ledger["spools"] == PRODUCERS
    assert await cluster.holes() == []
