"""``make bench-tail``: how soon a record is at the client, and what stopped readers cost.

A producer's stream appends at a steady rate; a client of the gateway notes when each record's frame is there. Latency runs
from when a batch was made, which is up to a batch's share of the rate (20 ms) before it is sent. Then many tails are opened
that never read, and memory and latency are looked at again. Machines differ and are shared: compare figures of one run.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import psutil
import uvloop

from benchmarks.load import Load, Payloads
from benchmarks.servers import ADDRESS, Servers
from logmesh.cli.local.ports import free_port
from logmesh.live.frames import TailResponse
from logmesh.v1 import tail_service_pb2 as pb
from logmesh.v1.record_pb2 import LogRecord

_METHOD = "/logmesh.v1.TailService/Tail"
_READY_SECONDS = 20


def main() -> None:
    """Parse the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=int, default=5_000, help="records a second (default 5,000)")
    parser.add_argument("--batch", type=int, default=100, help="records a batch (default 100)")
    parser.add_argument("--seconds", type=float, default=6, help="seconds of each run (default 6; there are two)")
    parser.add_argument("--filter", default="", help="filter of the tail that is measured (default: everything)")
    parser.add_argument("--stopped", type=int, default=100, help="readers that stop (default 100)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="logmesh-bench-") as folder:
        Path(folder).chmod(0o755)  # PostgreSQL may run as another user
        servers = Servers(Path(folder))
        gateway, port = _start_gateway(servers)
        try:
            uvloop.run(_run(servers, gateway, f"{ADDRESS}:{port}", arguments))
        finally:
            gateway.terminate()
            gateway.wait(20)
            servers.stop()


def _start_gateway(servers: Servers) -> tuple[psutil.Popen, int]:
    port = free_port()
    environment = {
        **os.environ,
        "LOGMESH_NAME": "bench",
        "LOGMESH_LISTEN_ADDRESS": ADDRESS,
        "LOGMESH_PORT": str(port),
        "LOGMESH_METRICS_PORT": "0",
        "LOGMESH_LOG_LEVEL": "error",
        "LOGMESH_DATABASE_DSN": servers.postgres.dsn("logmesh_reader", over_socket=True),
        "LOGMESH_PROCESSORS": servers.target,
        "LOGMESH_DRAIN_SECONDS": "0",
    }
    command = [sys.executable, "-m", "logmesh.gateway"]
    return psutil.Popen(command, env=environment, stderr=subprocess.DEVNULL), port


async def _run(servers: Servers, gateway: psutil.Popen, address: str, arguments: argparse.Namespace) -> None:
    payloads = Payloads(arguments.batch, 110)
    await _warm_up(servers, payloads)
    await _measure("one reader", servers, gateway, address, payloads, arguments)
    if arguments.stopped:
        before = servers.memory_mib(), _memory(gateway)
        async with stopped_readers(address, arguments.stopped):
            await _measure(f"{arguments.stopped} stopped", servers, gateway, address, payloads, arguments)
            after = servers.memory_mib(), _memory(gateway)
        print(
            f"{arguments.stopped} stopped readers: processor {after[0] - before[0]:+.0f} MiB,"
            f" gateway {after[1] - before[1]:+.0f} MiB"
        )


async def _warm_up(servers: Servers, payloads: Payloads) -> None:
    for _ in range(100):
        try:
            await Load(servers.target, payloads, 20).run()
            return
        except Exception:  # noqa: BLE001  # not up yet, in whatever way
            await asyncio.sleep(0.2)
    raise SystemExit("the processor did not come up")


async def _measure(
    name: str, servers: Servers, gateway: psutil.Popen, address: str, payloads: Payloads, arguments: argparse.Namespace
) -> None:
    """Append for some seconds, and print how soon the records came."""
    batches = max(1, int(arguments.rate * arguments.seconds / arguments.batch))
    load = Load(servers.target, payloads, batches, arguments.rate)
    arrivals: list[tuple[float, bytes]] = []
    dropped = [0]
    async with _reader(address, arguments.filter, arrivals, dropped):
        before, began = (servers.processor_cpu(), _cpu(gateway)), time.monotonic()
        await load.run()
        took = time.monotonic() - began
        await asyncio.sleep(0.5)
        spent = servers.processor_cpu() - before[0], _cpu(gateway) - before[1]
    delays = sorted(arrived - LogRecord.FromString(record).time_unix_nano / 1e9 for arrived, record in arrivals)
    logged = sorted(load.logged_seconds)
    if not delays:
        raise SystemExit("no record came")
    p50, p99 = (delays[int(len(delays) * part)] * 1000 for part in (0.5, 0.99))
    print(
        f"{name:>12}: append → frame at {arguments.rate:,}/s: p50 {p50:.0f} ms  p99 {p99:.0f} ms"
        f"  most {delays[-1] * 1000:.0f} ms  ({len(delays):,} of {batches * arguments.batch:,} came, {dropped[0]:,} dropped;"
        f" LOGGED p99 {logged[int(len(logged) * 0.99)] * 1000:.0f} ms; processor {spent[0] / took:.0%},"
        f" gateway {spent[1] / took:.0%} of a core)"
    )


@asynccontextmanager
async def _reader(
    address: str, filter_text: str, arrivals: list[tuple[float, bytes]], dropped: list[int]
) -> AsyncIterator[None]:
    """Note what comes while the body runs; records stay bytes, so that reading costs little beside what is measured."""

    async def read() -> None:
        async for message in _tail(channel, filter_text):
            now = time.time()
            arrivals.extend((now, record) for record in message.frame.records)
            dropped[0] = message.counters.dropped

    async with grpc.aio.insecure_channel(address) as channel:
        await asyncio.wait_for(channel.channel_ready(), _READY_SECONDS)
        reading = asyncio.create_task(read())
        await asyncio.sleep(1)
        try:
            yield
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)


@asynccontextmanager
async def stopped_readers(address: str, count: int) -> AsyncIterator[None]:
    """Tails that are opened and never read, each on a connection of its own."""
    options = [("grpc.use_local_subchannel_pool", 1), ("grpc.http2.bdp_probe", 0)]
    channels = [grpc.aio.insecure_channel(address, options=options) for _ in range(count)]
    calls = [_tail(channel, "") for channel in channels]
    for call in calls:
        await call.wait_for_connection()
    try:
        yield
    finally:
        for channel in channels:
            await channel.close(None)


def _tail(channel: grpc.aio.Channel, filter_text: str) -> Any:
    method: Any = channel.unary_stream(
        _METHOD,
        request_serializer=pb.TailRequest.SerializeToString,
        response_deserializer=TailResponse.FromString,
    )
    return method(pb.TailRequest(filter=filter_text))


def _memory(process: psutil.Process) -> float:
    return float(process.memory_info().rss / 2**20)


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


if __name__ == "__main__":
    main()
