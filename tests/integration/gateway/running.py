"""A gateway inside the test's own event loop, and the reader of a tail."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from pydantic import SecretStr
from tests.integration.processor.running import RunningProcessor

from logmesh.cli.local.ports import free_port
from logmesh.gateway.process import run_gateway
from logmesh.gateway.settings import GatewaySettings
from logmesh.v1 import tail_service_pb2 as pb
from logmesh.v1.tail_service_pb2_grpc import TailServiceStub


@contextlib.asynccontextmanager
async def running_gateway(reader_dsn: str, processors: str = "", **overrides: Any) -> AsyncIterator[str]:
    """Yield the address of a gateway that is ready. `overrides` are settings."""
    settings = GatewaySettings(
        **{
            "name": "gateway",
            "listen_address": "127.0.0.1",
            "port": free_port(),
            "metrics_port": 0,
            "database_dsn": SecretStr(reader_dsn),
            "processors": processors,
            "drain_seconds": 2,
            **overrides,
        }
    )
    stop = asyncio.Event()
    task = asyncio.create_task(run_gateway(settings, stop))
    address = f"127.0.0.1:{settings.port}"
    try:
        async with grpc.aio.insecure_channel(address) as channel, asyncio.timeout(20):
            stub = health_pb2_grpc.HealthStub(channel)
            status = health_pb2.HealthCheckResponse.UNKNOWN
            while status != health_pb2.HealthCheckResponse.SERVING:
                answer = await stub.Check(health_pb2.HealthCheckRequest(), wait_for_ready=True)
                status = answer.status
                await asyncio.sleep(0.02)
        yield address
    finally:
        stop.set()
        await asyncio.wait_for(task, 20)


class TailReader:
    """Reads one tail over as many connections as it takes, and remembers what it was shown."""

    def __init__(self, filter_text: str = "") -> None:
        self.filter_text = filter_text
        self.seen: Counter[str] = Counter()
        self.bodies: list[str] = []
        self.from_store = 0
        self.gaps: list[pb.TailGap] = []
        self.token = ""
        self.messages = 0
        self.counters = pb.TailCounters()
        self.ended: grpc.aio.AioRpcError | None = None

    async def read(self, address: str, request: pb.TailRequest | None = None) -> None:
        """Read until the tail ends or this is cancelled; go on from the token where there is one."""
        request = request or pb.TailRequest(filter=self.filter_text, resume_token=self.token)
        async with grpc.aio.insecure_channel(address) as channel:
            try:
                async for message in TailServiceStub(channel).Tail(request):
                    self.take(message)
            except grpc.aio.AioRpcError as error:
                self.ended = error

    def take(self, message: pb.TailResponse) -> None:
        self.messages += 1
        self.counters, self.token = message.counters, message.resume_token
        if message.HasField("gap"):
            self.gaps.append(message.gap)
        self.seen.update(record.id for record in message.frame.records)
        self.bodies += [record.body for record in message.frame.records]
        if message.frame.backlog:
            self.from_store += len(message.frame.records)

    @contextlib.asynccontextmanager
    async def reading(
        self, address: str, request: pb.TailRequest | None = None, *, followed: Iterable[RunningProcessor] = ()
    ) -> AsyncIterator[None]:
        """Read while the body runs; the tail stands, and is open at the processors `followed`, when it begins."""
        self.ended, self.messages = None, 0
        task = asyncio.create_task(self.read(address, request))
        try:
            await self.until(lambda: bool(self.messages) or task.done())
            for processor in followed:
                await processor.until_followed()
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def until(self, true: Callable[[], bool], seconds: float = 20) -> None:
        """Wait for a condition. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while not true():
                await asyncio.sleep(0.02)
