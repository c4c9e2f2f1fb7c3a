"""A producer that is moved to another tenant goes on there, and nothing of it is stored in both."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
from tests.integration.processor.conftest import ServerStore
from tests.integration.processor.delivering import append, delivering
from tests.integration.processor.running import RunningProcessor, running_processor

from logmesh.client.delivering.spool import Spool

SECONDS = 15


async def test_what_was_stored_or_logged_for_the_old_tenant_is_not_stored_for_the_new_one(
    store: ServerStore, tmp_path: Path
) -> None:
    spool = Spool(tmp_path / "spool", max_bytes=64 << 20, retain_seconds=3600)
    async with (
        running_processor(store, tmp_path, drain_seconds=0) as processor,
        delivering(processor, spool) as forwarder,
    ):
        append(spool, forwarder, "stored", range(5))
        await asyncio.wait_for(forwarder.all_committed(), SECONDS)
        async with _ledger_locked(store):
            append(spool, forwarder, "logged", range(3))
            await _until_unwritten(processor, 3)
            await processor.close()
    # The log still has three batches for the old tenant, and the producer sends all eight for the new one.
    async with running_processor(store, tmp_path, tenants={"anonymous": "other"}) as processor:
        async with delivering(processor, spool) as forwarder:
            append(spool, forwarder, "after", range(2))
            await asyncio.wait_for(forwarder.all_committed(), SECONDS)
        await _until_unwritten(processor, 0)
        rows = await processor.query("SELECT tenant, body FROM logmesh.logs ORDER BY body")
    spool.close()
    assert [row["body"] for row in rows] == [
        *(f"after {at}" for at in range(2)), *(f"logged {at}" for at in range(3)), *(f"stored {at}" for at in range(5))
    ]  # fmt: skip
    tenants = {row["body"].split()[0]: row["tenant"] for row in rows}
    assert (tenants["stored"], tenants["after"]) == ("default", "other")


async def _until_unwritten(processor: RunningProcessor, batches: int) -> None:
    async with asyncio.timeout(SECONDS):
        while (await processor.state()).unwritten_batches != batches:
            await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def _ledger_locked(store: ServerStore) -> AsyncIterator[None]:
    """Nothing is flushed meanwhile."""
    connection = await asyncpg.connect(store.superuser_dsn)
    try:
        async with connection.transaction():
            await connection.execute("SELECT FROM logmesh.spools FOR UPDATE")
            yield
    finally:
        await connection.close()
