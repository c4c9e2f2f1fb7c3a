"""A processor serves before its schema is there: it answers probes, says what it waits for, and stops at once when told."""

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import grpc
import pytest
from grpc.aio import AioRpcError
from tests.conftest import Database
from tests.integration.processor.append_stream import columns_of
from tests.integration.processor.conftest import ServerStore
from tests.integration.processor.running import NOT_SERVING, SERVING, RunningProcessor, running_processor
from tests.integration.storage.old_schema import make_old_schema
from tests.waiting import until

import logmesh.storage.migrate as migrating
from logmesh.cli.local.ports import free_port
from logmesh.processor import schema
from logmesh.runtime.server import LIVENESS
from logmesh.storage.migrate import migrate
from logmesh.storage.migration_files import Flavour, Migration, migrations
from logmesh.storage.postgres import WRITES_FROM, connect

STOP_SECONDS = 5
OPEN = (
    "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'logmesh-migrate' AND datname = current_database()"
)


@pytest.fixture
def store(empty_database: Database) -> ServerStore:
    """Without the schema, which a start makes."""
    return ServerStore(empty_database.server, empty_database.name)


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


async def test_probes_are_answered_and_streams_refused_while_the_log_is_read(
    store: ServerStore, tmp_path: Path
) -> None:
    (segment,) = segments_that_stand_still(tmp_path / "buffer", 1)
    async with running_processor(store, tmp_path, ready=False) as processor:
        await processor.until_health(NOT_SERVING)
        assert await processor.health(LIVENESS) == SERVING
        await refused_with(processor, "the write-ahead log is being read")
        with pytest.raises(AioRpcError, match="the write-ahead log is being read"):
            await processor.state()
        await read_on(segment)
        await processor.until_health(SERVING)
        await processor.stream().hello()
        assert (await processor.state()).ready


async def test_a_stop_is_heard_while_the_log_is_read(store: ServerStore, tmp_path: Path) -> None:
    first, second = segments_that_stand_still(tmp_path / "buffer", 2)
    async with running_processor(store, tmp_path, ready=False) as processor:
        await processor.until_health(NOT_SERVING)
        processor.stop.set()
        await read_on(first)
        await stops_at_once(processor)
    assert second.exists()


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
        await opened_without(processor, "the database can't be reached")
        await stops_at_once(processor)


async def test_a_stop_ends_the_migration_that_runs(
    store: ServerStore, superuser: asyncpg.Connection, tmp_path: Path, add_migration: Adds
) -> None:
    add_migration("SELECT pg_sleep(600)")
    async with running_processor(store, tmp_path, ready=False) as processor:
        await until_counted(
            superuser, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(600)%'", 1
        )
        assert await processor.health(LIVENESS) == SERVING
        await stops_at_once(processor)
    await until_counted(superuser, OPEN, 0)


async def test_a_read_only_database_is_waited_for_and_named(
    store: ServerStore, superuser: asyncpg.Connection, tmp_path: Path
) -> None:
    await superuser.execute(f"ALTER DATABASE {store.name} SET default_transaction_read_only = on")
    async with running_processor(store, tmp_path, ready=False) as processor:
        await processor.until_health(NOT_SERVING)
        await opened_without(processor, "the database is read-only")
        await superuser.execute(f"ALTER DATABASE {store.name} RESET default_transaction_read_only")
        await processor.until_health(SERVING)
        # And a second time, now that it was ready: a promoted standby that is one again.
        await superuser.execute(f"ALTER DATABASE {store.name} SET default_transaction_read_only = on")
        await cut_sessions(superuser)
        await opened_without(processor, "the database is read-only")
        assert await processor.health() == SERVING
        await superuser.execute(f"ALTER DATABASE {store.name} RESET default_transaction_read_only")
        await cut_sessions(superuser)
        await opened_without(processor, "")


async def test_a_database_without_a_free_connection_is_waited_for_and_named(
    store: ServerStore, superuser: asyncpg.Connection, tmp_path: Path
) -> None:
    await superuser.execute(f"ALTER DATABASE {store.name} CONNECTION LIMIT 0")
    async with running_processor(store, tmp_path, ready=False) as processor:
        await processor.until_health(NOT_SERVING)
        await opened_without(processor, "the database has no connection free")
        await superuser.execute(f"ALTER DATABASE {store.name} CONNECTION LIMIT -1")
        await processor.until_health(SERVING)


