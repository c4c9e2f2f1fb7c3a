"""What no catalog names is deleted, and nothing else is."""

from pathlib import Path

import asyncpg
from tests.integration.lake.batches import columns
from tests.integration.lake.storing import Spool, Storing, contents

from logmesh.lake.folder import path_of
from logmesh.lake.tending.sweep import Swept, sweep
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


async def test_a_sweep_that_died_after_its_commit_is_made_up_for(storing: Storing, owner: asyncpg.Connection) -> None:
    incarnation = await owner.fetchval("SELECT logmesh.incarnation()")
    left = path_of(storing.root, incarnation, 12_345)
    left.parent.mkdir(parents=True)
    left.write_bytes(b"")
    assert (await sweep(owner, storing.root)).deleted == 1 and not left.exists()


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
