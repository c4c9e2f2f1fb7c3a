"""What tests of the gateway share."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
from tests.conftest import Database

from logmesh.rows.reader import Reader
from logmesh.rows.store import RowsStore
from logmesh.storage.postgres import open_pool


@pytest.fixture
async def pool(database: Database) -> "AsyncIterator[asyncpg.Pool]":
    """The reader's connections to a database with the schema in it."""
    opened = await open_pool(database.reader_dsn, application="test", size=4)
    yield opened
    opened.terminate()


@pytest.fixture
def store(pool: asyncpg.Pool) -> RowsStore:
    """What those connections read."""
    return RowsStore(Reader(pool))
