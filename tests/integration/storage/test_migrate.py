"""Migrations on a real server: what they lock, what a cut leaves behind, and what is told when one can't go on."""

import asyncio
from collections.abc import Callable

import asyncpg
import pytest
from tests.conftest import Database

import logmesh.storage.migrate as migrating
from logmesh.storage.migrate import MigrationError, build_indexes, migrate
from logmesh.storage.migration_files import FLAVOURS, Flavour, Migration, migrations
from logmesh.storage.postgres import owner_session

INDEX = "CREATE INDEX CONCURRENTLY logs_severity_idx ON logmesh.logs (severity, time) WHERE severity > 16;"
STATES = """
SELECT c.relname, x.indisvalid FROM pg_index AS x JOIN pg_class AS c ON c.oid = x.indexrelid
WHERE c.relname LIKE 'logs%severity%'
"""
Adds = Callable[[str], None]


@pytest.fixture
def add_migration(monkeypatch: pytest.MonkeyPatch) -> Adds:
    """Makes a next release with one migration more."""

    def add(sql: str) -> None:
        def more(flavour: Flavour) -> list[Migration]:
            return [*migrations(flavour), Migration("9999_next.sql", sql)]

        monkeypatch.setattr(migrating, "migrations", more)

    return add


async def run(database: Database) -> list[str]:
    async with owner_session(database.owner_dsn, application="test") as owner:
        return await migrate(owner) + (await build_indexes(owner) or [])


async def test_an_index_that_was_half_built_is_made_again_and_writers_never_wait(
    database: Database, add_migration: Adds
) -> None:
    await run(database)
    add_migration(INDEX)
    old, writer = await asyncpg.connect(database.owner_dsn), await asyncpg.connect(database.writer_dsn)
    looking = await asyncpg.connect(database.owner_dsn)
    async with old.transaction():
        # The index of today's partition waits for this transaction.
        today = await old.fetchval("SELECT to_char(now() AT TIME ZONE 'UTC', '\"logs_\"YYYYMMDD')")
        await old.execute(_ROW.replace("logs", today))
        building = asyncio.create_task(run(database))
        async with asyncio.timeout(20):
            while not any(row["relname"].startswith(today) for row in await looking.fetch(STATES)):
                await asyncio.sleep(0.02)
        await writer.execute("SET lock_timeout = '1s'")
        await writer.execute(_ROW)
        building.cancel()
        await asyncio.gather(building, return_exceptions=True)
        await looking.execute(
            "SELECT logmesh.make_partitions(current_date + 1)"
        )  # maintenance doesn't wait for it, either
        assert f"{today}_severity_idx" in [r["relname"] for r in await looking.fetch(STATES) if not r["indisvalid"]]
    assert await run(database) == ["9999_next.sql"]
    states = {row["relname"]: row["indisvalid"] for row in await looking.fetch(STATES)}
    assert len(states) == 1 + 12 == 1 + await looking.fetchval(_PARTITIONS)
    assert all(states.values())
    assert await run(database) == []
    await looking.fetchval(migrating._TRY_LOCK, migrating._INDEX_LOCK)
    async with owner_session(database.owner_dsn, application="test") as second:
        assert await build_indexes(second) is None  # somebody else is at it
    assert not await looking.fetch("SELECT FROM pg_index WHERE NOT indisvalid")
    await asyncio.gather(old.close(), writer.close(), looking.close())


async def test_a_small_tenant_passes_over_the_others_inside_the_index(database: Database) -> None:
    await run(database)
    reader = await asyncpg.connect(database.reader_dsn)
    await reader.execute("SET enable_seqscan = off; SET app.tenant = 'small'")
    plan = await reader.fetch("EXPLAIN SELECT body FROM logmesh.records WHERE time > now() - interval '1 hour'")
    scans = [row[0] for row in plan if "Index Cond" in row[0]]
    assert scans
    assert all("(tenant = " in scan for scan in scans)
    await reader.close()


async def test_a_migration_that_fails_leaves_nothing_and_says_its_name(database: Database, add_migration: Adds) -> None:
    add_migration("CREATE TABLE logmesh.half (n int); SELECT 1 / 0")
    with pytest.raises(MigrationError, match=r"9999_next.sql: the database refused: DivisionByZeroError"):
        await run(database)
    owner = await asyncpg.connect(database.owner_dsn)
    assert await owner.fetchval("SELECT to_regclass('logmesh.half')") is None
    await owner.close()


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_file_that_builds_indexes_holds_nothing_else(flavour: Flavour) -> None:
    for migration in migrations(flavour):
        for step in migration.index_steps:
            assert isinstance(step, str) or step.name.startswith(step.table)  # those of partitions are named alike
    with pytest.raises(ValueError, match="may say CREATE INDEX CONCURRENTLY and DROP INDEX IF EXISTS"):
        _ = Migration("9999_next.sql", INDEX + "SELECT 1").index_steps


_ROW = (
    "INSERT INTO logmesh.logs (time, position, spool, origin, ns, severity, tenant, service, body)"
    " VALUES (now(), 1, 1, 1, 0, 17, 'default', 'test', 'a row')"
)
_PARTITIONS = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'logmesh.logs'::regclass"
