"""A real processor for each test that asks, in the test's own event loop."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.conftest import Database
from tests.integration.processor.running import RunningProcessor, running_processor

from logmesh.cli.local.postgres import Postgres


@dataclass(frozen=True, slots=True)
class ServerStore:
    """One database of a server, by role."""

    server: Postgres
    name: str = "logmesh"

    @property
    def superuser_dsn(self) -> str:
        """For the test's own eyes."""
        return self.server.dsn("postgres", self.name)

    @property
    def owner_dsn(self) -> str:
        """For migrations."""
        return self.server.dsn("logmesh_owner", self.name)

    @property
    def writer_dsn(self) -> str:
        """For the processor."""
        return self.server.dsn("logmesh_writer", self.name)

    @property
    def reader_dsn(self) -> str:
        """For readers."""
        return self.server.dsn("logmesh_reader", self.name)


@pytest.fixture
def store(database: Database) -> ServerStore:
    """A fresh database."""
    return ServerStore(database.server, database.name)


@pytest.fixture
async def processor(store: ServerStore, tmp_path: Path) -> AsyncIterator[RunningProcessor]:
    """A processor with a fresh database and a fresh log, plaintext on loopback."""
    async with running_processor(store, tmp_path) as running:
        yield running
