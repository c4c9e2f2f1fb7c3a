"""Each test of this folder runs on every store, in one database: making one takes longer than all that a test asks."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from tests.conftest import Database, fresh_database
from tests.contract.store.stores import STORES, Kept, Readers

from logmesh.cli.local.postgres import Postgres
from logmesh.lake.reading.workers import Workers


@pytest.fixture(scope="session")
def shared_database(postgres: Postgres) -> Iterator[Database]:
    """One for all tests of this folder."""
    with asyncio.Runner() as runner:
        opened = fresh_database(postgres)
        yield runner.run(opened.__aenter__())
        runner.run(opened.__aexit__(None, None, None))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def readers(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Readers]:
    """Processes that read files, for all tests of a file: most of them ask little."""
    folder = tmp_path_factory.mktemp("lake")
    workers = Workers(folder, wait_seconds=60)
    yield Readers(folder, workers)
    await workers.close()


@pytest_asyncio.fixture(loop_scope="module", params=STORES)
async def kept(request: pytest.FixtureRequest, shared_database: Database, readers: Readers) -> AsyncIterator[Kept]:
    """An empty store."""
    async with STORES[request.param](shared_database, readers) as opened:
        yield opened
