"""Every store that there is, emptied, and filled by the same verb. A new one is one more line in STORES."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Protocol

import asyncpg
from tests.conftest import Database
from tests.integration.gateway.stored import store_records
from tests.integration.lake.split import Keys
from tests.integration.lake.written import Lake as WrittenLake

from logmesh.lake.beside_rows import lake_beside_rows
from logmesh.lake.reading.workers import Workers
from logmesh.lake.store.asking import Lake
from logmesh.lake.store.catalog import Catalog
from logmesh.lake.store.store import LakeStore
from logmesh.live.offer import Span
from logmesh.rows.reader import Reader
from logmesh.rows.records import to_timestamp
from logmesh.rows.store import RowsStore
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
    stores: int = 1
    """Of how many it is made."""


@dataclass(frozen=True, slots=True)
class Readers:
    """Where files of a lake may lie, and processes that read them."""

    folder: Path
    workers: Workers


_EMPTY: Final = "; ".join(
    f"DELETE FROM logmesh.{table}" for table in ("logs", "counts", "origins", "spools", "files", "hot")
)
"""Of so few records this takes half of what it takes to truncate each partition and index."""

_RECEIVED: Final = "SELECT (extract(epoch FROM max(received)) * 1e6)::bigint FROM logmesh.logs WHERE spool = $1"


async def _empty(database: Database) -> None:
    owner = await asyncpg.connect(database.owner_dsn)
    await owner.execute(_EMPTY)
    await owner.close()


@asynccontextmanager
async def _rows(database: Database, _: Readers) -> AsyncIterator[Kept]:
    await _empty(database)
    pool = await open_pool(database.reader_dsn, application="test", size=4)

    async def put(*records: LogRecord, tenant: str = "default", spool: int = 1) -> Flush:
        received = await _put_rows(database, records, range(len(records)), tenant, spool)
        await _note_spool(database, tenant, spool)
        return _flush(records, received, spool)

    yield Kept(RowsStore(Reader(pool)), put, partial(_locked, database, "logs"))
    pool.terminate()


@asynccontextmanager
async def _lake(database: Database, readers: Readers) -> AsyncIterator[Kept]:
    """A part of the records are rows, the others are in two files whose times overlap: one is merged, and one has small row groups."""
    await _empty(database)
    pool = await open_pool(database.reader_dsn, application="test", size=4)
    lake = WrittenLake(database, readers.folder)

    async def put(*records: LogRecord, tenant: str = "default", spool: int = 1) -> Flush:
        await _put_in_lake(lake, records, range(len(records)), tenant, spool)
        await _note_spool(database, tenant, spool)
        return _flush(records, time.time_ns() // 1_000, spool)

    store = LakeStore(Lake(Reader(pool), Catalog(readers.folder), readers.workers))
    yield Kept(store, put, partial(_locked, database, "files"))
    pool.terminate()


@asynccontextmanager
async def _joined(database: Database, readers: Readers) -> AsyncIterator[Kept]:
    """Every second record is a row, as from before there was a lake; the others are the lake's, as above."""
    await _empty(database)
    pool = await open_pool(database.reader_dsn, application="test", size=1)  # no question needs two at once
    lake = WrittenLake(database, readers.folder)

    async def put(*records: LogRecord, tenant: str = "default", spool: int = 1) -> Flush:
        received = await _put_rows(database, records[::2], range(0, len(records), 2), tenant, spool)
        await _put_in_lake(lake, records[1::2], range(1, len(records), 2), tenant, spool)
        await _note_spool(database, tenant, spool)
        return _flush(records, received, spool)

    store = lake_beside_rows(Lake(Reader(pool), Catalog(readers.folder), readers.workers))
    yield Kept(store, put, partial(_locked, database, "logs", "files"), stores=2)
    pool.terminate()


async def _put_rows(
    database: Database, records: Sequence[LogRecord], positions: Sequence[int], tenant: str, spool: int
) -> int:
    """Store records as rows of `logmesh.logs`; the time of their receipt in microseconds since 1970."""
    await store_records(database, records, positions, tenant=tenant, spool=spool)
    owner = await asyncpg.connect(database.owner_dsn)
    received: int = await owner.fetchval(_RECEIVED, spool)
    await owner.close()
    return received


_PARTS: Final = 4
_KEYS: Final[Keys] = [("missing", "text"), ("user", "int")]


async def _put_in_lake(
    lake: WrittenLake, records: Sequence[LogRecord], positions: Sequence[int], tenant: str, spool: int
) -> None:
    """A quarter become rows, another one a file with small row groups, and the others two files that are merged."""
    parts = [(records[part::_PARTS], positions[part::_PARTS]) for part in range(_PARTS)]
    for part, (mine, places) in enumerate(parts):
        if mine and part == 0:
            await lake.put_rows(mine, places, tenant=tenant, spool=spool)
        elif mine:
            await lake.put_file(mine, places, tenant=tenant, spool=spool, keys=_KEYS if part == 1 else ())
    await lake.merge()


def _flush(records: Sequence[LogRecord], received: int, spool: int) -> Flush:
    times = [one.time_unix_nano for one in records]
    oldest, newest = to_timestamp(min(times))[0], to_timestamp(max(times) + 1_000)[0]
    return Flush(received, oldest, newest, [Span(spool, 0, len(records) - 1)])


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
async def _locked(database: Database, *tables: str) -> AsyncIterator[None]:
    """Hold all others off some tables."""
    owner = await asyncpg.connect(database.owner_dsn)
    try:
        async with owner.transaction():
            for table in tables:
                await owner.execute(f"LOCK TABLE logmesh.{table} IN ACCESS EXCLUSIVE MODE")
            yield
    finally:
        await owner.close()


STORES: Final[dict[str, Callable[[Database, Readers], AbstractAsyncContextManager[Kept]]]] = {
    "rows": _rows,
    "lake": _lake,
    "joined": _joined,
}
