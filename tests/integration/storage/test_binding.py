"""Whose a spool id is: nobody's until an identity comes, and of two that come at once the first one's."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
import pytest
from tests.conftest import Database
from tests.waiting import until

from logmesh.storage.ledger import Held, SpoolForbidden, move_spools, open_spools
from logmesh.storage.migrate import migrate
from logmesh.storage.sql import load

ANONYMOUS, PRODUCER, THIEF = (
    "anonymous",
    "spiffe://cluster.local/ns/log-system/sa/log-producer",
    "spiffe://cluster.local/ns/other/sa/log-producer",
)


@pytest.fixture
async def pool(database: Database) -> AsyncIterator["asyncpg.Pool"]:
    connection = await asyncpg.connect(database.owner_dsn)
    await migrate(connection)
    await connection.close()
    opened = await asyncpg.create_pool(database.writer_dsn, min_size=2, max_size=4)
    yield opened
    opened.terminate()


async def test_a_spool_of_nobodys_is_its_first_identitys(pool: "asyncpg.Pool") -> None:
    spool_id = await _stored(pool, ANONYMOUS, "{[1,8)}")
    held = [Held(spool_id, 1, last_seq=7)]
    (known,) = await open_spools(pool, "default", PRODUCER, "p", held)
    assert list(known.committed) == [(1, 7)]
    assert await _principal(pool, spool_id) == PRODUCER
    for other in (THIEF, ANONYMOUS):
        with pytest.raises(SpoolForbidden):
            await open_spools(pool, "default", other, "p", held)
    # Where callers have no identities, whoever holds it goes on, and it stays whose it was.
    await open_spools(pool, "default", ANONYMOUS, "elsewhere", held, bound=False)
    assert await pool.fetchval("SELECT producer FROM logmesh.spools") == "elsewhere"
    assert await _principal(pool, spool_id) == PRODUCER


async def test_of_two_identities_at_once_the_second_is_refused(pool: "asyncpg.Pool") -> None:
    spool_id = await _stored(pool, ANONYMOUS, "{[1,8)}")
    async with pool.acquire() as first:
        transaction = first.transaction()
        await transaction.start()
        await first.execute(load("bind_spools"), "default", PRODUCER, [spool_id], [ANONYMOUS])
        second = asyncio.create_task(open_spools(pool, "default", THIEF, "p", [Held(spool_id, 1, last_seq=7)]))

        async def waits() -> bool:
            assert not second.done()
            return bool(await pool.fetchval("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"))

        await until(waits)
        await transaction.commit()
    with pytest.raises(SpoolForbidden):
        await second
    assert await _principal(pool, spool_id) == PRODUCER


async def test_what_was_rewound_while_it_was_nobodys_is_told_to_the_identity(pool: "asyncpg.Pool") -> None:
    """A producer is restarted into a mesh with a copy of its folder, of which another copy has sent batches meanwhile."""
    earlier = await _stored(pool, ANONYMOUS, "{[1,8)}")
    await _stored(pool, ANONYMOUS, "{[1,6)}", follows=earlier)
    now = str(uuid4())
    held = [Held(now, 0, last_seq=0, follows=earlier), Held(earlier, 0, last_seq=7, closed=True)]
    new, old = await open_spools(pool, "default", PRODUCER, "p", held)
    assert new.rewound == 5
    assert list(old.committed) == [(1, 7)]
    assert {await _principal(pool, spool_id) for spool_id in (now, earlier)} == {PRODUCER}


async def test_an_identity_takes_what_nobody_has_along_to_its_tenant(pool: "asyncpg.Pool") -> None:
    spool_id = await _stored(pool, ANONYMOUS, "{[1,8)}")
    await move_spools(pool, "acme", PRODUCER, [spool_id])
    (known,) = await open_spools(pool, "acme", PRODUCER, "p", [Held(spool_id, 1, last_seq=7)])
    assert list(known.committed) == [(1, 7)]


async def _stored(pool: "asyncpg.Pool", principal: str, committed: str, follows: str | None = None) -> str:
    spool_id = str(uuid4())
    await open_spools(pool, "default", principal, "p", [Held(spool_id, 1, last_seq=1, follows=follows)])
    await pool.execute(
        "UPDATE logmesh.spools SET committed = $1::text::int8multirange WHERE spool_id = $2::uuid", committed, spool_id
    )
    return spool_id


async def _principal(pool: "asyncpg.Pool", spool_id: str) -> str:
    return str(await pool.fetchval("SELECT principal FROM logmesh.spools WHERE spool_id = $1::uuid", spool_id))