async def test_a_password_that_is_changed_later_is_waited_for_and_named(
    store: ServerStore, superuser: asyncpg.Connection, tmp_path: Path
) -> None:
    dsn = await dsn_of_a_new_role(store, superuser, password="of-the-secret")
    role = urlsplit(dsn).username
    await superuser.execute(f"ALTER ROLE {role} PASSWORD 'of-before'")
    async with running_processor(store, tmp_path, ready=False, database_dsn=dsn, owner_dsn=dsn) as processor:
        await processor.until_health(NOT_SERVING)
        assert await processor.health(LIVENESS) == SERVING
        await opened_without(processor, "the database refuses this user, or its password")
        await superuser.execute(f"ALTER ROLE {role} PASSWORD 'of-the-secret'")
        await processor.until_health(SERVING)
        await processor.stream().hello()


async def test_a_password_that_stays_refused_ends_the_process_which_then_reads_the_secret_anew(
    store: ServerStore, superuser: asyncpg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "_LOGIN_SECONDS", 0.5)
    dsn = await dsn_of_a_new_role(store, superuser, password="of-the-secret")
    await superuser.execute(f"ALTER ROLE {urlsplit(dsn).username} PASSWORD 'another'")
    with pytest.RaisesGroup(asyncpg.InvalidPasswordError, flatten_subgroups=True):
        async with running_processor(store, tmp_path, ready=False, database_dsn=dsn, owner_dsn=dsn) as processor:
            await asyncio.wait_for(processor.task, 30)


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


async def test_an_older_schema_that_comes_in_place_is_brought_up_to_date_before_anything_is_written(
    store: ServerStore, tmp_path: Path
) -> None:
    async with running_processor(store, tmp_path) as processor:
        stream = processor.stream()
        await stream.hello()
        await stream.send_columns(1, columns_of([b"gone with the database"]))
        await stream.until_committed(1)
        owner = await connect(store.owner_dsn, application="test")
        async with owner.transaction():
            await owner.execute("DROP SCHEMA logmesh CASCADE")
            await make_old_schema(owner, "postgresql", newest=52)
        await owner.close()
        await stream.send_columns(2, columns_of([b"in the other one"]))  # into columns that are narrower there
        await until(lambda: processor.query("SELECT WHERE to_regclass('logmesh.narrow_counts') IS NOT NULL"))
        await stream.until_committed(2)
        assert "in the other one" in await processor.bodies()
        assert await processor.dead_letters() == []


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
        await superuser.execute(NEWER.partition(";")[0].replace("9999", str(WRITES_FROM)))
        await stream.until_committed(2)
        assert sorted(await processor.bodies()) == ["after", "before"]


async def dsn_of_a_new_role(store: ServerStore, superuser: asyncpg.Connection, password: str) -> str:
    """A user of the test's own, who may do everything."""
    role = f"{store.name}_rotated"
    await superuser.execute(f"CREATE ROLE {role} LOGIN SUPERUSER PASSWORD '{password}'")
    parts = urlsplit(store.superuser_dsn)
    return parts._replace(netloc=f"{role}:{password}@{parts.hostname}:{parts.port}").geturl()


def segments_that_stand_still(folder: Path, count: int) -> list[Path]:
    """Segments of a log on a disk that is slow without end: whoever reads one waits until somebody writes."""
    folder.mkdir()
    paths = [folder / f"{number:010d}-{number:032x}.segment" for number in range(1, count + 1)]
    for path in paths:
        os.mkfifo(path)
    return paths


async def read_on(segment: Path) -> None:
    """The disk says that there is nothing in it."""
    await asyncio.wait_for(asyncio.to_thread(segment.write_bytes, b""), 20)


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


async def opened_without(processor: RunningProcessor, words: str) -> None:
    """Wait until a Hello is welcomed although the database can't be asked, for this reason; an empty one: it was asked."""
    async with asyncio.timeout(20):
        while True:
            stream = processor.stream()
            with contextlib.suppress(AioRpcError):
                away = (await stream.hello()).database_away
                stream.cut()
                if words in away and bool(words) == bool(away):
                    return
            await asyncio.sleep(0.05)


async def stops_at_once(processor: RunningProcessor) -> None:
    began = time.monotonic()
    processor.stop.set()
    await asyncio.wait_for(processor.task, 30)
    assert time.monotonic() - began < STOP_SECONDS


async def until_counted(connection: asyncpg.Connection, sql: str, expected: int) -> None:
    async def is_expected() -> bool:
        return bool(await connection.fetchval(sql) == expected)

    await until(is_expected)


async def cut_sessions(superuser: asyncpg.Connection) -> None:
    await superuser.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND usename LIKE 'logmesh_%'"
    )
