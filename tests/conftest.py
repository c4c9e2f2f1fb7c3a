"""Real servers for every test that asks: each starts in about a second, once a session."""

import gc
import logging
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio
import structlog
from hypothesis import HealthCheck, settings
from scripts.node import ROOT
from tests import needs
from tests.in_memory import folder_in_memory
from tests.scheduling import Scheduling
from tests.servers import new_server

from logmesh.cli.local.certificates import WorkloadFiles, ensure_certificates
from logmesh.cli.local.postgres import Postgres
from logmesh.cli.local.redis import Redis
from logmesh.storage.migrate import migrate

# Tests start programs while gRPC's threads run; none of the children goes on with gRPC. Read when gRPC is first used.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
# What `make tools` installed is found without make as well.
os.environ["PATH"] = os.pathsep.join([str(ROOT / ".tools" / "bin"), os.environ.get("PATH", "")])

# A generated test takes as long as it takes beside a busy neighbour.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


def pytest_configure() -> None:
    """A run in the background ignores SIGINT, and so would all that its tests start and interrupt."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """`@pytest.mark.needs(NAME, …)`: nothing is set up for a test that lacks something."""
    for mark in item.iter_markers("needs"):
        for name in mark.args:
            needs.require(name)


def pytest_collection_finish() -> None:
    """Tests and the modules they are of stay to the end: no collection of garbage need look at them again."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Scheduling | None:
    return Scheduling(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """End with what was not tried here, and the command that brings it."""
    skipped = terminalreporter.stats.get("skipped", [])
    if skipped:
        terminalreporter.section("not tried here, and what brings it")
        for line in needs.not_tried(report.longrepr[2] for report in skipped):
            terminalreporter.write_line(line)


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """A command that a test runs in this process says where it logs to, and from which level on: not so for later tests."""
    configured, root = structlog.get_config() if structlog.is_configured() else None, logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    if configured is not None:
        structlog.configure(**configured)
    root.handlers[:] = handlers
    root.setLevel(level)


@dataclass(frozen=True, slots=True)
class Database:
    """A database of its own: connection strings by role."""

    server: Postgres
    name: str
    owner_dsn: str
    writer_dsn: str
    reader_dsn: str


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A PostgreSQL server with Logmesh's roles. Tests that stop it start one of their own instead."""
    with folder_in_memory(tmp_path_factory.mktemp("postgres")) as folder:
        server = new_server(folder / "server")
        server.start()
        yield server
        server.stop()


@asynccontextmanager
async def fresh_database(postgres: Postgres, *, empty: bool = False) -> AsyncIterator[Database]:
    """A database with the schema and nothing in it, or `empty`, which is dropped in the end."""
    name = f"test_{uuid4().hex[:12]}"
    superuser = await asyncpg.connect(postgres.dsn("postgres", "postgres"))
    template = "template1" if empty else await _with_schema(superuser, postgres)
    await superuser.execute(f"CREATE DATABASE {name} OWNER logmesh_owner TEMPLATE {template} STRATEGY FILE_COPY")
    yield Database(
        server=postgres,
        name=name,
        owner_dsn=postgres.dsn("logmesh_owner", name),
        writer_dsn=postgres.dsn("logmesh_writer", name),
        reader_dsn=postgres.dsn("logmesh_reader", name),
    )
    await superuser.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await superuser.close()


async def _with_schema(superuser: "asyncpg.Connection", postgres: Postgres) -> str:
    """The database that others are copies of, made once a server: a copy takes half of what the schema takes."""
    name = "with_schema"
    if not await superuser.fetchval("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name):
        await superuser.execute(f"CREATE DATABASE {name} OWNER logmesh_owner")
        owner = await asyncpg.connect(postgres.dsn("logmesh_owner", name))
        await migrate(owner)
        await owner.close()
    return name


@pytest.fixture
async def database(postgres: Postgres) -> AsyncIterator[Database]:
    """A fresh database for one test, with the schema."""
    async with fresh_database(postgres) as fresh:
        yield fresh


@pytest.fixture
async def empty_database(postgres: Postgres) -> AsyncIterator[Database]:
    """A fresh database without the schema, for a test of how that comes about."""
    async with fresh_database(postgres, empty=True) as fresh:
        yield fresh


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lasting_database(postgres: Postgres) -> AsyncIterator[Database]:
    """The same for files whose tests change nothing that another asks for. They run in one event loop."""
    async with fresh_database(postgres) as fresh:
        yield fresh


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    """A Redis server; `redis_server.url` is its address."""
    server = Redis(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, WorkloadFiles]:
    """PEM files by workload, good for 127.0.0.1 and 127.0.0.11 to 127.0.0.19."""
    addresses = ("127.0.0.1", *(f"127.0.0.{last}" for last in range(11, 20)))
    return ensure_certificates(tmp_path_factory.mktemp("certificates"), addresses)
