"""On a real TimescaleDB, named by LOGMESH_TEST_TIMESCALEDB_DSN (a superuser's): schema, exactly once, search, retention."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from tests.integration.gateway.running import TailReader, running_gateway
from tests.integration.processor.append_stream import columns_of
from tests.integration.processor.bad_entries import BAD_COLUMNS
from tests.integration.processor.running import RunningProcessor, running_processor
from tests.integration.storage.old_schema import BEFORE, make_old_schema, store_before
from tests.integration.storage.timescaledb import TimescaleDatabase, create_extension, timescale_database

from logmesh.filters import parse_filter
from logmesh.gateway.query.search import Done, Query, search
from logmesh.processor.writer.flush import COMPRESS_ROWS
from logmesh.record.columns import OriginKey
from logmesh.record.ranges import RangeSet
from logmesh.rows.reader import Reader
from logmesh.rows.store import RowsStore
from logmesh.storage.indexes import build_index
from logmesh.storage.maintenance import Maintained, maintain
from logmesh.storage.migrate import migrate
from logmesh.storage.migration_files import Index
from logmesh.storage.postgres import connect, open_pool, owner_session
from logmesh.store.order import Cursor
from logmesh.v1.query_service_pb2 import SEARCH_END_EXHAUSTED, SEARCH_END_PAGE_FULL

pytestmark = pytest.mark.needs("timescaledb")

HOUR = 3600 * 10**9
# Of what came just now: the policy converts older chunks whenever it likes.
COMPRESSED = (
    "SELECT count(*) FILTER (WHERE is_compressed) FROM timescaledb_information.chunks"
    " WHERE range_end > now() - interval '1 hour'"
)
COMPRESSED_CHUNKS = "SELECT is_compressed FROM timescaledb_information.chunks"
STATES = (
    "SELECT c.status FROM _timescaledb_catalog.chunk c JOIN _timescaledb_catalog.hypertable h ON h.id = c.hypertable_id"
    " WHERE h.table_name = 'logs'"
)
LARGE = [b"large %d" % n for n in range(COMPRESS_ROWS)]


@pytest.fixture
async def database() -> AsyncIterator[TimescaleDatabase]:
    """An empty database with the extension."""
    async with timescale_database() as made:
        yield made


@pytest.fixture
async def processor(database: TimescaleDatabase, tmp_path: Path) -> AsyncIterator[RunningProcessor]:
    """A processor that stores there."""
    async with running_processor(database, tmp_path) as running:
        yield running


async def test_migrations_run_once_as_an_owner_who_is_no_superuser(database: TimescaleDatabase) -> None:
    owner = await connect(database.owner_dsn, application="test")
    assert not await owner.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    applied = await migrate(owner)
    assert "0002_partitions.timescaledb.sql" in applied
    assert not [name for name in applied if ".postgresql." in name]
    assert await migrate(owner) == []
    jobs = await owner.fetch("SELECT proc_name FROM timescaledb_information.jobs WHERE hypertable_name = 'logs'")
    assert [job["proc_name"] for job in jobs] == ["policy_compression"]
    await owner.close()


async def test_an_extension_that_comes_later_leaves_the_partitions_as_they_are() -> None:
    async with timescale_database(extension=False) as database:
        owner = await connect(database.owner_dsn, application="test")
        assert "0002_partitions.postgresql.sql" in await migrate(owner)
        await owner.close()
        await create_extension(database.superuser_dsn)
        owner = await connect(database.owner_dsn, application="test")
        assert await migrate(owner) == []
        await owner.close()


@pytest.mark.parametrize("bodies", [[b"a", b"b"], LARGE], ids=["rows", "compressed"])
async def test_what_is_sent_again_on_any_stream_is_stored_once(
    processor: RunningProcessor, bodies: list[bytes]
) -> None:
    spool = str(uuid4())
    for last in (2, 3, 4):
        stream = processor.stream(spool)
        await stream.hello()
        for seq in (1, 2, last):
            await stream.send_columns(seq, columns_of(bodies))
        await stream.until_committed(1, 2, last)
        await stream.close()
    ledger = await processor.ledger(spool)
    assert ledger.committed == RangeSet([(1, 4)])
    assert ledger.stored == 4 * len(bodies)
    assert sorted(await processor.bodies()) == sorted(body.decode() for body in bodies * 4)
    assert bool((await processor.query(COMPRESSED))[0][0]) == (bodies is LARGE)


@pytest.mark.parametrize("others", [[], LARGE], ids=["rows", "compressed"])
async def test_bad_records_cost_themselves_alone(
    database: TimescaleDatabase, tmp_path: Path, others: list[bytes]
) -> None:
    async with running_processor(database, tmp_path, flush_interval_seconds=0.3) as processor:
        stream = processor.stream()
        await stream.hello()
        for seq, bad in enumerate(BAD_COLUMNS.values(), start=1):
            await stream.send_columns(seq, bad.columns)
        if others:
            await stream.send_columns(len(BAD_COLUMNS) + 1, columns_of(others))
        await stream.until_committed(*range(1, len(BAD_COLUMNS) + 1 + bool(others)))
        ledger = await processor.ledger(stream.spool_id)
        assert ledger.dead_letters == sum(1 for bad in BAD_COLUMNS.values() if bad.reason)
        assert ledger.stored + ledger.dead_letters == 3 * len(BAD_COLUMNS) + len(others)
        assert bool((await processor.query(COMPRESSED))[0][0]) == bool(others)


async def test_two_processors_fill_the_same_chunks_at_once(database: TimescaleDatabase, tmp_path: Path) -> None:
    now = time.time_ns()

    async def fill(running: RunningProcessor) -> None:
        stream = running.stream()
        await stream.hello()
        for seq in range(1, 13):
            await stream.send_columns(seq, columns_of(LARGE, time_unix_nano=now - seq % 4 * HOUR))
            await stream.until_committed(seq)

    async with (
        running_processor(database, tmp_path / "0") as first,
        running_processor(database, tmp_path / "1", name="log-processor-1") as second,
    ):
        await asyncio.gather(fill(first), fill(second))
        rows = await first.query("SELECT count(*), count(DISTINCT (spool, position)) FROM logmesh.logs")
    assert tuple(rows[0]) == (24 * COMPRESS_ROWS, 24 * COMPRESS_ROWS)


async def test_a_reader_sees_its_tenant_alone_and_no_table(database: TimescaleDatabase, tmp_path: Path) -> None:
    async with running_processor(database, tmp_path) as processor:
        stream = processor.stream()
        await stream.hello()
        await stream.send_columns(1, columns_of(LARGE))
        await stream.until_committed(1)
        chunk = (await processor.query("SELECT show_chunks('logmesh.logs')::text"))[0][0]
    reader = await connect(database.reader_dsn, application="test")
    for tenant, expected in (("default", COMPRESS_ROWS), ("acme", 0)):
        await reader.execute("SELECT set_config('app.tenant', $1, false)", tenant)
        assert await reader.fetchval("SELECT count(*) FROM logmesh.records") == expected
    for table in ("logmesh.logs", chunk):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await reader.fetchval(f"SELECT count(*) FROM {table}")
    await reader.close()


async def test_search_pages_through_rows_and_compressed_batches_in_order(
    database: TimescaleDatabase, processor: RunningProcessor
) -> None:
    now = time.time_ns()
    stream = processor.stream()
    await stream.hello()
    ages = [5_000, 3 * HOUR, 1_000, 0, 26 * HOUR, 3 * HOUR + 7_000]
    for seq, age in enumerate(ages, start=1):  # one after another, so that batches in one chunk overlap
        bodies = LARGE if seq % 2 else [b"small 1", b"small 2"]
        origin = OriginKey(service_name=b"cart" if seq == 3 else b"checkout")
        await stream.send_columns(seq, columns_of(bodies, time_unix_nano=now - age, origin=origin))
        await stream.until_committed(seq)
    pool = await open_pool(database.reader_dsn, application="test", size=2)
    for text, total in (("", 3 * COMPRESS_ROWS + 6), ("service = cart", COMPRESS_ROWS), ('"small"', 6)):
        found: list[tuple[int, int]] = []
        cursor: Cursor | None = Cursor(now + HOUR)
        while cursor is not None:
            asked = Query(parse_filter(text), now - 48 * HOUR, cursor, 1_500)
            async for message in search(RowsStore(Reader(pool)), "default", asked, time_limit_seconds=20):
                if isinstance(message, Done):
                    assert message.end in (SEARCH_END_EXHAUSTED, SEARCH_END_PAGE_FULL)
                    cursor = message.cursor
                elif isinstance(message, list):
                    found += [(-record.time_unix_nano, -int(record.id.rpartition("-")[2], 16)) for record in message]
        assert len(set(found)) == len(found) == total
        assert found == sorted(found)
    pool.terminate()


async def test_an_upgrade_reads_what_was_compressed_before_beside_what_comes(
    database: TimescaleDatabase, tmp_path: Path
) -> None:
    owner = await connect(database.owner_dsn, application="test")
    superuser = await asyncpg.connect(database.superuser_dsn)
    await make_old_schema(owner, "timescaledb")
    await store_before(owner)
    await superuser.execute("SELECT compress_chunk(chunk) FROM show_chunks('logmesh.logs') AS chunk")
    async with running_processor(database, tmp_path) as processor:
        stream = processor.stream()
        await stream.hello()
        await stream.send_columns(1, columns_of(LARGE, time_unix_nano=time.time_ns() - HOUR))  # in the chunk of before
        await stream.send_columns(2, columns_of(LARGE))
        await stream.until_committed(1, 2)
        states = await superuser.fetch(f"{COMPRESSED_CHUNKS} ORDER BY range_end")
        assert [state["is_compressed"] for state in states] == [True, True]
    older = await asyncpg.connect(database.writer_dsn, server_settings={"application_name": "logmesh-processor older"})
    await older.execute("SET timescaledb.enable_direct_compress_copy = on")
    with pytest.raises(asyncpg.PostgresError, match="may write to it no more"):
        await older.copy_records_to_table("logs", schema_name="logmesh", columns=["body"], records=[])
    reader = await connect(database.reader_dsn, application="test")
    await reader.execute("SELECT set_config('app.tenant', 'default', false)")
    page = (
        "SELECT spool, position, body FROM logmesh.records WHERE time > now() - interval '3 hours'"
        " ORDER BY time DESC, ns DESC, spool DESC, position DESC"
    )
    rows = await reader.fetch(page)
    assert len({(row["spool"], row["position"]) for row in rows}) == len(rows) == 3 + 2 * COMPRESS_ROWS
    assert [row["body"] for row in rows if row["spool"] == 1] == BEFORE[::-1]
    plan = "\n".join(row[0] for row in await reader.fetch(f"EXPLAIN {page} LIMIT 100"))
    assert "Incremental Sort" in plan
    assert "Presorted Key" in plan
    await asyncio.gather(reader.close(), owner.close(), superuser.close(), older.close())


async def test_a_page_is_read_in_order_and_not_sorted_from_its_whole_window(
    database: TimescaleDatabase, processor: RunningProcessor
) -> None:
    stream = processor.stream()
    await stream.hello()
    await stream.send_columns(1, columns_of(LARGE))
    await stream.until_committed(1)
    reader = await connect(database.reader_dsn, application="test")
    await reader.execute("SELECT set_config('app.tenant', 'default', false)")
    plan = await reader.fetch(
        "EXPLAIN SELECT body FROM logmesh.records WHERE time > now() - interval '1 hour'"
        " ORDER BY time DESC, ns DESC, spool DESC, position DESC LIMIT 100"
    )
    text = "\n".join(row[0] for row in plan)
    assert "Sort Key: records" not in text
    assert "ChunkAppend" in text
    await reader.close()


async def test_conversion_keeps_every_record_and_takes_what_comes_later(processor: RunningProcessor) -> None:
    late = time.time_ns() - 3 * HOUR
    stream = processor.stream()
    await stream.hello()
    for seq, bodies in enumerate([[b"one", b"two"], LARGE, LARGE], start=1):
        await stream.send_columns(seq, columns_of(bodies, time_unix_nano=late))
        await stream.until_committed(seq)
    policy = "SELECT job_id FROM timescaledb_information.jobs WHERE hypertable_name = 'logs'"
    owner = await asyncpg.connect(processor.database.superuser_dsn)
    job = await owner.fetchval(policy)
    for seq in (4, 5):
        for _ in range(2):  # the first run converts rows, the second puts batches in order
            await owner.execute(f"CALL run_job({job})")
        states = await owner.fetch(STATES)
        assert [state["status"] for state in states] == [1]  # compressed, in order, nothing beside
        await stream.send_columns(seq, columns_of([b"later"] if seq == 4 else LARGE, time_unix_nano=late))
        await stream.until_committed(seq)
    await owner.close()
    assert len(await processor.bodies()) == 3 + 3 * COMPRESS_ROWS


async def test_maintain_drops_chunks_that_are_older_than_is_kept(
    database: TimescaleDatabase, processor: RunningProcessor
) -> None:
    owner = await connect(database.owner_dsn, application="test")
    await owner.execute(
        "INSERT INTO logmesh.logs (time, position, spool, origin, ns, severity, tenant, service, body)"
        " SELECT now() - make_interval(days => d), d, 1, 1, 0, 9, 'default', 'test', 'old' FROM generate_series(1, 40, 4) d"
    )
    await owner.close()
    writer = await connect(database.writer_dsn, application="test")
    assert await writer.fetchval("SELECT logmesh.maintain(interval '30 days')") == 2  # of days 33 and 37
    assert await writer.fetchval("SELECT logmesh.maintain(interval '0')") == 5  # nothing younger than nine days goes
    assert await writer.fetchval("SELECT logmesh.maintain(interval '0')") == 0
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await writer.fetchval("SELECT count(*) FROM logmesh.logs")
    await writer.close()
    assert len(await processor.bodies()) == 3


async def test_maintenance_beside_a_reader_stops_nobody_and_drops_the_chunks_later(
    database: TimescaleDatabase, processor: RunningProcessor
) -> None:
    stream = processor.stream()
    await stream.hello()
    reader = await asyncpg.connect(database.superuser_dsn)
    async with owner_session(database.owner_dsn, application="test") as owner:
        await owner.execute(
            "INSERT INTO logmesh.logs (time, position, spool, origin, ns, severity, tenant, service, body)"
            " SELECT now() - make_interval(days => d), d, 1, 1, 0, 9, 'default', 'test', 'old' FROM generate_series(31, 40) d"
        )
        await reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        assert await reader.fetchval("SELECT count(*) FROM logmesh.logs") == 10
        for seq in (1, 2, 3):
            maintaining = asyncio.create_task(_lead(owner))
            await stream.send_columns(seq, columns_of([b"beside maintenance"]))
            await stream.until(lambda seq=seq: seq in stream.committed, 1.5)  # type: ignore[misc]  # a lock is waited for for 2 s
            done = await maintaining
            # The reader's lock, or a deadlock with the policy that compresses the same chunks.
            assert [reason for reason in done.postponed if reason.startswith("dropping chunks: another ")]
        await reader.close()
        dropped = 0
        async with asyncio.timeout(60):
            while dropped < 10:
                dropped += (await _lead(owner)).dropped
    assert await processor.bodies() == ["beside maintenance"] * 3


async def test_an_index_is_built_chunk_by_chunk(database: TimescaleDatabase, processor: RunningProcessor) -> None:
    stream = processor.stream()
    await stream.hello()
    for seq, hours in enumerate((1, 2, 3), start=1):
        await stream.send_columns(seq, columns_of([b"x"], time_unix_nano=time.time_ns() - hours * HOUR))
        await stream.until_committed(seq)
    async with owner_session(database.owner_dsn, application="test") as owner:
        index = Index("logs_severity_idx", "logs", "(severity, time) WHERE severity > 16")
        await build_index(owner, index, "timescaledb")
        await build_index(owner, index, "timescaledb")
        rows = await owner.fetch(
            "SELECT indisvalid FROM pg_index WHERE indexrelid::regclass::text LIKE '%severity_idx'"
        )
    assert [row["indisvalid"] for row in rows] == [True] * 4


async def _lead(owner: asyncpg.Connection) -> Maintained:
    """Maintain, after the processor that may be at it."""
    async with asyncio.timeout(20):
        while (done := await maintain(owner, 30)) is None:
            await asyncio.sleep(0.02)
    return done


async def test_a_tail_loads_rows_and_compressed_batches_that_nobody_showed_it(
    database: TimescaleDatabase, processor: RunningProcessor
) -> None:
    reader = TailReader("large OR small")
    stream = processor.stream()
    await stream.hello()
    async with running_gateway(database.reader_dsn) as address:  # which finds no processor
        async with reader.reading(address):
            await stream.send_columns(1, columns_of([b"small 1"]))
            await reader.until(lambda: len(reader.seen) == 1)
        await stream.send_columns(2, columns_of(LARGE))
        await stream.send_columns(3, columns_of([b"small 2", b"other"]))
        await stream.until_committed(2, 3)
        async with reader.reading(address):
            await reader.until(lambda: len(reader.seen) == len(LARGE) + 2)
    assert sorted(reader.bodies) == sorted(["small 1", "small 2", *(body.decode() for body in LARGE)])
    assert set(reader.seen.values()) == {1}
    assert not reader.gaps
