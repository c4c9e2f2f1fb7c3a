"""A database with the lake's catalog, and who stores into it."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from tests.conftest import Database
from tests.integration.lake.storing import Storing

from logmesh.storage.postgres import connect, connect_writer


@pytest.fixture
async def owner(database: Database) -> AsyncIterator[asyncpg.Connection]:
    """The owner's session."""
    connection = await connect(database.owner_dsn, application="test")
    yield connection
    await connection.close()


@pytest.fixture
async def storing(owner: asyncpg.Connection, database: Database, tmp_path: Path) -> AsyncIterator[Storing]:
    """A processor's store."""
    connection = await connect_writer(database.writer_dsn, application="test")
    yield Storing(connection, tmp_path / "lake")
    await connection.close()
