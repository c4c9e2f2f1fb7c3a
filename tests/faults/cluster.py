"""A small real cluster for fault tests: PostgreSQL, processors, and producers that follow files whose lines are known."""

import itertools
import os
import random
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import asyncpg
import grpc
from tests.faults import lake_records
from tests.faults.processes import Running, start
from tests.servers import new_server

from logmesh.cli.local.ports import free_port
from logmesh.v1.pipeline_service_pb2 import ListProcessorsRequest, ProcessorState
from logmesh.v1.pipeline_service_pb2_grpc import PipelineServiceStub

KEEPER = "log-keeper"


@dataclass
class Cluster:
    """Starts everything under `folder`. `environment` is added to every process, by name of the process. `timescaledb` is a folder
    of PostgreSQL, with its `bin`, that has TimescaleDB; without, the wheel's PostgreSQL is taken. With `lake`, records go there, and a
    keeper tends it; see `eager_lake`."""

    folder: Path
    processors: int = 2
    producers: int = 1
    timescaledb: Path | None = None
    lake: bool = False
    environment: dict[str, dict[str, str]] = field(default_factory=dict)
    running: dict[str, Running] = field(default_factory=dict)
    lines: int = 0

    def __post_init__(self) -> None:
        self.port, self.direct_port = free_port(), free_port()
        self.postgres = new_server(self.folder / "postgres", self.timescaledb)
        self.postgres.start()
        if self.lake:
            self.lake_folder.mkdir()
        self._logs = {name: self.folder / f"{name}.log" for name in self.producer_names}
        for log in self._logs.values():
            log.touch()
        self._next_log = itertools.cycle(self._logs.values())

    @property
    def names(self) -> list[str]:
        """Names of the processors."""
        return [f"log-processor-{index}" for index in range(self.processors)]

    @property
    def producer_names(self) -> list[str]:
        """Names of the producers."""
        return ["log-producer", *(f"log-producer-{index}" for index in range(1, self.producers))]

    def start(self) -> None:
        """Start the processors and the producers, and the keeper of a lake."""
        for name in self.names:
            self.start_processor(name)
        if self.lake:
            self.start_keeper()
        for name in self.producer_names:
            self.start_producer(name)

    def start_processor(self, name: str) -> None:
        """Start one processor on an address of its own."""
        self._start(
            name,
            *self._storing("logmesh.processor"),
            LOGMESH_LISTEN_ADDRESS=self.address(name),
            LOGMESH_PORT=str(self.port),
            LOGMESH_DIRECT_PORT=str(self.direct_port),
            LOGMESH_BUFFER_DIR=str(self.folder / name),
            LOGMESH_DATABASE_DSN=self.postgres.dsn("logmesh_writer"),
            LOGMESH_OWNER_DSN=self.postgres.dsn("logmesh_owner"),
            LOGMESH_WAL_MAX_BYTES=str(256 << 20),
            LOGMESH_WAL_SEGMENT_BYTES=str(8 << 20),
        )

    def start_keeper(self) -> None:
        """Start the process that tends the lake."""
        self._start(
            KEEPER,
            *self._storing("logmesh.keeper"),
            LOGMESH_OWNER_DSN=self.postgres.dsn("logmesh_owner"),
            LOGMESH_ROUND_SECONDS="0.5",
        )

    def start_producer(
        self, name: str = "log-producer", *, program: str = "logmesh.producer", reaches_nobody: bool = False
    ) -> None:
        """Start a producer, which follows a file of its own and has a spool of its own."""
        port = free_port() if reaches_nobody else self.direct_port
        targets = ",".join(f"{self.address(name)}:{port}" for name in self.names)
        self._start(
            name,
            program,
            LOGMESH_TARGET=f"ipv4:{targets}",
            LOGMESH_SOURCE="file",
            LOGMESH_FILES=str(self._logs[name]),
            LOGMESH_SERVICE="faults",
            LOGMESH_SPOOL_DIR=str(self.folder / name.replace("log-producer", "spool")),
            LOGMESH_BATCH_SECONDS="0.05",
            LOGMESH_BATCH_RECORDS="200",
        )

    def write_lines(self, count: int) -> None:
        """Append `count` lines, each different from all others, to the next producer's file."""
        with next(self._next_log).open("a", encoding="utf-8") as file:
            file.writelines(f"line {self.lines + at:08d} of the fault test\n" for at in range(count))
        self.lines += count

    def kill(self, name: str) -> None:
        """kill -9."""
        process = self.running.pop(name)
        process.kill()
        process.wait()

    def kill_postgres(self) -> None:
        """What ``pg_ctl -m immediate`` does, and a start with crash recovery."""
        self.postgres.stop("immediate")
        self.postgres.start()

    async def query(self, sql: str) -> list[asyncpg.Record]:
        """Ask the database as its superuser."""
        async with self.superuser() as connection:
            return list(await connection.fetch(sql))

    async def holes(self) -> list[dict[str, object]]:
        """Rows of the ledger, of spools that lack a batch up to the greatest they have stored. One that has stored none lacks none: its
        producer was killed before it had anything to store."""
        rows = await self.query(
            "SELECT * FROM logmesh.spools WHERE committed <> int8multirange(int8range(1, coalesce(upper(committed), 1)))"
        )
        return list(map(dict, rows))

    @asynccontextmanager
    async def superuser(self) -> AsyncIterator["asyncpg.Connection"]:
        """A session of its own."""
        connection = await asyncpg.connect(self.postgres.dsn("postgres", "logmesh"))
        try:
            yield connection
        finally:
            await connection.close()

    async def bodies(self) -> list[str]:
        """Of all records that are stored."""
        if not self.lake:
            return [row["body"] for row in await self.query("SELECT body FROM logmesh.logs")]
        async with self.superuser() as connection:
            return await lake_records.bodies(connection, self.lake_folder)

    async def state(self, name: str) -> ProcessorState | None:
        """What a processor says of itself; None while it does not answer."""
        async with grpc.aio.insecure_channel(f"{self.address(name)}:{self.direct_port}") as channel:
            try:
                answer = await PipelineServiceStub(channel).ListProcessors(ListProcessorsRequest(), timeout=2)
            except grpc.aio.AioRpcError:
                return None
        return answer.processors[0]

    async def wait_until_stored(self, seconds: float) -> None:
        """Wait until as many rows are stored as lines were written. Raises TimeoutError with the count."""
        ends = time.monotonic() + seconds
        while True:
            try:
                stored = (
                    await self.query(lake_records.COUNT if self.lake else "SELECT count(*) AS n FROM logmesh.logs")
                )[0]["n"]
            except asyncpg.UndefinedTableError:  # no processor has made the schema yet
                stored = 0
            if stored >= self.lines:
                return
            if time.monotonic() > ends:
                raise TimeoutError(f"{stored} of {self.lines} lines are stored")
            time.sleep(0.2)

    def stop(self, *, drain: bool = False) -> None:
        """End everything, at once unless processes shall drain."""
        for process in self.running.values():
            process.send_signal(signal.SIGTERM if drain else signal.SIGKILL)
        for process in self.running.values():
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
        self.postgres.stop("immediate")

    def output(self, name: str) -> str:
        """What a process has logged so far."""
        return (self.folder / f"{name}.out").read_text("utf-8", "replace")

    def address(self, name: str) -> str:
        """The loopback address of a processor."""
        return f"127.0.0.{11 + self.names.index(name)}"

    @property
    def lake_folder(self) -> Path:
        """Where files of a lake are."""
        return self.folder / "lake"

    def _storing(self, program: str) -> tuple[str, dict[str, str]]:
        """The module to run for one that writes to the store, and what tells it which store that is."""
        if not self.lake:
            return program, {}
        chosen = {"LOGMESH_STORE": "lake", "LOGMESH_LAKE_DIR": str(self.lake_folder)}
        return "tests.faults.eager_lake", chosen | {"EAGER_PROGRAM": program}

    def _start(self, name: str, module: str, more: Mapping[str, str] = MappingProxyType({}), **settings: str) -> None:
        environment = {
            **os.environ,
            "LOGMESH_NAME": name,
            "LOGMESH_METRICS_PORT": "0",
            **more,
            **settings,
            **self.environment.get(name, {}),
        }
        self.running[name] = start(module, environment, self.folder / f"{name}.out")


def shuffled_faults(names: list[str], times: int, seed: int) -> list[str]:
    """Each name `times` times, in an order that the seed gives."""
    faults = names * times
    random.Random(seed).shuffle(faults)
    return faults
