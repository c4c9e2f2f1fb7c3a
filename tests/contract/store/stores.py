"""Every store that there is, emptied, and filled by the same verb. A new one is one more line in STORES."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import asyncpg
from tests.conftest import Database
from tests.integration.gateway.stored import store_records
from tests.integration.lake.written import Lake as WrittenLake

from logmesh.lake.reading.workers import Workers
from logmesh.lake.store.asking import Lake
from logmesh.lake.store.catalog import Catalog
from logmesh.lake.store.store import LakeStore
from logmesh.live.offer import Span
from logmesh.rows.reader import Reader
from logmesh.rows.records import to_timestamp
from logmesh.rows.store import RowsStore
from logmesh.storage.migrate import migrate
from logmesh.storage.postgres import open_pool
from logmesh.store.flushes import Flush
from logmesh.store.store import Store
from logmesh.v1.record_pb2 import LogRecord


class Put(Protocol):
    """Stores records in their order, positions from 0, in one transaction and in a spool that the ledger knows."""

    def __call__(self, *records: LogRecord, tenant: str = "default", spool: int = 1) -> Awaitable[Flush]: ...


@dataclass(frozen=True, slots=True)
class Kept:
    """A store, and what a test does to it."""

    store: Store
    put: Put
    held: Callable[[], AbstractAsyncContextManager[None]]
    """While its body runs, the store can't read a record."""


@dataclass(frozen=True, slots=True)
class Readers:
    """Where files of a lake may lie, and processes that read them."""

    folder: Path
    workers: Workers


_EMPTY: Final = (
    "TRUNCATE logmesh.logs, logmesh.counts, logmesh.origins, logmesh.spools, logmesh.files, logmesh.hot CASCADE"
)

_FLUSHED: Final = """
SELECT (extract(epoch FROM max(received)) * 1e6)::bigint AS received, min(time) AS oldest,
       max(time) + interval '1 microsecond' AS newest
FROM logmesh.logs WHERE spool = $1"""


async def _empty(database: Database) -> None:
    owner = await asyncpg.connect(database.owner_dsn)
    await migrate(owner)
    await owner.execute(_EMPTY)
    await owner.close()


@asynccontextmanager
async def _rows(database: Database, _: Readers) -> AsyncIterator[Kept]:
    await _empty(database)
    pool = await open_pool(database.reader_dsn, application="test", size=4)

    async def put(*records: LogRecord, tenant: str = "default", spool: int = 1) -> Flush:
        await store_records(database, records, tenant=tenant, spool=spool)
        await _note_spool(database, tenant, spool)
        owner = await asyncpg.connect(database.owner_dsn)
        row = await owner.fetchrow(_FLUSHED, spool)
        await owner.close()
        assert row is not None
        return Flush(row["received"], row["oldest"], row["newest"], [Span(spool, 0, len(records) - 1)])

    @asynccontextmanager
    async def held() -> AsyncIterator[None]:
        async with _locked(database, "logs"):
            yield

    yield Kept(RowsStore(Reader(pool)), put, held)
    pool.terminate()


@asynccontextmanager
async def _lake(database: Database, readers: Readers) -> AsyncIterator[Kept]:
    """A third of the records are rows, the others are in two files whose times overlap."""
    await _empty(database)
    pool = await open_pool(database.reader_dsn, application="test", size=4)
    lake = WrittenLake(database, readers.folder)

    async def put(*records: LogRecord, tenant: str = "default", spool: int = 1) -> Flush:
        for part in range(3):
            mine, positions = records[part::3], range(part, len(records), 3)
            store = lake.put_rows if part == 2 else lake.put_file
            if mine:
                await store(mine, positions, tenant=tenant, spool=spool)
        await _note_spool(database, tenant, spool)
        times = [one.time_unix_nano for one in records]
        oldest, newest = to_timestamp(min(times))[0], to_timestamp(max(times) + 1_000)[0]
        return Flush(time.time_ns() // 1_000, oldest, newest, [Span(spool, 0, len(records) - 1)])

    @asynccontextmanager
    async def held() -> AsyncIterator[None]:
        async with _locked(database, "files"):
            yield

    yield Kept(LakeStore(Lake(Reader(pool), Catalog(readers.folder), readers.workers)), put, held)
    pool.terminate()


async def _note_spool(database: Database, tenant: str, spool: int) -> None:
    """Have the ledger know a spool."""
    owner = await asyncpg.connect(database.owner_dsn)
    await owner.execute(
        "INSERT INTO logmesh.spools (spool, tenant, spool_id, producer, principal, last_commit)"
        " OVERRIDING SYSTEM VALUE VALUES ($1, $2, gen_random_uuid(), 'test', '', now())",
        spool,
        tenant,
    )
    await owner.close()


@asynccontextmanager
async def _locked(database: Database, table: str) -> AsyncIterator[None]:
    """Hold all others off a table."""
    owner = await asyncpg.connect(database.owner_dsn)
    try:
        async with owner.transaction():
            await owner.execute(f"LOCK TABLE logmesh.{table} IN ACCESS EXCLUSIVE MODE")
            yield
    finally:
        await owner.close()


STORES: Final[dict[str, Callable[[Database, Readers], AbstractAsyncContextManager[Kept]]]] = {
    "rows": _rows,
    "lake": _lake,
}
