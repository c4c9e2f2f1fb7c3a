"""Which flushes a tail has seen is the database's to say: no clock decides, however long one took or whoever else is busy."""

import asyncio
import contextlib
import time
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode

import asyncpg
import pytest
from google.protobuf.duration_pb2 import Duration
from tests.conftest import Database
from tests.integration.gateway.by_hand import TENANT, FlushByHand, flush_by_hand, make_spools
from tests.integration.gateway.running import TailReader, running_gateway

from logmesh.gateway.tail import readings
from logmesh.gateway.tail import stored as stored_side
from logmesh.gateway.tail.flushes import find_flushes
from logmesh.gateway.tail.standing import Standing
from logmesh.live import frames
from logmesh.storage.maintenance import maintain
from logmesh.storage.migrate import migrate
from logmesh.storage.sql import load
from logmesh.v1 import tail_service_pb2 as pb


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that is waited for comes five times as soon."""
    monkeypatch.setattr(readings, "POLL_SECONDS", 0.2)
    monkeypatch.setattr(stored_side, "GRACE_SECONDS", 0.2)
    monkeypatch.setattr(frames, "HEARTBEAT_SECONDS", 1.0)


@pytest.fixture
async def stored(database: Database) -> Database:
    """A database with a schema, and nothing in it."""
    return database


async def execute(database: Database, sql: str, *values: object) -> None:
    """As the owner."""
    connection = await asyncpg.connect(database.owner_dsn)
    await connection.execute(sql, *values)
    await connection.close()


async def trim(database: Database) -> None:
    """What maintenance does."""
    connection = await asyncpg.connect(database.owner_dsn)
    assert await maintain(connection, 30) is not None
    await connection.close()


async def test_a_flush_that_takes_minutes_is_shown_when_it_is_committed(stored: Database) -> None:
    reader = TailReader()
    async with running_gateway(stored.reader_dsn) as gateway, reader.reading(gateway):
        slow = await FlushByHand.begin(stored, "slow", seconds_ago=120)
        await flush_by_hand(stored, "quick")
        await reader.until(lambda: reader.bodies == ["quick"])
        await slow.commit()
        await reader.until(lambda: len(reader.bodies) == 2)
    assert reader.bodies == ["quick", "slow"]
    assert not reader.gaps


async def test_a_token_tells_which_flushes_were_open(stored: Database) -> None:
    reader = TailReader()
    slow = await FlushByHand.begin(stored, "slow", seconds_ago=120)
    async with running_gateway(stored.reader_dsn) as gateway:
        async with reader.reading(gateway):
            await flush_by_hand(stored, "quick")
            await reader.until(lambda: reader.bodies == ["quick"])
            token = reader.token
            await reader.until(lambda: reader.token != token)  # the flush is behind it now
        await slow.commit()
        await flush_by_hand(stored, "later")
        async with reader.reading(gateway):
            await reader.until(lambda: len(reader.bodies) == 3)
            await flush_by_hand(stored, "last")
            await reader.until(lambda: "last" in reader.bodies)
    assert reader.bodies == ["quick", "slow", "later", "last"]
    assert not reader.gaps


async def test_a_transaction_that_stays_open_elsewhere_holds_nothing_up(stored: Database) -> None:
    connection = await asyncpg.connect(stored.owner_dsn)
    reader = TailReader()
    async with connection.transaction(), running_gateway(stored.reader_dsn) as gateway:
        await connection.execute("CREATE TEMPORARY TABLE busy ()")
        async with reader.reading(gateway):
            await flush_by_hand(stored, "one")
            await reader.until(lambda: reader.bodies == ["one"], 5)
            await flush_by_hand(stored, "two")
            await reader.until(lambda: reader.bodies == ["one", "two"], 5)
    await connection.close()


async def test_a_token_that_a_tail_got_while_it_caught_up_goes_on_in_the_middle(stored: Database) -> None:
    for number in range(30):
        await flush_by_hand(stored, *(f"{number} {entry} {'x' * 4_000}" for entry in range(20)))
    reader = TailReader()
    async with running_gateway(stored.reader_dsn) as gateway:
        request = pb.TailRequest(backlog=Duration(seconds=60))
        tokens = set()
        for _ in range(5):
            seen = len(reader.seen)

            def has_more(seen: int = seen) -> bool:
                return len(reader.seen) > seen

            task = asyncio.create_task(reader.read(gateway, request))
            await reader.until(has_more)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            tokens.add(reader.token)
            request = pb.TailRequest(resume_token=reader.token)
        async with reader.reading(gateway, request):
            await reader.until(lambda: len(reader.seen) == 600)
    assert set(reader.seen.values()) == {1}
    assert [body.split()[:2] for body in reader.bodies] == [[str(n), str(e)] for n in range(30) for e in range(20)]
    assert len(tokens) > 1
    assert max(map(len, tokens)) < 200


async def test_ten_thousand_spools_cost_a_hundred_tails_one_reading_a_second_and_short_tokens(
    stored: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    async def counted(*arguments: object) -> object:
        asked.append(arguments)
        return await find_flushes(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(readings, "find_flushes", counted)
    tails = [TailReader("nothing like it") for _ in range(100)]
    connection = await asyncpg.connect(stored.owner_dsn)
    async with contextlib.AsyncExitStack() as stack:
        gateway = await stack.enter_async_context(running_gateway(stored.reader_dsn))
        for tail in tails:
            task = asyncio.create_task(tail.read(gateway))
            stack.callback(task.cancel)
        await tails[0].until(lambda: all(tail.token for tail in tails))
        asked.clear()
        began, before = time.monotonic(), {tail.token for tail in tails}
        async with connection.transaction():
            spools = await make_spools(connection, 10_000)
            ones = [1] * len(spools)
            spans = [TENANT], [1], [len(spools)], spools, ones, ones
            await connection.execute(load("note_flush"), [None], [None], *spans)
        await tails[0].until(lambda: not before & {tail.token for tail in tails})
        assert len(asked) <= (time.monotonic() - began) / readings.POLL_SECONDS + 2
    assert max(len(tail.token) for tail in tails) < 200
    await connection.close()


async def test_a_token_of_another_database_begins_with_a_gap_that_says_so(stored: Database, database: Database) -> None:
    reader = TailReader()
    async with running_gateway(stored.reader_dsn) as gateway, reader.reading(gateway):
        await flush_by_hand(stored, "of the first")
        await reader.until(lambda: reader.bodies == ["of the first"])
    await replace(stored)
    async with running_gateway(stored.reader_dsn) as gateway, reader.reading(gateway):
        await reader.until(lambda: bool(reader.gaps))
        await flush_by_hand(stored, "of the second")
        await reader.until(lambda: reader.bodies == ["of the first", "of the second"])
    (gap,) = reader.gaps
    assert gap.reason == pb.TAIL_GAP_REASON_DATABASE_REPLACED
    assert 0 < gap.start_time.ToNanoseconds() <= gap.end_time.ToNanoseconds()


async def test_a_database_that_is_replaced_under_a_tail_is_a_gap_in_it(stored: Database) -> None:
    reader = TailReader()
    async with running_gateway(stored.reader_dsn) as gateway, reader.reading(gateway):
        await flush_by_hand(stored, "of the first")
        await reader.until(lambda: reader.bodies == ["of the first"])
        await replace(stored)
        await reader.until(lambda: bool(reader.gaps))
        await flush_by_hand(stored, "of the second")  # its spool has the number that the first one's had
        await reader.until(lambda: reader.bodies == ["of the first", "of the second"])
    assert [gap.reason for gap in reader.gaps] == [pb.TAIL_GAP_REASON_DATABASE_REPLACED]


async def replace(database: Database) -> None:
    """Put an empty database with a schema into the place of this one."""
    superuser = await asyncpg.connect(database.server.dsn("postgres", "postgres"))
    await superuser.execute(f"ALTER DATABASE {database.name} ALLOW_CONNECTIONS false")
    await superuser.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", database.name)
    await superuser.execute(f"DROP DATABASE {database.name} WITH (FORCE)")
    await superuser.execute(f"CREATE DATABASE {database.name} OWNER logmesh_owner")
    await superuser.close()
    owner = await asyncpg.connect(database.owner_dsn)
    await migrate(owner)
    await owner.close()


async def test_what_is_forgotten_is_a_gap_and_what_is_not_comes_all_the_same(stored: Database) -> None:
    reader = TailReader()
    async with running_gateway(stored.reader_dsn) as gateway:
        async with reader.reading(gateway):
            await flush_by_hand(stored, "seen")
            await reader.until(lambda: reader.bodies == ["seen"])
        await flush_by_hand(stored, "forgotten")
        await execute(stored, "UPDATE logmesh.flushes SET received = received - interval '25 hours'")
        await flush_by_hand(stored, "still known")
        await trim(stored)
        async with reader.reading(gateway):
            await reader.until(lambda: len(reader.bodies) == 2)
    assert reader.bodies == ["seen", "still known"]
    assert [gap.reason for gap in reader.gaps] == [pb.TAIL_GAP_REASON_FORGOTTEN]


async def test_a_backlog_from_before_flushes_were_noted_begins_with_a_gap(stored: Database) -> None:
    await flush_by_hand(stored, "not noted")
    await execute(stored, "DELETE FROM logmesh.flushes")
    await execute(stored, "UPDATE logmesh.flushes_forgotten SET xid = pg_current_xact_id(), received = now()")
    await flush_by_hand(stored, "noted")
    reader = TailReader()
    request = pb.TailRequest(backlog=Duration(seconds=600))
    async with running_gateway(stored.reader_dsn) as gateway, reader.reading(gateway, request):
        await reader.until(lambda: reader.bodies == ["noted"])
    (gap,) = reader.gaps
    assert gap.reason == pb.TAIL_GAP_REASON_FORGOTTEN
    assert gap.end_time.ToSeconds() - gap.start_time.ToSeconds() >= 590


async def test_notes_that_a_dump_brought_from_another_server_are_not_taken_for_flushes_to_come(
    stored: Database,
) -> None:
    await flush_by_hand(stored, "restored")
    await execute(stored, "UPDATE logmesh.flushes SET xid = '1000000000000'::xid8")
    await execute(stored, "UPDATE logmesh.flushes_forgotten SET xid = '1000000000000'::xid8")
    await trim(stored)
    reader = TailReader()
    async with running_gateway(stored.reader_dsn) as gateway:
        async with reader.reading(gateway):
            await reader.until(lambda: bool(reader.token))
        await flush_by_hand(stored, "new")
        async with reader.reading(gateway):
            await reader.until(lambda: reader.bodies == ["new"])
    assert not reader.gaps


async def test_a_token_of_the_first_version_begins_with_a_gap(stored: Database) -> None:
    head = Standing(None).token("")
    reader = TailReader()
    moment = 1_700_000_000_000_000
    token = urlsafe_b64encode(version_1(head, moment)).decode().rstrip("=")
    async with (
        running_gateway(stored.reader_dsn) as gateway,
        reader.reading(gateway, pb.TailRequest(resume_token=token)),
    ):
        await reader.until(lambda: bool(reader.gaps))
        await flush_by_hand(stored, "new")
        await reader.until(lambda: reader.bodies == ["new"])
    (gap,) = reader.gaps
    assert gap.reason == pb.TAIL_GAP_REASON_FORGOTTEN
    assert gap.start_time.ToMicroseconds() == moment


def version_1(token: str, moment: int) -> bytes:
    """A token as the releases before wrote it: the moment, its place in the store, and no positions."""
    digest = urlsafe_b64decode(token + "==")[1:9]
    number = bytearray()
    while moment > 0x7F:
        number.append(moment & 0x7F | 0x80)
        moment >>= 7
    number.append(moment)
    return b"\1" + digest + zlib.compress(bytes(number) * 2 + bytes(4), 1)


async def test_large_records_are_read_a_few_at_a_time(stored: Database) -> None:
    for _ in range(4):
        await flush_by_hand(stored, *("x" * 250_000 for _ in range(5)))
    reader = TailReader()
    async with (
        running_gateway(stored.reader_dsn) as gateway,
        reader.reading(gateway, pb.TailRequest(backlog=Duration(seconds=60))),
    ):
        await reader.until(lambda: len(reader.seen) == 20)
    assert set(reader.seen.values()) == {1}
