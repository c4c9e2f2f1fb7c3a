"""Transactions of one tenant with a limit on time, on a pool that queries share with nobody. All but one kind are read-only."""

import contextlib
from collections.abc import AsyncIterator

import asyncpg

from logmesh.gateway.admission import Busy
from logmesh.gateway.tenant import tenant_of_call
from logmesh.storage.sql import load

_ACQUIRE_SECONDS = 2.0


@contextlib.asynccontextmanager
async def reading(
    pool: "asyncpg.Pool", tenant: str, timeout_seconds: float, *, replan: bool = False
) -> AsyncIterator["asyncpg.pool.PoolConnectionProxy"]:
    """Yield a connection that sees `tenant` alone; each statement may take `timeout_seconds`.

    `replan` has each statement planned for its own values, for those that may read a minute or a day; planning takes a
    millisecond or two.

    Raises Busy when no connection comes free, OSError or asyncpg's errors when the database is away.
    """
    async with _transaction(pool, tenant, timeout_seconds, readonly=True, replan=replan) as connection:
        yield connection


@contextlib.asynccontextmanager
async def changing(
    pool: "asyncpg.Pool", tenant: str, timeout_seconds: float
) -> AsyncIterator["asyncpg.pool.PoolConnectionProxy"]:
    """As `reading`, for the one function that the reader may call to write."""
    async with _transaction(pool, tenant, timeout_seconds, readonly=False, replan=False) as connection:
        yield connection


@contextlib.asynccontextmanager
async def _transaction(
    pool: "asyncpg.Pool", tenant: str, timeout_seconds: float, *, readonly: bool, replan: bool
) -> AsyncIterator["asyncpg.pool.PoolConnectionProxy"]:
    if tenant_of_call(tenant) != tenant:
        raise AssertionError("a call must not read what belongs to another tenant than its token's")
    try:
        connection = await pool.acquire(timeout=_ACQUIRE_SECONDS)
    except TimeoutError as error:
        raise Busy("all connections for queries are in use") from error
    try:
        async with connection.transaction(readonly=readonly):
            timeout = str(max(1, int(timeout_seconds * 1000)))
            await connection.execute(load("set_reader"), tenant, timeout, "force_custom_plan" if replan else "auto")
            yield connection
    finally:
        await pool.release(connection)
