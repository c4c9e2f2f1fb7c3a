"""What a processor stores is the same record wherever it lies: as a row, in the lake as a hot row, in a file, and sealed."""

import time
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path

import asyncpg
from tests.conftest import Database
from tests.integration.gateway.test_rare_fields import SECOND, rich
from tests.integration.lake.batches import columns
from tests.integration.lake.storing import Spool, Storing, now
from tests.integration.processor.append_stream import columns_of
from tests.integration.processor.bad_entries import BAD_COLUMNS

from logmesh.filters.ast import EVERYTHING
from logmesh.lake.reading.workers import Workers
from logmesh.lake.store.asking import Lake
from logmesh.lake.store.catalog import Catalog
from logmesh.lake.store.store import LakeStore
from logmesh.lake.tending.seal import seal
from logmesh.lake.writing.filing import FILE_ROWS
from logmesh.processor.writer.destination import Rows
from logmesh.processor.writer.opened import Opened
from logmesh.processor.writer.resolve import Numbers
from logmesh.processor.writer.sort import Branches
from logmesh.record.columns import columns_from_records
from logmesh.record.ids import parse_record_id, split_position
from logmesh.rows.reader import Reader
from logmesh.rows.store import RowsStore
from logmesh.storage.postgres import connect_writer, open_pool
from logmesh.store.order import Cursor, Window
from logmesh.store.store import Store
from logmesh.v1.record_pb2 import LogColumns, LogRecord


async def store_as_rows(database: Database, batches: Sequence[Opened]) -> None:
    writer, rows = await connect_writer(database.writer_dsn, application="test"), Rows(with_traces=False)
    await Numbers().resolve(writer.fetch, batches)
    await rows.flush(writer, rows.prepare(batches, now(), strict=True, refused=None), Branches())
    await writer.close()


async def read(store: Store, tenant: str, batches: int, began: int) -> dict[int, LogRecord]:
    """By position, the records of the first so many batches; times that depend on when they were stored are left out."""
    window = Window(0, Cursor(time.time_ns() + 3_600 * 10**9))
    async with aclosing(store.search(tenant, EVERYTHING, window, 100_000, seconds=60)) as parts:
        found = [record async for part in parts for record in part.records()]
    by_position = {}
    for record in found:
        _, position = parse_record_id(record.id)
        record.id = ""
        if record.time_unix_nano < began - 365 * 86_400 * SECOND:  # the lake keeps what rows clamp
            record.original_time_unix_nano = record.time_unix_nano
        if record.time_unix_nano > began + SECOND // 1_000 or record.original_time_unix_nano:
            record.time_unix_nano = 0
        if split_position(position)[0] <= batches:
            by_position[position] = record
    return by_position


async def test_it_is_the_same_record_wherever_it_lies(
    storing: Storing, owner: asyncpg.Connection, database: Database, tmp_path: Path
) -> None:
    at = time.time_ns()
    small = [bad.columns for bad in BAD_COLUMNS.values() if len(bad.columns.SerializeToString()) < 1 << 18]
    traced = columns(5, at=at)
    traced.severity_texts.extend([b"", b"LOUD", b"", "é".encode(), b""])
    traced.span_ids = bytes(8) + b"s" * 32
    ahead = columns_of([b"far ahead"], time_unix_nano=(1 << 64) - 1)
    parts: list[LogColumns] = [*small, traced, columns_from_records([rich(at)], at), ahead]
    of_rows, hot, filed = Spool("rows"), Spool("hot"), Spool("filed")
    await store_as_rows(database, [of_rows.batch(part) for part in parts])
    await storing.store(*[hot.batch(part) for part in parts])
    await storing.store(*[filed.batch(part) for part in parts], *[filed.batch(columns(FILE_ROWS))])
    pool = await open_pool(database.reader_dsn, application="test", size=2)
    workers = Workers(tmp_path)
    lake = LakeStore(Lake(Reader(pool), Catalog(storing.root), workers))
    expected = await read(RowsStore(Reader(pool)), "rows", len(parts), at)
    assert any(record.event_name for record in expected.values()) and len(expected) > len(parts)
    assert await read(lake, "hot", len(parts), at) == expected
    assert await read(lake, "filed", len(parts), at) == expected
    assert (await seal(owner, storing.root, "test", seal_bytes=1, seal_seconds=0)).files
    assert await read(lake, "hot", len(parts), at) == expected
    await workers.close()
    pool.terminate()
