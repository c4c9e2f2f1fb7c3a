"""What no catalog names is deleted, and nothing else is."""

import os
import time
from pathlib import Path

import asyncpg
from tests.integration.lake.batches import columns
from tests.integration.lake.storing import Spool, Storing, contents

from logmesh.lake.folder import path_of
from logmesh.lake.tending.merge import merge
from logmesh.lake.tending.sweep import UNKNOWN_SECONDS, Foreign, Swept, sweep
from logmesh.lake.writing.filing import FILE_ROWS


async def test_live_files_and_numbers_in_use_stay(storing: Storing, owner: asyncpg.Connection) -> None:
    spool = Spool()
    await storing.store(spool.batch(columns(FILE_ROWS)))
    assert await sweep(owner, storing.root) == Swept()
    await storing.store(spool.batch(columns(FILE_ROWS)))
    assert len((await contents(owner, storing.root)).files) == 2


async def test_what_a_dead_flush_left_is_deleted_once_its_number_is_taken_back(
    storing: Storing, owner: asyncpg.Connection
) -> None:
    await storing.store(Spool().batch(columns(FILE_ROWS)))
    incarnation = await owner.fetchval("SELECT logmesh.incarnation()")
    number = await owner.fetchval("SELECT min(file) FROM logmesh.pending")
    left = path_of(storing.root, incarnation, number)
    left.write_bytes(b"half a file")
    assert (await sweep(owner, storing.root)).deleted == 0 and left.exists()
    swept = await sweep(owner, storing.root, pending_seconds=0)
    assert (swept.expired, swept.deleted) == (63, 1) and not left.exists()
    assert len((await contents(owner, storing.root)).files) == 1


async def test_what_this_database_never_knew_is_spared_while_it_is_young(
    storing: Storing, owner: asyncpg.Connection
) -> None:
    """A sweep that died after its commit, the time after a copy of the disk was taken, the same disk's other database."""
    incarnation = await owner.fetchval("SELECT logmesh.incarnation()")
    left = path_of(storing.root, incarnation, 12_345)
    left.parent.mkdir(parents=True)
    left.write_bytes(b"")
    assert (await sweep(owner, storing.root)).deleted == 0 and left.exists()
    aged = time.time() - UNKNOWN_SECONDS - 1
    os.utime(left, (aged, aged))
    assert (await sweep(owner, storing.root)).deleted == 1 and not left.exists()


async def test_a_file_that_was_there_before_its_number_was_given_out_is_not_who_took_its(
    storing: Storing, owner: asyncpg.Connection
) -> None:
    """A database that was put back gives out numbers once more, and passes over those that have files."""
    incarnation = await owner.fetchval("SELECT logmesh.incarnation()")
    earlier = path_of(storing.root, incarnation, 1)
    earlier.parent.mkdir(parents=True)
    earlier.write_bytes(b"")
    aged = time.time() - 3_600
    os.utime(earlier, (aged, aged))
    await storing.store(Spool().batch(columns(FILE_ROWS)))
    assert list((await contents(owner, storing.root)).files) == [2]
    assert (await sweep(owner, storing.root, pending_seconds=0)).expired == 63 and earlier.exists()


async def test_files_of_what_a_database_was_before_are_told_of_and_go_once_they_are_adopted(
    storing: Storing, owner: asyncpg.Connection
) -> None:
    for _ in range(2):
        await storing.store(Spool().batch(columns(FILE_ROWS)))
    incarnation = await owner.fetchval("SELECT logmesh.incarnation()")
    (storing.root / incarnation).rename(storing.root / "before")
    await owner.execute("UPDATE logmesh.files SET incarnation = 'before'")
    merged = await merge(owner, storing.root, "merger", files=2)
    assert merged and len((await contents(owner, storing.root)).filed) == 2 * FILE_ROWS
    left = path_of(storing.root, "before", merged.file)  # another one's, of this number
    left.write_bytes(b"")
    size = await owner.fetchval("SELECT sum(bytes)::bigint FROM logmesh.files WHERE dead_xid IS NOT NULL")
    assert (await sweep(owner, storing.root, dead_seconds=0, unknown_seconds=0)).foreign == [Foreign("before", 2, size)]
    assert len(list((storing.root / "before").rglob("*.parquet"))) == 3
    await owner.execute("INSERT INTO logmesh.adopted VALUES ('before')")
    swept = await sweep(owner, storing.root, dead_seconds=0, unknown_seconds=0)
    assert (swept.forgotten, swept.deleted, swept.foreign) == (2, 3, [])
    assert len((await contents(owner, storing.root)).filed) == 2 * FILE_ROWS


async def test_files_of_other_databases_and_of_people_are_left_alone(
    storing: Storing, owner: asyncpg.Connection
) -> None:
    incarnation = await owner.fetchval("SELECT logmesh.incarnation()")
    others = [path_of(storing.root, "1-2-3-4", 7), storing.root / incarnation / "0" / "notes.parquet"]
    for other in others:
        other.parent.mkdir(parents=True)
        other.write_bytes(b"")
    await sweep(owner, storing.root, pending_seconds=0, dead_seconds=0)
    assert all(map(Path.exists, others))


async def test_dead_files_go_after_their_time(storing: Storing, owner: asyncpg.Connection) -> None:
    spool = Spool()
    await storing.store(spool.batch(columns(FILE_ROWS)))
    await storing.store(spool.batch(columns(FILE_ROWS)))
    first, second = sorted((await contents(owner, storing.root)).files)
    await owner.execute("UPDATE logmesh.files SET dead_xid = pg_current_xact_id(), died = now() WHERE file = $1", first)
    assert (await sweep(owner, storing.root)).forgotten == 0
    swept = await sweep(owner, storing.root, dead_seconds=0)
    assert (swept.forgotten, swept.deleted) == (1, 1)
    assert list((await contents(owner, storing.root)).files) == [second]
