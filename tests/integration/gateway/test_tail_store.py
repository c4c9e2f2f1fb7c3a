"""What a tail reads of the ledger holds for all that the reading saw, however late in its transaction that was committed."""

import asyncpg
from tests.conftest import Database
from tests.integration.gateway.stored import make_schema

from logmesh.storage.sql import load


async def test_what_was_committed_after_the_transaction_began_is_not_later_than_the_ledger(database: Database) -> None:
    await make_schema(database)
    reading, writing = await asyncpg.connect(database.owner_dsn), await asyncpg.connect(database.owner_dsn)
    async with reading.transaction():
        began = await reading.fetchval("SELECT now() FROM set_config('app.tenant', 'default', true)")
        received = await writing.fetchval(
            "INSERT INTO logmesh.spools (tenant, spool_id, producer, principal, committed, last_commit)"
            " VALUES ('default', gen_random_uuid(), 'p', 'p', '{[1,3)}', clock_timestamp()) RETURNING now()"
        )
        (row,) = await reading.fetch(load("tail_ledger"), began)
    assert row["committed"] == "{[1,3)}"
    assert row["seen_until"] <= received < row["now"]
    await reading.close()
    await writing.close()
