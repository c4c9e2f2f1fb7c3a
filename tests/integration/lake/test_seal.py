"""Hot rows become files: each record is in one of the two for every snapshot, and their table goes only when nobody can miss it."""

import asyncio
import random
from collections import Counter

import asyncpg
import pytest
from tests.conftest import Database
from tests.integration.lake.batches import columns
from tests.integration.lake.storing import Spool, Storing, contents, full_catalog, said

from logmesh.lake.tending.seal import Sealed, SealRefused, seal
from logmesh.storage.postgres import connect

OWNER = "merger"


async def seal_now(owner: asyncpg.Connection, storing: Storing, **options: float) -> Sealed:
    return await seal(owner, storing.root, OWNER, seal_seconds=0, **options)  # type: ignore[arg-type]


async def test_rows_are_in_files_once_they_are_sealed(storing: Storing, owner: asyncpg.Connection) -> None:
    spools = [Spool(f"tenant {each}") for each in range(3)]
    for _ in range(4):
        await storing.store(*[spool.batch(columns(50)) for spool in spools])
    rare = columns(4)
    rare.severity_texts.extend([b"", b"LOUD", b"", b""])
    rare.flags.extend([0, 1, 0, 0])
    rare.span_ids = bytes(8) + b"\xff" * 24
    await storing.store(spools[0].batch(rare))
    before = await contents(owner, storing.root)
    sealed = await seal_now(owner, storing)
    after = await contents(owner, storing.root)
    assert (sealed.generations, sealed.rows, sealed.files, sealed.dropped) == (1, 604, 3, 1)
    assert not after.hot and sorted(file["tenant"] for file in after.catalog) == [spool.tenant for spool in spools]
    assert _by_identity(before.hot) == _by_identity(after.filed)
    assert await owner.fetchval(
        "SELECT to_regclass('logmesh.hot_1') IS NULL AND to_regclass('logmesh.hot_2') IS NOT NULL"
    )
    await storing.store(spools[0].batch(columns(5)))
    assert len((await contents(owner, storing.root)).hot) == 5


def _by_identity(rows: list[dict[str, object]]) -> dict[tuple[object, object], dict[str, object]]:
    return {(row["spool"], row["position"]): said(row) for row in rows}


async def test_what_is_neither_large_nor_old_stays(storing: Storing, owner: asyncpg.Connection) -> None:
    await storing.store(Spool().batch(columns(5)))
    assert await seal(owner, storing.root, OWNER) == Sealed()
    assert len((await contents(owner, storing.root)).hot) == 5
    assert (await seal(owner, storing.root, OWNER, seal_bytes=8_192)).rows == 5


async def test_small_tenants_wait_for_one_another(storing: Storing, owner: asyncpg.Connection) -> None:
    spools = [Spool(f"tenant {each:02}") for each in range(40)]
    await storing.store(*[spool.batch(columns(10)) for spool in spools])
    assert (await seal(owner, storing.root, OWNER, seal_bytes=1 << 15)).rows == 0
    await storing.store(spools[7].batch(columns(1_500)))
    assert (await seal(owner, storing.root, OWNER, seal_bytes=1 << 15)).files == 40, "one pays for its rows"


async def test_no_generation_grows_beyond_bounds(storing: Storing, owner: asyncpg.Connection) -> None:
    await storing.store(*[Spool(f"tenant {each}").batch(columns(10)) for each in range(3)])
    assert (await seal(owner, storing.root, OWNER, most_bytes=1 << 20)).rows == 0
    assert (await seal(owner, storing.root, OWNER, most_bytes=1 << 13)).rows == 30


async def test_long_texts_count_as_bytes(storing: Storing, owner: asyncpg.Connection) -> None:
    long = columns(4)
    long.bodies[:] = [random.Random(each).randbytes(90_000).hex().encode() for each in range(4)]
    await storing.store(Spool().batch(long))
    assert (await seal(owner, storing.root, OWNER, seal_bytes=1 << 21)).rows == 0
    assert (await seal(owner, storing.root, OWNER, seal_bytes=1 << 18)).rows == 4


async def test_a_generation_without_rows_stays_open(storing: Storing, owner: asyncpg.Connection) -> None:
    await owner.execute("SELECT logmesh.open_generation()")
    assert await seal_now(owner, storing) == Sealed()


async def test_a_table_stays_for_as_long_as_a_snapshot_may_miss_the_files(
    storing: Storing, owner: asyncpg.Connection, database: Database
) -> None:
    await storing.store(Spool().batch(columns(7)))
    reader = await connect(database.owner_dsn, application="reader")
    async with reader.transaction(isolation="repeatable_read"):
        await reader.execute("SELECT")  # its snapshot is of now, and it has touched no table
        assert (await seal_now(owner, storing, wait_seconds=0.5)).waiting == 1
        counted = await reader.fetchval("SELECT count(*) FROM logmesh.hot")
        files = await reader.fetchval("SELECT count(*) FROM logmesh.files")
        assert (counted, files) == (7, 0)
    assert (await seal_now(owner, storing)).dropped == 1
    await reader.close()


