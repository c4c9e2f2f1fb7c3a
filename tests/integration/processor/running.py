"""A processor inside the test's own event loop, with real ports, a real log and a real database."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import asyncpg
import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from tests.integration.processor.append_stream import AppendStream
from tests.waiting import until

from logmesh.cli.local.certificates import WORKLOADS, WorkloadFiles, spiffe_id
from logmesh.cli.local.ports import free_port
from logmesh.processor.process import run_processor
from logmesh.processor.settings import ProcessorSettings
from logmesh.record.ranges import RangeSet
from logmesh.runtime.channel import open_channel
from logmesh.runtime.settings import TlsFiles
from logmesh.storage.multirange import from_multirange
from logmesh.v1.pipeline_service_pb2 import ListProcessorsRequest, ProcessorState
from logmesh.v1.pipeline_service_pb2_grpc import PipelineServiceStub

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


class Store(Protocol):
    """Where a processor stores: connection strings by role."""

    @property
    def superuser_dsn(self) -> str: ...
    @property
    def owner_dsn(self) -> str: ...
    @property
    def writer_dsn(self) -> str: ...
    @property
    def reader_dsn(self) -> str: ...


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """What the ledger says of one spool."""

    committed: RangeSet
    stored: int
    dead_letters: int


@dataclass
class RunningProcessor:
    """Where a processor is reached, and the channels that a test opened to it."""

    settings: ProcessorSettings
    database: Store
    stop: asyncio.Event
    task: "asyncio.Task[None]"
    tls: TlsFiles | None = None
    _channels: list[grpc.aio.Channel] = field(default_factory=list)
    _streams: list[AppendStream] = field(default_factory=list)

    @property
    def target(self) -> str:
        """Its address for direct streams."""
        return f"{self.settings.listen_address}:{self.settings.direct_port}"

    def channel(self, tls: TlsFiles | None = None) -> grpc.aio.Channel:
        """A channel that ends with the fixture; with the client's certificate that `tls` names, or the usual one."""
        channel = open_channel(self.target, tls or self.tls, server_name="log-processor")
        self._channels.append(channel)
        return channel

    def stream(
        self,
        spool_id: str | None = None,
        channel: grpc.aio.Channel | None = None,
        metadata: Sequence[tuple[str, str]] = (),
    ) -> AppendStream:
        """An Append stream, no message sent yet."""
        stream = AppendStream(channel or self.channel(), spool_id, metadata)
        self._streams.append(stream)
        return stream

    async def health(self, service: str = "", channel: grpc.aio.Channel | None = None) -> int:
        """The status that gRPC health gives. Raises grpc.aio.AioRpcError while nothing listens."""
        stub: Any = health_pb2_grpc.HealthStub(channel or self.channel())
        request = health_pb2.HealthCheckRequest(service=service)
        return int((await stub.Check(request, timeout=2)).status)

    async def until_health(self, status: int, seconds: float = 20) -> None:
        """Wait for that status."""
        channel = self.channel()
        async with asyncio.timeout(seconds):
            while True:
                if self.task.done():
                    self.task.result()
                with contextlib.suppress(grpc.aio.AioRpcError):
                    if await self.health(channel=channel) == status:
                        return
                await asyncio.sleep(0.03)

    async def state(self) -> ProcessorState:
        """What it says of itself."""
        answer = await PipelineServiceStub(self.channel()).ListProcessors(ListProcessorsRequest(), timeout=5)
        (state,) = answer.processors
        return state

    async def until_ready(self, ready: bool, seconds: float = 40) -> None:
        """Wait until it says that it stores what it takes, or no longer."""

        async def is_so() -> bool:
            return (await self.state()).ready is ready

        await until(is_so, seconds)

    async def until_followed(self, seconds: float = 30) -> None:
        """Wait until a tail is open here."""

        async def is_followed() -> bool:
            return bool((await self.state()).tails)

        await until(is_followed, seconds)

    async def query(self, sql: str, *values: object) -> list[asyncpg.Record]:
        """Ask the database as its superuser."""
        connection = await asyncpg.connect(self.database.superuser_dsn)
        try:
            return list(await connection.fetch(sql, *values))
        finally:
            await connection.close()

    async def bodies(self) -> list[str]:
        """Every stored body, in the order of positions."""
        return [row["body"] for row in await self.query("SELECT body FROM logmesh.logs ORDER BY spool, position")]

    async def dead_letters(self) -> list[asyncpg.Record]:
        """Every dead letter: position, reason, entry."""
        return await self.query("SELECT position, reason, entry FROM logmesh.dead_letters ORDER BY spool, position")

    async def ledger(self, spool_id: str) -> LedgerRow:
        """The ledger's row of a spool."""
        (row,) = await self.query(
            "SELECT committed::text AS committed, stored, dead_letters FROM logmesh.spools WHERE spool_id = $1::uuid",
            spool_id,
        )
        return LedgerRow(from_multirange(row["committed"]), row["stored"], row["dead_letters"])

    async def close(self) -> None:
        """Cut the streams, stop the processor, and raise what it raised."""
        for stream in self._streams:
            stream.cut()
        for channel in self._channels:
            await channel.close(None)
        self.stop.set()
        await asyncio.wait_for(self.task, 30)


@contextlib.asynccontextmanager
async def running_processor(
    database: Store,
    folder: Path,
    *,
    server: WorkloadFiles | None = None,
    client: WorkloadFiles | None = None,
    ready: bool = True,
    lake: Path | None = None,
    **overrides: Any,
) -> AsyncIterator[RunningProcessor]:
    """Run a processor until the body ends; `ready`, or else just started, when the body begins. With a folder for it, records go to the
    `lake`. `overrides` are settings."""
    tls: dict[str, Any] = {}
    if server:
        tls = {"tls_cert": server.cert, "tls_key": server.key, "tls_ca": server.ca}
        tls["callers"] = [spiffe_id(workload) for workload in WORKLOADS]
    settings = ProcessorSettings(
        **{
            "name": "log-processor-0",
            "listen_address": "127.0.0.1",
            "port": free_port(),
            "direct_port": free_port(),
            "metrics_port": 0,
            "buffer_dir": folder / "buffer",
            "database_dsn": database.writer_dsn,
            "owner_dsn": database.owner_dsn,
            "wal_segment_bytes": 8 << 20,
            "wal_max_bytes": 64 << 20,
            "wal_ballast_bytes": 0,
            "flush_interval_seconds": 0.02,
            "drain_seconds": 5,
            **({"store": "lake", "lake_dir": lake} if lake else {}),
            **tls,
            **overrides,
        }
    )
    stop = asyncio.Event()
    task = asyncio.create_task(run_processor(settings, stop))
    files = TlsFiles(client.cert, client.key, client.ca) if client else None
    running = RunningProcessor(settings, database, stop, task, files)
    try:
        if ready:
            await running.until_health(SERVING)
        yield running
    finally:
        await running.close()
