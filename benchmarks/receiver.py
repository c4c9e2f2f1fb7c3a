"""``make bench-receiver``: how long a sender waits until its request is durable in a receiver, beside what the disk itself takes in the
same seconds; and what a receiver's memory is with many connections.

An open loop sends OTLP requests over gRPC at a fixed rate, whatever the answers take; a request's time counts from when it was due. The
disk's is one small write and fdatasync after another, by a process of its own, in the same folder.
"""

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Callable
from itertools import cycle
from pathlib import Path
from typing import Any

import grpc
import psutil
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from benchmarks.disk import probed_disk
from benchmarks.peers.asking import wait_until_serving
from benchmarks.servers import ADDRESS, Servers
from logmesh.cli.local.ports import free_port

_EXPORT = "/opentelemetry.proto.collector.logs.v1.LogsService/Export"
_BODY = "order 4711 placed by user 77 in 12 ms from the warehouse at the river, all paid and packed, on its way to {}"
_WARM_SECONDS = 5.0


def main() -> None:
    """Parse the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=int, default=10_000, help="records a second (default 10,000)")
    parser.add_argument("--batch", type=int, default=100, help="records a request (default 100)")
    parser.add_argument("--seconds", type=int, default=30, help="of each part (default 30)")
    parser.add_argument("--connections", type=int, default=500, help="of the second part (default 500)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="logmesh-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL may run as another user
        servers = Servers(folder)
        wait_until_serving(servers.target)
        port = free_port()
        address = f"{ADDRESS}:{port}"
        receiver = servers.start_receiver(port)
        try:
            wait_until_serving(f"ipv4:{address}")
            asyncio.run(_measure(options, address, folder, psutil.Process(receiver.pid)))
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
