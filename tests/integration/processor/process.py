"""A processor as a process of its own, for what only a process has: its memory, its clock, its files."""

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from tests.integration.processor.running import SERVING, Store

from logmesh.cli.local.ports import free_port
from logmesh.runtime.channel import open_channel


@contextlib.asynccontextmanager
async def processor_process(
    store: Store, folder: Path, *, clock_ahead: int = 0
) -> "AsyncIterator[tuple[grpc.aio.Channel, subprocess.Popen[bytes]]]":
    """Run one whose clock is `clock_ahead` seconds ahead of the database's, its output in `folder / "out"`. Yields a channel to it,
    and the process, when it is ready."""
    port = free_port()
    program = (
        "import runpy, time; now, nano = time.time, time.time_ns; "
        f"time.time = lambda: now() + {clock_ahead}; time.time_ns = lambda: nano() + {clock_ahead} * 10**9; "
        "runpy.run_module('logmesh.processor', run_name='__main__')"
    )
    environment = {
        **os.environ,
        "LOGMESH_LISTEN_ADDRESS": "127.0.0.1",
        "LOGMESH_PORT": str(free_port()),
        "LOGMESH_DIRECT_PORT": str(port),
        "LOGMESH_METRICS_PORT": "0",
        "LOGMESH_BUFFER_DIR": str(folder / "buffer"),
        "LOGMESH_DATABASE_DSN": store.writer_dsn,
        "LOGMESH_OWNER_DSN": store.owner_dsn,
        "LOGMESH_DRAIN_SECONDS": "0",
    }
    with (folder / "out").open("wb") as out:
        process = subprocess.Popen([sys.executable, "-c", program], env=environment, stdout=out, stderr=out)
    try:
        async with open_channel(f"127.0.0.1:{port}", None) as channel:
            health: Any = health_pb2_grpc.HealthStub(channel)
            async with asyncio.timeout(60):
                while (await health.Check(health_pb2.HealthCheckRequest(), wait_for_ready=True)).status != SERVING:
                    await asyncio.sleep(0.05)
            yield channel, process
    finally:
        process.terminate()
        await asyncio.to_thread(process.wait, 20)


def peak_mib(process: "subprocess.Popen[bytes]") -> float:
    """The most memory that the process has had."""
    return _status_mib(process, "VmHWM")


def memory_mib(process: "subprocess.Popen[bytes]") -> float:
    """The memory that it has now."""
    return _status_mib(process, "VmRSS")


def _status_mib(process: "subprocess.Popen[bytes]", field: str) -> float:
    status = Path(f"/proc/{process.pid}/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith(field))
    return int(line.split()[1]) / 1024
