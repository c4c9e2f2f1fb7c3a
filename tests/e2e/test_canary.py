"""`logmesh up --canary 10`: the share that the canary gets, and that a processor's death in the midst loses nothing."""

import asyncio
import json
import os
import re
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import grpc
import pytest
from tests.commands import run
from tests.e2e.test_up import LOOPBACK, Running, begun, child_pid
from tests.integration.processor.append_stream import AppendStream

from logmesh.runtime.channel import open_channel
from logmesh.runtime.settings import TlsFiles

STREAMS = 1_000
PERCENT = 10
# Five standard deviations of 1,000 draws of a tenth: a right split fails this once in two million runs.
SLACK = 48
AT_ONCE = 8


@pytest.fixture
def system(tmp_path: Path) -> Iterator[Running]:
    running = Running(begun(tmp_path / "data"), "--canary", str(PERCENT), "--producers", "2", "--rate", "300")
    try:
        running.wait_for("Logmesh is up")
        yield running
    finally:
        if running.process.poll() is None:
            running.stop()


class Streams:
    """Opens streams as a producer does, one Hello each, and counts who welcomed them."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._channel = channel
        self.welcomed: Counter[str] = Counter()
        self.refused = 0

    async def open(self, count: int) -> None:
        """Open and close `count` streams, a few at once; one that is cut is opened again."""
        left = iter(range(count))

        async def some() -> None:
            for _ in left:
                while not await self._one():
                    await asyncio.sleep(0.05)

        await asyncio.gather(*(some() for _ in range(AT_ONCE)))

    async def _one(self) -> bool:
        stream = AppendStream(self._channel)
        try:
            self.welcomed[(await stream.hello(producer="counted")).processor] += 1
        except grpc.aio.AioRpcError:
            self.refused += 1
            return False
        finally:
            stream.cut()
        return True


async def test_a_tenth_of_new_streams_reaches_the_canary_and_a_killed_processor_loses_nothing(system: Running) -> None:
    known = json.loads((system.data_dir / "run.json").read_text())
    assert known["target"] == f"ipv4:{LOOPBACK}.1:50051"
    files = TlsFiles(Path(known["tls_cert"]), Path(known["tls_key"]), Path(known["tls_ca"]))
    victim = stable_processor_of_a_producer(system)
    async with open_channel(known["target"], files, server_name="log-processor") as channel:
        streams = Streams(channel)
        await streams.open(STREAMS // 2)
        os.kill(child_pid(system.process.pid, victim, "logmesh.processor"), signal.SIGKILL)
        await streams.open(STREAMS // 2)
    system.wait_for(f"{victim} is up again")

    assert streams.welcomed.total() == STREAMS
    assert abs(streams.welcomed["log-processor-canary-0"] - STREAMS * PERCENT // 100) <= SLACK, streams.welcomed
    assert streams.welcomed.keys() == {"log-processor-0", "log-processor-1", "log-processor-canary-0"}
    # What was under way when the processor died is cut; everything after is tried again by the edge.
    assert streams.refused <= 2 * AT_ONCE, streams.refused

    gateway = ("--gateway", f"{LOOPBACK}.1:8080")
    status = json.loads(run("status", "--output", "json", *gateway).stdout)
    tracks = {processor["name"]: processor["track"] for processor in status["processors"]}
    assert tracks["log-processor-canary-0"] == "canary"
    assert status["streams_by_track"].keys() == {"stable", "canary"}
    assert "open streams: " in run("status", *gateway).stdout

    await until_nothing_is_missing(system.data_dir)
    assert await asyncio.to_thread(system.stop) == 0
    stopped = {
        name
        for name in ("log-receiver", "log-producer-0", "log-producer-1")
        if re.search(rf"{name} +producer has stopped", system.said())
    }
    assert len(stopped) == 3  # nothing stays in a spool, or it would say so instead


def stable_processor_of_a_producer(system: Running) -> str:
    """One that has a producer's stream, so that its death is noticed; any, should all producers be on the canary."""
    system.wait_for("log-producer-1 .*stream is open")
    found = re.findall(r"log-producer-\d .*stream is open .*processor=(log-processor-\d)\b", system.said())
    return found[0] if found else "log-processor-0"


async def until_nothing_is_missing(data_dir: Path) -> None:
    """Wait until each producer's batches are one range from the first on: what was cut has come again."""
    dsns = json.loads((data_dir / "dsn.json").read_text())
    connection = await asyncpg.connect(dsns["logmesh_owner"])
    try:
        async with asyncio.timeout(60):
            while (
                await connection.fetchval(
                    "SELECT count(*) FROM logmesh.spools WHERE producer LIKE 'log-producer-%' AND stored > 0"
                    " AND committed = int8multirange(int8range(1, upper(committed)))"
                )
                < 2
            ):
                await asyncio.sleep(0.2)
    finally:
        await connection.close()
