"""Transactions of one tenant with a limit on time, on a pool that queries share with nobody. All but one kind are read-only."""

import contextlib
from collections.abc import AsyncIterator, Callable, Iterator

import asyncpg

from logmesh.rows.refusals import store_error
from logmesh.storage.sql import load
from logmesh.store.errors import Busy, StoreError, TooSlow

_ACQUIRE_SECONDS = 2.0


class Reader:
    """Reads on connections of `pool`, which is the reader role's. `may_see` tells whether the call under way may see a tenant's
    records: a second look, for a caller that got it wrong."""

    def __init__(self, pool: "asyncpg.Pool", may_see: Callable[[str], bool] = lambda _: True) -> None:
        self._pool, self._may_see = pool, may_see

    @contextlib.asynccontextmanager
    async def reading(
        self, tenant: str, seconds: float, *, replan: bool = False, snapshot: bool = False
    ) -> AsyncIterator["asyncpg.pool.PoolConnectionProxy"]:
        """Yield a connection that sees `tenant` alone; each statement may take `seconds`.

        `replan` has each statement planned for its own values, for those that may read a minute or a day; planning takes a
        millisecond or two. `snapshot` has all statements see the same.

        Raises Busy when no connection comes free, and for what the database refuses the StoreError that it means.
        """
        async with self._transaction(tenant, seconds, readonly=True, replan=replan, snapshot=snapshot) as connection:
            yield connection

    async def look(self, sql: str, seconds: float) -> "asyncpg.Record":
        """The one row of a statement that is about no tenant's records, for one round trip. Raises as `reading`."""
        with _translated():
            connection = await self._acquire()
            try:
                rows = await connection.fetch(sql, timeout=seconds)
            except TimeoutError as error:
                raise TooSlow("the database was not done in time") from error
            finally:
                await self._pool.release(connection)
        (row,) = rows
        return row

    @contextlib.asynccontextmanager
    async def changing(self, tenant: str, seconds: float) -> AsyncIterator["asyncpg.pool.PoolConnectionProxy"]:
        """As `reading`, for the few functions that the reader may call to write."""
        async with self._transaction(tenant, seconds, readonly=False, replan=False) as connection:
            yield connection

    @contextlib.asynccontextmanager
    async def _transaction(
        self, tenant: str, seconds: float, *, readonly: bool, replan: bool, snapshot: bool = False
    ) -> AsyncIterator["asyncpg.pool.PoolConnectionProxy"]:
        if not self._may_see(tenant):
            raise AssertionError("a call must not read what belongs to another tenant than its token's")
        with _translated():
            connection = await self._acquire()
            try:
                async with connection.transaction(readonly=readonly, isolation="repeatable_read" if snapshot else None):
                    timeout = str(max(1, int(seconds * 1000)))
                    await connection.execute(
                        load("set_reader"), tenant, timeout, "force_custom_plan" if replan else "auto"
                    )
                    yield connection
            finally:
                await self._pool.release(connection)

    async def _acquire(self) -> "asyncpg.pool.PoolConnectionProxy":
        try:
            return await self._pool.acquire(timeout=_ACQUIRE_SECONDS)
        except TimeoutError as error:
            raise Busy("all connections for queries are in use") from error


class AsksReader:
    """One kind of a store's questions, answered by what `reader` reads."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except StoreError:
        raise
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:  # TimeoutError is an OSError
        raise store_error(error) from error
