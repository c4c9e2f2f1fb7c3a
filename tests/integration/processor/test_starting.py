"""A processor serves before its schema is there: it answers probes, says what it waits for, and stops at once when told."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import asyncpg
import grpc
import pytest
from grpc.aio import AioRpcError
from tests.integration.processor.append_stream import columns_of
from tests.integration.processor.conftest import ServerStore
from tests.integration.processor.running import NOT_SERVING, SERVING, RunningProcessor, running_processor

import logmesh.storage.migrate as migrating
from logmesh.cli.local.ports import free_port
from logmesh.runtime.server import LIVENESS
from logmesh.storage.migrate import migrate
from logmesh.storage.migration_files import Flavour, Migration, migrations

STOP_SECONDS = 5
OPEN = (
    "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'logmesh-migrate' AND datname = current_database()"
)


@pytest.fixture
async def superuser(store: ServerStore) -> AsyncIterator[asyncpg.Connection]:
    """A session of the test's own."""
    connection = await asyncpg.connect(store.superuser_dsn)
    yield connection
    await connection.close()


Adds = Callable[[str], None]


@pytest.fixture
def add_migration(monkeypatch: pytest.MonkeyPatch) -> Adds:
    """Makes a next release with one migration more."""

    def add(sql: str) -> None:
        def more(flavour: Flavour) -> list[Migration]:
            return [*migrations(flavour), Migration("9999_next.sql", sql)]

        monkeypatch.setattr(migrating, "migrations", more)

    return add


async def test_probes_are_answered_and_streams_refused_while_another_migrates(
    store: ServerStore, superuser: asyncpg.Connection, tmp_path: Path
) -> None:
    await superuser.fetch("SELECT pg_advisory_lock($1)", migrating._LOCK)
    async with running_processor(store, tmp_path, ready=False) as processor:
        await processor.until_health(NOT_SERVING)
        assert await processor.health(LIVENESS) == SERVING
        await refused_with(processor, "the schema is not up to date yet")
        await superuser.fetch("SELECT pg_advisory_unlock($1)", migrating._LOCK)
        await processor.until_health(SERVING)
        await processor.stream().hello()


async def test_a_stop_is_heard_while_another_migrates(
    store: ServerStore, superuser: asyncpg.Connection, tmp_path: Path
) -> None:
    await superuser.fetch("SELECT pg_advisory_lock($1)", migrating._LOCK)
    async with running_processor(store, tmp_path, ready=False) as processor:
        await processor.until_health(NOT_SERVING)
        await stops_at_once(processor)


async def test_a_stop_is_heard_while_the_database_is_away(store: ServerStore, tmp_path: Path) -> None:
    dsn = f"postgresql://nobody@127.0.0.1:{free_port()}/none"
    async with running_processor(store, tmp_path, ready=False, database_dsn=dsn, owner_dsn=dsn) as processor:
        await processor.until_health(NOT_SERVING)
        await refused_with(processor, "the database can't be reached")
        await stops_at_once(processor)


