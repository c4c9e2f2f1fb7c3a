"""The processes of a load: PostgreSQL, a processor that reaches it over a line which can be made thin, and a gateway."""

import asyncio
import multiprocessing
import os
import runpy
import sys
import time
from collections.abc import Callable, Mapping
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import asyncpg
import psutil

from benchmarks.memory.peaks import Peaks, family
from benchmarks.memory.slow import ThinLine
from benchmarks.servers import ADDRESS, Servers
from logmesh.cli.local.ports import free_port
from logmesh.runtime.channel import open_channel
from logmesh.v1 import pipeline_service_pb2 as pipeline
from logmesh.v1.pipeline_service_pb2_grpc import PipelineServiceStub

_READY_SECONDS = 120
_PROGRAMS = multiprocessing.get_context("forkserver")
_PROGRAMS.set_forkserver_preload(
    ["logmesh.gateway.process", "logmesh.client.delivering.appender", "benchmarks.memory.fleet"]
)
_ACCOUNT = """
SELECT (SELECT count(*) FROM logmesh.logs) AS rows, (SELECT sum(stored) FROM logmesh.spools)::bigint AS stored,
       (SELECT count(*) FROM logmesh.dead_letters) AS dead,
       (SELECT count(*) FROM logmesh.spools WHERE isempty(committed) AND given > 0
           OR NOT isempty(committed) AND committed <> int8multirange(int8range(1, upper(committed)))) AS with_gaps
"""


class Wrong(Exception):
    """What is stored is not what was sent."""


class Fleet(Servers):
    """Each process that it starts is watched by `peaks`."""

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        super().__init__(folder, settings, start=False)
        self.peaks = Peaks()
        self.line = ThinLine(self.postgres.port)
        dsn = self.postgres.dsn("logmesh_writer")
        self.environment["LOGMESH_DATABASE_DSN"] = dsn.replace(f":{self.postgres.port}/", f":{self.line.port}/")
        self._others: list[BaseProcess] = []
        self.watch_postgres()
        self.start_processor()

    def start_processor(self, name: str = "processor") -> None:
        """As `Servers` does; `name` is what its memory is printed under."""
        super().start_processor()
        self.peaks.watch(name, self.processor.pid)

    def kill_processor(self) -> None:
        """As `Servers` does."""
        self.peaks.look()
        super().kill_processor()

    def watch_postgres(self) -> None:
        """Watch the server that runs now."""
        process = self.postgres.process
        if process is not None:
            self.peaks.watch_all("PostgreSQL's largest, without its buffers", lambda: family(process.pid))

    def start(self, name: str, module: str, settings: Mapping[str, str], nice: int = 0) -> BaseProcess:
        """Start another process of Logmesh, as ``python -m MODULE`` would: forked from one that has imported it all, since fifty
        interpreters would take a minute of two cores for that."""
        quiet = {"LOGMESH_METRICS_PORT": "0", "LOGMESH_LOG_LEVEL": "error"}
        process = _PROGRAMS.Process(target=_run, args=(module, {**os.environ, **quiet, **settings}, nice))
        process.start()
        self._others.append(process)
        self.peaks.watch(name, process.pid or 0)
        return process

    def start_gateway(self) -> str:
        """Start a gateway and return its address."""
        port = free_port()
        self.start("gateway", "logmesh.gateway", {
            "LOGMESH_NAME": "bench", "LOGMESH_LISTEN_ADDRESS": ADDRESS, "LOGMESH_PORT": str(port),
            "LOGMESH_DATABASE_DSN": self.postgres.dsn("logmesh_reader", over_socket=True),
            "LOGMESH_PROCESSORS": self.target, "LOGMESH_DRAIN_SECONDS": "0",
        })  # fmt: skip
        return f"{ADDRESS}:{port}"

    async def state(self) -> Any:
        """What the processor says of itself. Raises AioRpcError while it is away."""
        async with open_channel(self.target, None) as channel:
            stub: Any = PipelineServiceStub(channel)
            answer = await stub.ListProcessors(pipeline.ListProcessorsRequest(), timeout=10)
        return answer.processors[0]

    async def until(self, what: str, condition: Callable[[Any], bool], seconds: float = _READY_SECONDS) -> None:
        """Wait until the processor's state meets `condition`, and say so. Raises Wrong."""
        ends, state = time.monotonic() + seconds, None
        while time.monotonic() < ends:
            try:
                state = await self.state()
                if condition(state):
                    print(f"  … {what}", file=sys.stderr, flush=True)
                    return
            except Exception as error:  # noqa: BLE001  # not up yet, in whatever way
                state = error
            await asyncio.sleep(0.2)
        raise Wrong(f"{what}: not within {seconds:.0f} s; {state!r}")

    async def stored(self) -> int:
        """Records that the ledger has."""
        return sum(row["stored"] for row in await self._fetch("SELECT stored FROM logmesh.spools"))

    async def account(self, sent: int) -> str:
        """Compare what is stored with what was sent. Raises Wrong where ledger, rows and `sent` differ, or a number is missing."""
        (row,) = await self._fetch(_ACCOUNT)
        if not row["rows"] == row["stored"] == sent or row["dead"] or row["with_gaps"]:
            raise Wrong(f"{sent:,} records were sent; {dict(row)}")
        return f"{sent:,} records sent, {row['rows']:,} stored"

    async def _fetch(self, query: str) -> list["asyncpg.Record"]:
        connection = await asyncpg.connect(self.postgres.dsn("postgres", "logmesh", over_socket=True))
        try:
            return list(await connection.fetch(query))
        finally:
            await connection.close()

    def stop(self) -> None:
        """End all of them."""
        self.peaks.stop()
        for process in self._others:
            process.kill()
            process.join()
        super().stop()

    def processor_is_there(self) -> bool:
        """Whether it has not ended by itself, as one does that the kernel kills for its memory."""
        return bool(self.processor.is_running() and self.processor.status() != psutil.STATUS_ZOMBIE)


def _run(module: str, environment: dict[str, str], nice: int) -> None:
    os.nice(nice)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = [module]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
