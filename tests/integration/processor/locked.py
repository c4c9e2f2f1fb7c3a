"""A database that takes nothing for as long as a test wants."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import asyncpg
from tests.integration.processor.conftest import ServerStore


@contextlib.asynccontextmanager
async def logs_are_locked(store: ServerStore) -> AsyncIterator[asyncio.Event]:
    """Nothing can be stored until the event is set, or the body ends."""
    unlock = asyncio.Event()

    async def let_go() -> None:
        await unlock.wait()
        await transaction.rollback()

    connection = await asyncpg.connect(store.superuser_dsn)
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute("LOCK TABLE logmesh.logs IN ACCESS EXCLUSIVE MODE")
    letting_go = asyncio.create_task(let_go())
    try:
        yield unlock
    finally:
        unlock.set()
        await letting_go
        await connection.close()
