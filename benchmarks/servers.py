"""The servers that a benchmark measures: PostgreSQL and one processor, each a process whose CPU time can be read."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import asyncpg
import psutil

from logmesh.cli.local.ports import free_port
from logmesh.cli.local.postgres import Postgres

ADDRESS = "127.0.0.11"


class Servers:
    """PostgreSQL and a processor, their data under `folder`. `settings` go over the processor's environment; with `start` unset
    the processor is for `start_processor`."""

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None, *, start: bool = True) -> None:
        self.folder = folder
        self.postgres = Postgres(folder / "postgres", port=free_port())
        self.postgres.start()
        self.port = free_port()
        self.target = f"ipv4:{ADDRESS}:{self.port}"
        self.environment = {
            **os.environ,
            "LOGMESH_NAME": "bench",
            "LOGMESH_LISTEN_ADDRESS": ADDRESS,
            "LOGMESH_PORT": str(free_port()),
            "LOGMESH_DIRECT_PORT": str(self.port),
            "LOGMESH_METRICS_PORT": "0",
            "LOGMESH_LOG_LEVEL": "warning",
            "LOGMESH_BUFFER_DIR": str(folder / "buffer"),
            "LOGMESH_DATABASE_DSN": self.postgres.dsn("logmesh_writer", over_socket=True),
            "LOGMESH_OWNER_DSN": self.postgres.dsn("logmesh_owner"),
            **(settings or {}),
        }
        if start:
            self.start_processor()

    def start_processor(self) -> None:
        """Start one, as `environment` says."""
        self._process = subprocess.Popen([sys.executable, "-m", "logmesh.processor"], env=self.environment)
        self.processor = psutil.Process(self._process.pid)

    def start_receiver(self, port: int, http_port: int = 0) -> "subprocess.Popen[bytes]":
        """Start a receiver that takes OTLP over gRPC at `port`, and what comes over HTTP at `http_port` (0: nothing), and sends to the
        processor. Whoever starts it ends it."""
        settings = {
            "LOGMESH_SOURCE": "receive",
            "LOGMESH_TARGET": self.target,
            "LOGMESH_SPOOL_DIR": str(self.folder / "spools"),
            "LOGMESH_OTLP_PORT": str(port),
            "LOGMESH_HTTP_PORT": str(http_port),
            "LOGMESH_SYSLOG_PORT": "0",
            "LOGMESH_METRICS_PORT": "0",
        }
        return subprocess.Popen([sys.executable, "-m", "logmesh.producer"], env=self.environment | settings)

    def kill_processor(self) -> None:
        """End it as a crash does; `start_processor` brings it back with its log."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def processor_cpu(self) -> float:
        """CPU seconds of the processor so far."""
        times = self.processor.cpu_times()
        return float(times.user + times.system)

    def postgres_cpu(self) -> float:
        """CPU seconds of PostgreSQL so far: the server, its children, and those that have ended."""
        server, *children = self._postgres_processes()
        times = server.cpu_times()
        total = times.user + times.system + times.children_user + times.children_system
        for child in children:
            times = child.cpu_times()
            total += times.user + times.system
        return float(total)

    async def settle(self) -> None:
        """Have all that earlier runs left written to disk: it would be synchronised at the cost of the next run."""
        connection = await asyncpg.connect(self.postgres.dsn("postgres", "logmesh", over_socket=True))
        try:
            await connection.execute("CHECKPOINT")
        finally:
            await connection.close()
        await asyncio.to_thread(os.sync)

    @contextlib.contextmanager
    def postgres_asleep(self) -> Iterator[None]:
        """Stop PostgreSQL where it stands, so that a processor logs and nothing more; then let it go on."""
        processes = self._postgres_processes()
        for process in processes:
            process.suspend()
        try:
            yield
        finally:
            for process in processes:
                process.resume()

    def _postgres_processes(self) -> list[psutil.Process]:
        pid = int((self.folder / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
        server = psutil.Process(pid)
        return [server, *server.children()]

    def memory_mib(self) -> float:
        """Resident memory of the processor."""
        return float(self.processor.memory_info().rss / 2**20)

    def stop(self) -> None:
        """End both."""
        self._process.terminate()
        self._process.wait(30)
        self.postgres.stop("immediate")
        time.sleep(0.2)
