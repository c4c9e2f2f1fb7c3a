"""A real processor and a real gateway on one database, in the test's own event loop; blocking calls go to threads."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import grpc
import pytest
import pytest_asyncio
from grpc_health.v1 import health_pb2, health_pb2_grpc
from pydantic import SecretStr
from tests.conftest import Database
from tests.integration.processor.conftest import ServerStore
from tests.integration.processor.running import RunningProcessor, running_processor

from logmesh import Client
from logmesh.cli.local.ports import free_port
from logmesh.gateway.process import run_gateway
from logmesh.gateway.settings import GatewaySettings

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class System:
    """Where to append, and where to ask."""

    processor: RunningProcessor
    gateway: str


@pytest.fixture
def store(database: Database) -> ServerStore:
    """A fresh database."""
    return ServerStore(database.server, database.name)


@pytest.fixture
async def processor(store: ServerStore, tmp_path: Path) -> AsyncIterator[RunningProcessor]:
    """A processor, ready."""
    async with running_processor(store, tmp_path) as processor:
        yield processor


@contextlib.asynccontextmanager
async def running_system(processor: RunningProcessor, database: Database) -> AsyncIterator[System]:
    """A gateway beside a processor, ready."""
    port = free_port()
    settings = GatewaySettings(
        listen_address="127.0.0.1",
        port=port,
        metrics_port=0,
        database_dsn=SecretStr(database.reader_dsn),
        processors=f"ipv4:{processor.target}",
        drain_seconds=1,
    )
    stop = asyncio.Event()
    task = asyncio.create_task(run_gateway(settings, stop))
    address = f"127.0.0.1:{port}"
    async with asyncio.timeout(20), grpc.aio.insecure_channel(address) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        while (
            await stub.Check(health_pb2.HealthCheckRequest(), wait_for_ready=True)
        ).status != health_pb2.HealthCheckResponse.SERVING:
            await asyncio.sleep(0.02)
    yield System(processor, address)
    stop.set()
    await task


@pytest.fixture
async def system(processor: RunningProcessor, database: Database) -> AsyncIterator[System]:
    """A processor and a gateway, ready, for one test."""
    async with running_system(processor, database) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lasting_system(lasting_database: Database, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[System]:
    """The same for the tests of a file, which leave it as they found it."""
    store = ServerStore(lasting_database.server, lasting_database.name)
    async with (
        running_processor(store, tmp_path_factory.mktemp("processor")) as processor,
        running_system(processor, lasting_database) as running,
    ):
        yield running


async def ask(gateway: str, question: Callable[[Client], T]) -> T:
    """Ask with the blocking client, in a thread."""

    def work() -> T:
        with Client(gateway, timeout=20) as client:
            return question(client)

    return await asyncio.to_thread(work)