async def test_a_stop_ends_the_migration_that_runs(
    store: ServerStore, superuser: asyncpg.Connection, tmp_path: Path, add_migration: Adds
) -> None:
    add_migration("SELECT pg_sleep(600)")
    async with running_processor(store, tmp_path, ready=False) as processor:
        await until(superuser, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(600)%'", 1)
        assert await processor.health(LIVENESS) == SERVING
        await stops_at_once(processor)
    await until(superuser, OPEN, 0)


async def test_a_read_only_database_is_waited_for_and_named(
    store: ServerStore, superuser: asyncpg.Connection, tmp_path: Path
) -> None:
    await superuser.execute(f"ALTER DATABASE {store.name} SET default_transaction_read_only = on")
    async with running_processor(store, tmp_path, ready=False) as processor:
        await processor.until_health(NOT_SERVING)
        await refused_with(processor, "the database is read-only")
        await superuser.execute(f"ALTER DATABASE {store.name} RESET default_transaction_read_only")
        await processor.until_health(SERVING)
        # And a second time, now that it was ready: a promoted standby that is one again.
        await superuser.execute(f"ALTER DATABASE {store.name} SET default_transaction_read_only = on")
        await cut_sessions(superuser)
        await processor.until_health(NOT_SERVING)
        await refused_with(processor, "the database is read-only")
        await superuser.execute(f"ALTER DATABASE {store.name} RESET default_transaction_read_only")
        await cut_sessions(superuser)
        await processor.until_health(SERVING)
        await processor.stream().hello()


async def test_a_database_without_a_free_connection_is_waited_for_and_named(
    store: ServerStore, superuser: asyncpg.Connection, tmp_path: Path
) -> None:
    await superuser.execute(f"ALTER DATABASE {store.name} CONNECTION LIMIT 0")
    async with running_processor(store, tmp_path, ready=False) as processor:
        await processor.until_health(NOT_SERVING)
        await refused_with(processor, "the database has no connection free")
        await superuser.execute(f"ALTER DATABASE {store.name} CONNECTION LIMIT -1")
        await processor.until_health(SERVING)


async def test_a_migration_that_waits_for_a_lock_stops_nobody(
    store: ServerStore, superuser: asyncpg.Connection, tmp_path: Path, add_migration: Adds
) -> None:
    async with running_processor(store, tmp_path / "old") as old:
        stream = old.stream()
        await stream.hello()
        async with superuser.transaction():  # a dump, say, or a report
            await superuser.fetch("SELECT count(*) FROM logmesh.logs")
            add_migration("ALTER TABLE logmesh.logs ADD COLUMN added int")
            async with running_processor(store, tmp_path / "new", ready=False, name="log-processor-1") as new:
                await refused_with(new, "another session holds a lock")
                for seq in range(1, 6):
                    await stream.send_columns(seq, columns_of([b"while a migration waits"]))
                    await stream.until(lambda seq=seq: seq in stream.committed, 4)  # type: ignore[misc]
                await stops_at_once(new)
    await migrate_as_owner(store)
    assert await superuser.fetchval("SELECT count(added) FROM logmesh.logs") == 0


async def test_a_database_without_the_schema_that_comes_in_place_gets_it(
    store: ServerStore, superuser: asyncpg.Connection, tmp_path: Path
) -> None:
    async with running_processor(store, tmp_path) as processor:
        stream = processor.stream()
        await stream.hello()
        await stream.send_columns(1, columns_of([b"gone with the database"]))
        await stream.until_committed(1)
        await superuser.execute("DROP SCHEMA logmesh CASCADE")
        await processor.until_health(NOT_SERVING)
        await processor.until_health(SERVING)
        again = processor.stream()
        await again.hello()
        await again.send_columns(1, columns_of([b"in the new one"]))
        await again.until_committed(1)
        assert await processor.bodies() == ["in the new one"]


NEWER = (
    "CREATE OR REPLACE FUNCTION logmesh.written_from() RETURNS int LANGUAGE sql STABLE AS $$ SELECT 9999 $$;"
    "ALTER TABLE logmesh.logs ALTER COLUMN severity_text SET NOT NULL"  # something that this release gets wrong
)


async def test_a_newer_release_s_schema_refuses_this_one_in_words_and_stores_nothing_wrong(
    store: ServerStore, superuser: asyncpg.Connection, tmp_path: Path
) -> None:
    async with running_processor(store, tmp_path) as processor:
        stream = processor.stream()
        await stream.hello()
        await stream.send_columns(1, columns_of([b"before"]))
        await stream.until_committed(1)
        await superuser.execute("UPDATE logmesh.logs SET severity_text = ''")
        await superuser.execute(NEWER)
        await stream.send_columns(2, columns_of([b"after"]))
        await stream.until(lambda: 2 in stream.logged)
        await processor.until_health(NOT_SERVING)
        await refused_with(processor, "this process is of a release that knows the schema to migration")
        async with running_processor(store, tmp_path / "next", ready=False, name="log-processor-1") as late:
            await refused_with(late, "the schema is a newer release's")
        assert await processor.bodies() == ["before"]
        assert await processor.dead_letters() == []
        # The newer release comes, on the same volume.
        await superuser.execute("ALTER TABLE logmesh.logs ALTER COLUMN severity_text DROP NOT NULL")
        await superuser.execute(NEWER.partition(";")[0].replace("9999", "13"))
        await stream.until_committed(2)
        assert sorted(await processor.bodies()) == ["after", "before"]


async def migrate_as_owner(store: ServerStore) -> None:
    owner = await asyncpg.connect(store.owner_dsn)
    await migrate(owner)
    await owner.close()


async def refused_with(processor: RunningProcessor, words: str) -> None:
    """Wait until a Hello is refused with these words."""
    async with asyncio.timeout(20):
        while True:
            try:
                await processor.stream().hello()
            except AioRpcError as error:
                if error.code() is grpc.StatusCode.UNAVAILABLE and words in (error.details() or ""):
                    return
            await asyncio.sleep(0.05)


async def stops_at_once(processor: RunningProcessor) -> None:
    began = time.monotonic()
    processor.stop.set()
    await asyncio.wait_for(processor.task, 30)
    assert time.monotonic() - began < STOP_SECONDS


async def until(connection: asyncpg.Connection, sql: str, expected: int) -> None:
    async with asyncio.timeout(20):
        while await connection.fetchval(sql) != expected:
            await asyncio.sleep(0.05)


async def cut_sessions(superuser: asyncpg.Connection) -> None:
    await superuser.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND usename LIKE 'logmesh_%'"
    )