async def test_a_drop_that_was_cut_off_half_way_holds_up_no_other(
    storing: Storing, owner: asyncpg.Connection, database: Database
) -> None:
    """A dump that begins just as a table is detached."""
    spool, dump = Spool(), await connect(database.owner_dsn, application="dump")
    async with dump.transaction(isolation="repeatable_read"):
        await dump.execute("SELECT count(*) FROM logmesh.hot")
        for each in range(1, 4):
            await storing.store(spool.batch(columns(5)))
            assert (await seal_now(owner, storing, wait_seconds=0)).waiting == each
        await dump.execute("SELECT count(*) FROM logmesh.hot")
        await owner.execute("SET lock_timeout = '200ms'")
        with pytest.raises(asyncpg.LockNotAvailableError):  # not the first one: PostgreSQL may name them in any order
            await owner.execute("ALTER TABLE logmesh.hot DETACH PARTITION logmesh.hot_3 CONCURRENTLY")
        assert (await seal_now(owner, storing, wait_seconds=0)).waiting == 3
    assert (await seal_now(owner, storing)).dropped == 3
    assert await owner.fetchval("SELECT count(*) FROM pg_inherits WHERE inhparent = 'logmesh.hot'::regclass") == 1
    await dump.close()
    assert len((await contents(owner, storing.root)).filed) == 15


async def test_a_reader_that_counts_without_pause_is_never_wrong(
    storing: Storing, owner: asyncpg.Connection, database: Database
) -> None:
    reader = await connect(database.owner_dsn, application="reader")
    done = asyncio.Event()
    seen: Counter[bool] = Counter()

    async def count() -> None:
        while not done.is_set():
            async with reader.transaction(isolation="repeatable_read", readonly=True):
                stored, hot, filed = await reader.fetchrow(
                    "SELECT (SELECT coalesce(sum(stored), 0)::bigint FROM logmesh.spools),"
                    " (SELECT count(*) FROM logmesh.hot JOIN logmesh.generations USING (generation) WHERE sealed_xid IS NULL),"
                    " (SELECT coalesce(sum(rows), 0)::bigint FROM logmesh.files WHERE dead_xid IS NULL)"
                )  # type: ignore[misc]
            seen[stored == hot + filed] += 1

    counting = asyncio.create_task(count())
    spool = Spool()
    for _ in range(12):
        await storing.store(spool.batch(columns(20)))
        await storing.store(spool.batch(columns(30)), Spool("other").batch(columns(6_000)))
        await seal_now(owner, storing)
    done.set()
    await counting
    await reader.close()
    assert set(seen) == {True} and seen[True] > 20
    found = await contents(owner, storing.root)
    assert set(found.identities().values()) == {1} and len(found.filed) == found.stored


async def test_a_generation_that_was_closed_and_no_more_is_sealed_by_the_next(
    storing: Storing, owner: asyncpg.Connection
) -> None:
    await storing.store(Spool().batch(columns(9)))
    await owner.execute("UPDATE logmesh.generations SET closed = true")
    assert (await seal(owner, storing.root, OWNER)).rows == 9
    assert len((await contents(owner, storing.root)).filed) == 9


async def test_nothing_is_sealed_whose_number_was_taken_back(storing: Storing, owner: asyncpg.Connection) -> None:
    await storing.store(Spool().batch(columns(9)))
    await owner.execute(
        "CREATE FUNCTION pg_temp.gone() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;"
        "CREATE TRIGGER gone BEFORE DELETE ON logmesh.pending FOR EACH ROW EXECUTE FUNCTION pg_temp.gone()"
    )
    with pytest.raises(SealRefused):
        await seal_now(owner, storing)
    found = await contents(owner, storing.root)
    assert len(found.hot) == 9 and not found.files
    assert not list(storing.root.rglob("*.parquet")), "each try would leave some"
    await owner.execute("DROP TRIGGER gone ON logmesh.pending")
    await seal_now(owner, storing)
    assert len((await contents(owner, storing.root)).filed) == 9


async def test_a_seal_that_the_catalog_has_no_room_for_leaves_no_file(
    storing: Storing, owner: asyncpg.Connection
) -> None:
    await storing.store(Spool().batch(columns(9)))
    await full_catalog(owner)
    with pytest.raises(asyncpg.DiskFullError):
        await seal_now(owner, storing)
    assert len((await contents(owner, storing.root)).hot) == 9
    assert not list(storing.root.rglob("*.parquet")), "each try would leave some"


async def test_a_generation_that_cannot_be_sealed_holds_up_no_other(
    storing: Storing, owner: asyncpg.Connection
) -> None:
    spool = Spool()
    for _ in range(2):
        await storing.store(spool.batch(columns(9)))
        await owner.execute("UPDATE logmesh.generations SET closed = true")
    following = 1 + await owner.fetchval("SELECT coalesce(max(file), 0) FROM logmesh.pending")
    await owner.execute(  # the first one's number is gone by the time that its file is there
        "CREATE FUNCTION pg_temp.gone() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;"
        f"CREATE TRIGGER gone BEFORE DELETE ON logmesh.pending FOR EACH ROW WHEN (OLD.file = {following})"
        " EXECUTE FUNCTION pg_temp.gone()"
    )
    with pytest.raises(SealRefused, match="numbers were taken back"):
        await seal(owner, storing.root, OWNER)
    found = await contents(owner, storing.root)
    assert (len(found.hot), len(found.filed)) == (9, 9)
    assert await owner.fetchval(
        "SELECT to_regclass('logmesh.hot_1') IS NOT NULL AND to_regclass('logmesh.hot_2') IS NULL"
    )
    assert (await seal(owner, storing.root, OWNER)).rows == 9
    assert len((await contents(owner, storing.root)).filed) == 18
