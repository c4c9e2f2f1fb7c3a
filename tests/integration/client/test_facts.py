"""What must be looked at, and notes that it was, by both clients."""

import asyncpg
import pytest
from tests.conftest import Database
from tests.integration.client.conftest import System, ask

from logmesh import AsyncClient
from logmesh.client.errors import InvalidRequest


async def test_a_loss_is_a_fact_until_it_is_acknowledged(system: System, database: Database) -> None:
    owner = await asyncpg.connect(database.owner_dsn)
    await owner.execute(
        "INSERT INTO logmesh.spools (tenant, spool_id, producer, principal, committed, abandoned, last_commit)"
        " SELECT 'default', gen_random_uuid(), 'agent ' || n, 'p', '{[1,5),[8,11)}', '{[1,8)}', now() - interval '1 day'"
        " FROM generate_series(1, 3) AS n"
    )
    await owner.close()
    async with AsyncClient(system.gateway) as client:
        first = await client.facts(limit=1)
        assert (len(first), first.total, first[0].kind, first[0].numbers, first[0].batches) == (
            1,
            3,
            "lost",
            ((5, 7),),
            3,
        )
        assert first == (await ask(system.gateway, lambda blocking: blocking.facts()))[:1]
        (entry,) = [entry for entry in await client.ledger() if entry.spool_id == first[0].spool_id]
        assert (entry.lost, entry.missing) == (((5, 7),), ((5, 7),))
        assert (await client.ledger(limit=2)).total == 3
        assert await client.acknowledge(first, reason="seen", by="ada") == 3
        assert await ask(system.gateway, lambda blocking: blocking.acknowledge(first, reason="seen again")) == 0
        rest = await client.facts()
        assert (rest.total, first[0] in rest) == (2, False)
        assert await ask(system.gateway, lambda blocking: blocking.acknowledge(rest, reason="all")) == 6
        assert await client.facts() == []
        found = await client.acknowledgements()
        assert [(one.reason, one.by) for one in found][-1] == ("seen", "ada")
        assert found == await ask(system.gateway, lambda blocking: blocking.acknowledgements())
        with pytest.raises(InvalidRequest):
            await client.acknowledge(first, reason="")
