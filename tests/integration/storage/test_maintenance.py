"""Maintenance over a midnight and over a month, beside a reader that stays: ingest goes on, and what had to wait is done later."""

import asyncio
import datetime
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from tests.conftest import Database
from tests.integration.processor.append_stream import AppendStream, columns_of
from tests.integration.processor.conftest import ServerStore
from tests.integration.processor.running import running_processor

from logmesh.storage import maintenance
from logmesh.storage.maintenance import Maintained, maintain, read_days_ahead
from logmesh.storage.migrate import migrate
from logmesh.storage.postgres import WAIT_FOR_LOCKS, owner_session

KEEP_DAYS = 30
COMMIT_SECONDS = 2.0
DAYS = "SELECT relname FROM pg_class WHERE relname ~ '^logs_[0-9]{8}$' AND relkind = 'r' ORDER BY relname"
ATTACHED = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'logmesh.logs'::regclass ORDER BY 1"
PENDING = "SELECT count(*) FROM pg_inherits WHERE inhdetachpending"
WAITS = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'leader' AND wait_event_type = 'Lock'"
TOMORROW = datetime.timedelta(days=1)
A_MONTH = datetime.timedelta(days=25)


@pytest.fixture
async def owner(database: Database) -> AsyncIterator[asyncpg.Connection]:
    """The owner's session, with the schema."""
    async with owner_session(database.owner_dsn, application="test") as connection:
        await migrate(connection)
        yield connection


@pytest.fixture
async def reader(database: Database, owner: asyncpg.Connection) -> AsyncIterator[asyncpg.Connection]:
    """In a transaction that has read every partition, as a dump has."""
    connection = await asyncpg.connect(database.owner_dsn)
    await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    await connection.fetch("SELECT count(*) FROM logmesh.logs")
    yield connection
    await connection.close()


async def test_ingest_goes_on_while_a_reader_stays_over_midnight_and_over_a_month(
    database: Database,
    owner: asyncpg.Connection,
    reader: asyncpg.Connection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = await owner.fetchval("SELECT now()")
    before = [row[0] for row in await owner.fetch(DAYS)]
    async with running_processor(ServerStore(database.server, database.name), tmp_path) as processor:
        stream = processor.stream()
        await stream.hello()
        monkeypatch.setattr(maintenance, "LIMIT_LOCKS", WAIT_FOR_LOCKS)  # whoever it were to stop would notice
        async with owner_session(database.owner_dsn, application="leader") as leader:
            midnight = await _lead(leader, now + TOMORROW)
            assert (midnight.made, midnight.postponed) == (1, [])
            await _commits(stream, 1, 3)
            month = asyncio.create_task(_lead(leader, now + A_MONTH))
            async with asyncio.timeout(20):
                while not await owner.fetchval(WAITS):
                    await asyncio.sleep(0.02)
            await _commits(stream, 4, 10)
            month.cancel()  # half-way through
            await asyncio.gather(month, return_exceptions=True)
        assert await owner.fetchval(PENDING) == 1
        monkeypatch.setattr(maintenance, "LIMIT_LOCKS", "SET lock_timeout = '200ms'")
        again = await _lead(owner, now + A_MONTH)
        assert again.postponed == ["dropping partitions: another session holds a lock that this needs"]
    await reader.close()
    last = await _lead(owner, now + A_MONTH)
    assert last.postponed == []
    # Of the eleven days around today three are too old 25 days later; the midnight made one more, and then came eleven.
    days = [row[0] for row in await owner.fetch(DAYS)]
    assert last.dropped == 3
    assert days[:8] == before[3:]
    assert len(days) == 8 + 1 + 11
    assert [row[0].removeprefix("logmesh.") for row in await owner.fetch(ATTACHED)] == days


async def test_what_another_session_leads_is_left_to_it(database: Database, owner: asyncpg.Connection) -> None:
    leader = await asyncpg.connect(database.owner_dsn)
    await leader.fetchval(maintenance._LEADER)
    assert await maintain(owner, KEEP_DAYS) is None
    await leader.close()
    await _lead(owner, None)


async def test_a_partition_that_someone_detached_to_keep_it_is_left_alone(owner: asyncpg.Connection) -> None:
    now = await owner.fetchval("SELECT now()")
    kept = (await owner.fetch(ATTACHED))[0][0]
    await owner.execute(f"ALTER TABLE logmesh.logs DETACH PARTITION {kept}")
    done = await _lead(owner, now + datetime.timedelta(days=60))
    assert done.dropped == 10
    assert await owner.fetchval("SELECT count(*) FROM pg_class WHERE oid = to_regclass($1)", kept) == 1


async def test_counts_are_trimmed_piece_by_piece(owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maintenance, "_TRIM_ROWS", 100)
    await owner.execute(
        "INSERT INTO logmesh.counts SELECT now() - make_interval(mins => m), 1, 9, 1 FROM generate_series(1, 60000, 50) m"
    )
    done = await _lead(owner, None)
    assert done.trimmed == (60_000 - KEEP_DAYS * 1440) / 50
    assert await owner.fetchval("SELECT min(minute) >= now() - interval '30 days' FROM logmesh.counts")


async def test_partitions_that_a_release_before_and_a_writer_make_are_the_same(
    database: Database, owner: asyncpg.Connection
) -> None:
    writer = await asyncpg.connect(database.writer_dsn)
    name = (await owner.fetch(ATTACHED))[-1][0]
    await owner.execute(f"DROP TABLE {name}")
    await writer.execute("SELECT logmesh.make_partitions()")
    assert (await owner.fetch(ATTACHED))[-1][0] == name
    await owner.execute(f"DROP TABLE {name}")
    await writer.execute("SELECT logmesh.maintain(interval '30 days')")
    assert (await owner.fetch(ATTACHED))[-1][0] == name
    indexes = (
        "SELECT indrelid::regclass::text, count(*) FROM pg_index JOIN pg_inherits ON inhrelid = indexrelid GROUP BY 1"
    )
    assert {row[1] for row in await owner.fetch(indexes)} == {3}
    await writer.close()


async def test_it_is_seen_how_far_the_schema_reaches(owner: asyncpg.Connection) -> None:
    assert await read_days_ahead(owner) == 2
    await owner.execute(f"DROP TABLE {(await owner.fetch(ATTACHED))[-1][0]}")
    assert await read_days_ahead(owner) == 1


async def _lead(connection: asyncpg.Connection, now: datetime.datetime | None) -> Maintained:
    """Maintain, after the session that may be at it."""
    async with asyncio.timeout(20):
        while (done := await maintain(connection, KEEP_DAYS, now=now)) is None:
            await asyncio.sleep(0.02)
    return done


async def _commits(stream: AppendStream, first: int, last: int) -> None:
    for seq in range(first, last + 1):
        await stream.send_columns(seq, columns_of([b"beside maintenance"]))
        await stream.until(lambda seq=seq: seq in stream.committed, COMMIT_SECONDS)  # type: ignore[misc]


async def test_requests_of_receivers_are_forgotten_after_their_hours(
    owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maintenance, "_TRIM_ROWS", 2)
    await owner.execute(
        "INSERT INTO logmesh.requests SELECT 'acme', decode(lpad(to_hex(hour), 32, '0'), 'hex'),"
        " now() - make_interval(hours => hour, mins => 1) FROM generate_series(0, 9) AS hour"
    )
    assert await maintain(owner, KEEP_DAYS, request_hours=5) is not None
    left = await owner.fetch("SELECT get_byte(digest, 15) FROM logmesh.requests ORDER BY 1")
    assert [row[0] for row in left] == [0, 1, 2, 3, 4]
