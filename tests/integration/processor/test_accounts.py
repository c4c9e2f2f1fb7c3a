"""One processor shows what the ledger lacks, by tenant, until it is acknowledged; whoever stops leading shows nothing at once."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from tests.integration.processor.append_stream import columns_of
from tests.integration.processor.conftest import ServerStore
from tests.integration.processor.running import RunningProcessor, running_processor
from tests.waiting import until

from logmesh.processor import accounts
from logmesh.runtime import metrics
from logmesh.storage.accounts import Account, may_lead, read_accounts
from logmesh.v1 import ingest_service_pb2 as pb

STATES = ("lost", "missing", "unaccounted")
ACKNOWLEDGE = """
SELECT logmesh.acknowledge(array_agg(kind), array_agg(spool_id), array_agg(numbers::text), array_agg(batches), 'test', 'seen')
FROM logmesh.facts
"""
END_LEADER = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE application_name = 'logmesh-accounts' AND datname = current_database()
"""


@pytest.fixture
async def processor(
    store: ServerStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[RunningProcessor]:
    monkeypatch.setattr(accounts, "EVERY_SECONDS", 0.1)
    async with running_processor(store, tmp_path) as processor:
        yield processor


def shown(tenant: str) -> tuple[float | None, ...]:
    """What /metrics has of a tenant, by state."""
    return tuple(
        metrics.PROCESSOR.get_sample_value("logmesh_ledger_batches", {"tenant": tenant, "state": state})
        for state in STATES
    )


async def until_shown(tenant: str, *expected: float | None) -> None:
    async def is_shown() -> bool:
        return shown(tenant) == (expected or (None, None, None))

    await until(is_shown, 20)


async def lose(processor: RunningProcessor) -> None:
    """Of batches 1 to 6 store 1, 3 and 6; 2 does not come any more, 4 and 5 may."""
    stream = processor.stream()
    await stream.hello()
    for seq in (1, 3, 6):
        await stream.send_columns(seq, columns_of([b"line"]))
    await stream.until_committed(1, 3, 6)
    await stream.close()
    again = processor.stream(stream.spool_id)
    hello = pb.Hello(spool_id=stream.spool_id, lowest_seq=1, producer="test", abandoned=[pb.SeqRange(first=2, last=2)])
    await again.send(pb.AppendRequest(hello=hello).SerializeToString())
    await again.until(lambda: again.welcome is not None)
    await again.close()


async def test_a_loss_is_shown_until_it_is_acknowledged(processor: RunningProcessor, store: ServerStore) -> None:
    await lose(processor)
    await until_shown("default", 1, 3, 0)  # its producer may be about to send the others
    await processor.query("UPDATE logmesh.spools SET last_commit = last_commit - interval '2 minutes'")
    await until_shown("default", 1, 3, 2)
    # What it shows is what a tenant's own views have.
    reader = await asyncpg.connect(store.reader_dsn)
    await reader.execute("SELECT set_config('app.tenant', 'default', false)")
    facts = await reader.fetch(
        "SELECT kind, sum(batches)::int AS batches FROM logmesh.facts GROUP BY kind ORDER BY kind"
    )
    assert [tuple(row) for row in facts] == [("lost", 1), ("unaccounted", 2)]
    assert await reader.fetchval(ACKNOWLEDGE) == 3
    await reader.close()
    await until_shown("default", 0, 0, 0)


async def test_whoever_does_not_lead_shows_nothing(processor: RunningProcessor, store: ServerStore) -> None:
    await lose(processor)
    await until_shown("default", 1, 3, 0)
    async with asyncio.timeout(20):
        other = await asyncpg.connect(store.owner_dsn)
        while not await may_lead(other):
            await processor.query(END_LEADER)
    await until_shown("default")
    await other.close()
    await until_shown("default", 1, 3, 0)


async def test_tenants_are_bounded_and_those_that_lack_most_come_first(
    processor: RunningProcessor, store: ServerStore
) -> None:
    await processor.query(
        "INSERT INTO logmesh.spools (tenant, spool_id, producer, principal, committed, created)"
        " SELECT tenant, gen_random_uuid(), 'test', 'test', committed::int8multirange, now() - interval '1 hour'"
        " FROM (VALUES ('calm', '{[1,9)}'), ('acme', '{[5,9)}'), ('acme', '{[2,9)}'), ('default', '{[2,9)}'), ('last', '{[4,9)}'))"
        " AS v(tenant, committed)"
    )
    owner = await asyncpg.connect(store.owner_dsn)
    assert await read_accounts(owner, 2) == [
        Account("acme", 0, 5, 5),
        Account("last", 0, 3, 3),
        Account(None, 0, 1, 1),
    ]
    await owner.close()
    await until_shown("calm", 0, 0, 0)
