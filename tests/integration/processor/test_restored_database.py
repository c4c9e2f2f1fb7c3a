"""A database that was restored: producers send what it lacks at once, and what nobody can send again is in the ledger."""

import asyncio
import contextlib
from pathlib import Path

import asyncpg
from tests.integration.processor.append_stream import columns_of
from tests.integration.processor.conftest import ServerStore
from tests.integration.processor.delivering import append, delivering
from tests.integration.processor.running import RunningProcessor

from logmesh.client.delivering.spool import Spool

FILLED_SECONDS = 15  # far less than the minutes that a stream lives


async def test_producers_send_at_once_what_a_restored_database_lacks_and_ended_ones_are_named(
    processor: RunningProcessor, store: ServerStore, tmp_path: Path
) -> None:
    spool = Spool(tmp_path / "spool", max_bytes=64 << 20, retain_seconds=3600)
    async with delivering(processor, spool) as forwarder:
        append(spool, forwarder, "service", range(3))
        await asyncio.wait_for(forwarder.all_committed(), 10)
        job = await _job(processor, 1, 2)
        await _save(store)
        late = await _job(processor, 1, 2, 3)
        await _job(processor, 3, 4, spool_id=job)
        append(spool, forwarder, "service", range(3, 6))
        await asyncio.wait_for(forwarder.all_committed(), 10)
        assert len(await processor.bodies()) == 6 + 4 + 3
        await _restore(store)
        async with asyncio.timeout(FILLED_SECONDS):
            while (found := await _service_bodies(processor)) != [f"service {batch}" for batch in range(6)]:
                assert len(found) <= 6
                await asyncio.sleep(0.05)
    spool.close()
    given = {
        str(row["spool_id"]): (row["given"], row["committed"])
        for row in await processor.query("SELECT spool_id, given, committed::text FROM logmesh.spools")
    }
    assert given[job] == (4, "{[1,3)}")
    assert given[late] == (3, "{}")
    await processor.query("UPDATE logmesh.spools SET created = created - interval '1 hour', last_commit = '2000-01-01'")
    reader = await asyncpg.connect(store.reader_dsn)
    await reader.execute("SELECT set_config('app.tenant', 'default', false)")
    facts = await reader.fetch("SELECT kind, spool_id, batches FROM logmesh.facts")
    await reader.close()
    assert {(row["kind"], str(row["spool_id"]), row["batches"]) for row in facts} == {
        ("unaccounted", job, 2),
        ("unaccounted", late, 3),
    }


async def _job(processor: RunningProcessor, *seqs: int, spool_id: str | None = None) -> str:
    """A producer that sends these batches and ends; return its spool id."""
    stream = processor.stream(spool_id)
    while (await stream.hello()).database_away:  # it was closed a moment ago
        stream = processor.stream(stream.spool_id)
    for seq in seqs:
        await stream.send_columns(seq, columns_of([b"job"]))
    await stream.until_committed(*seqs)
    await stream.close()
    return stream.spool_id


async def _service_bodies(processor: RunningProcessor) -> list[str]:
    with contextlib.suppress(asyncpg.PostgresError, OSError):
        return sorted(body for body in await processor.bodies() if body.startswith("service"))
    return []


async def _save(store: ServerStore) -> None:
    """Keep a copy of the database as it is now."""
    await _as_superuser(
        store,
        f"ALTER DATABASE {store.name} ALLOW_CONNECTIONS false",
        f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{store.name}'",
        f"CREATE DATABASE {store.name}_saved OWNER logmesh_owner TEMPLATE {store.name}",
        f"ALTER DATABASE {store.name} ALLOW_CONNECTIONS true",
    )


async def _restore(store: ServerStore) -> None:
    """Put the copy in the database's place."""
    await _as_superuser(
        store,
        f"DROP DATABASE {store.name} WITH (FORCE)",
        f"ALTER DATABASE {store.name}_saved RENAME TO {store.name}",
    )


async def _as_superuser(store: ServerStore, *statements: str) -> None:
    connection = await asyncpg.connect(store.server.dsn("postgres", "postgres"))
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()
