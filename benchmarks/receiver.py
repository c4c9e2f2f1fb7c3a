"""``make bench-receiver``: how long a sender waits until its request is durable in a receiver, beside what the disk itself takes in the
same seconds; and what a receiver's memory is with many connections, also with such as send a part of a large request and stop.

An open loop sends OTLP requests over gRPC at a fixed rate, whatever the answers take; a request's time counts from when it was due. The
disk's is one small write and fdatasync after another, by a process of its own, in the same folder.
"""

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Callable, Coroutine
from itertools import cycle
from pathlib import Path
from typing import Any

import grpc
import psutil
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from benchmarks.disk import probed_disk
from benchmarks.peers.asking import wait_until_serving
from benchmarks.servers import ADDRESS, Servers
from benchmarks.stalled_senders import stall_over_grpc, stall_over_http
from logmesh.cli.local.ports import free_port

_EXPORT = "/opentelemetry.proto.collector.logs.v1.LogsService/Export"
_BODY = "order 4711 placed by user 77 in 12 ms from the warehouse at the river, all paid and packed, on its way to {}"
_WARM_SECONDS = 5.0
_STALL_SECONDS = 6.0
"""Of a round of senders that stop."""
_QUIET_SECONDS = 35.0
"""After it: longer than a receiver waits before it gives memory back."""

Stall = Callable[[str, int, asyncio.Event], Coroutine[Any, Any, None]]


def main() -> None:
    """Parse the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=int, default=10_000, help="records a second (default 10,000)")
    parser.add_argument("--batch", type=int, default=100, help="records a request (default 100)")
    parser.add_argument("--seconds", type=int, default=30, help="of each part (default 30)")
    parser.add_argument("--connections", type=int, default=500, help="of the second part (default 500)")
    parser.add_argument("--rounds", type=int, default=4, help="of connections that stop, of each kind (default 4)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="logmesh-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL may run as another user
        servers = Servers(folder)
        wait_until_serving(servers.target)
        port, http_port = free_port(), free_port()
        address = f"{ADDRESS}:{port}"
        receiver = servers.start_receiver(port, http_port)
        try:
            wait_until_serving(f"ipv4:{address}")
            process = psutil.Process(receiver.pid)
            asyncio.run(_measure(options, address, folder, process))
            for stall, stalled_port in ((stall_over_grpc, port), (stall_over_http, http_port)):
                for _ in range(options.rounds):
                    asyncio.run(_stall(stall, stalled_port, options.connections, process))
        finally:
            receiver.terminate()
            receiver.wait(60)
            servers.stop()


async def _measure(options: argparse.Namespace, address: str, folder: Path, receiver: psutil.Process) -> None:
    async with grpc.aio.insecure_channel(address) as channel:
        export = channel.unary_unary(_EXPORT, None, None)
        await _open_loop(lambda: export, options.rate / options.batch, options.batch, _WARM_SECONDS)
        began = sum(receiver.cpu_times()[:2])
        with probed_disk(folder) as disk:
            waited = await _open_loop(lambda: export, options.rate / options.batch, options.batch, options.seconds)
        used = sum(receiver.cpu_times()[:2]) - began
    print(
        f"{options.rate:,} records/s, {options.batch} a request: acknowledged p50 {_at(waited, 0.5):.1f} p99 {_at(waited, 0.99):.1f}"
        f" most {waited[-1]:.0f} ms; fdatasync p99 {disk.p99:.1f} most {disk.most:.0f} ms;"
        f" receiver {1e6 * used / (len(waited) * options.batch):.1f} CPU-s a million"
    )
    before = receiver.memory_info().rss
    # Channels of one process share a connection unless they are told not to.
    alone = [("grpc.use_local_subchannel_pool", 1)]
    channels = [grpc.aio.insecure_channel(address, options=alone) for _ in range(options.connections)]
    calls = cycle([channel.unary_unary(_EXPORT, None, None) for channel in channels])
    waited = await _open_loop(lambda: next(calls), options.connections, 2, options.seconds)
    grown = (receiver.memory_info().rss - before) / 2**20
    again = await _open_loop(lambda: next(calls), options.connections, 2, options.seconds)
    more = (receiver.memory_info().rss - before) / 2**20 - grown
    print(
        f"{options.connections} connections, a request of two records each a second: p99 {_at(waited, 0.99):.1f}, then"
        f" {_at(again, 0.99):.1f} ms; memory {before / 2**20:.0f} MiB, with them {grown:+.0f}, as long again {more:+.0f}"
    )
    for channel in channels:
        await channel.close(None)


async def _stall(stall: Stall, port: int, connections: int, receiver: psutil.Process) -> None:
    """One round of connections that stop within a request."""
    enough = asyncio.Event()
    stalled = [asyncio.create_task(stall(ADDRESS, port, enough)) for _ in range(connections)]
    most = 0.0
    ends = time.monotonic() + _STALL_SECONDS
    while time.monotonic() < ends:
        await asyncio.sleep(0.1)
        most = max(most, receiver.memory_info().rss / 2**20)
    enough.set()
    await asyncio.gather(*stalled, return_exceptions=True)
    await asyncio.sleep(_QUIET_SECONDS)
    left = receiver.memory_info().rss / 2**20
    print(
        f"{connections} connections stop after 1 MB ({stall.__name__}): memory at most {most:.0f} MiB, then {left:.0f}"
    )


async def _open_loop(call: Callable[[], Any], rate: float, batch: int, seconds: float) -> list[float]:
    """Milliseconds of each request, sorted."""
    waited: list[float] = []
    running: set[asyncio.Task[None]] = set()

    async def one(due: float) -> None:
        await call()(_request(batch))
        waited.append((time.monotonic() - due) * 1000)

    began = time.monotonic()
    for number in range(int(rate * seconds)):
        due = began + number / rate
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        task = asyncio.create_task(one(due))
        running.add(task)
        task.add_done_callback(running.discard)
    await asyncio.gather(*running)
    return sorted(waited)


def _request(batch: int) -> bytes:
    request = ExportLogsServiceRequest()
    of_resource = request.resource_logs.add()
    of_resource.resource.attributes.add(key="service.name").value.string_value = "shop"
    scope = of_resource.scope_logs.add()
    now = time.time_ns()
    for place in range(batch):
        record = scope.log_records.add(time_unix_nano=now + place, severity_number=9, trace_id=os.urandom(16))
        record.body.string_value = _BODY.format(now + place)
        record.attributes.add(key="http.method").value.string_value = "GET"
        record.attributes.add(key="user").value.string_value = str(place)
    return request.SerializeToString()


def _at(sorted_values: list[float], part: float) -> float:
    return sorted_values[int(len(sorted_values) * part)]


if __name__ == "__main__":
    main()
