"""The ledger as a gateway reads it: each question in a transaction of the tenant, and a few of them at once."""

import contextlib
from collections.abc import AsyncIterator
from typing import Final

import asyncpg

from logmesh.gateway.callers.admission import Room
from logmesh.rows.reader import Reader

_SECONDS: Final = 5.0
_RUNNING: Final = 4
_WAITING: Final = 64


class Ledger:
    """The ledger in the database that `reader` reads. Both ways in raise StoreError, and Busy where too many ask."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        # Every open page of the dashboard asks every few seconds: searches must keep connections.
        self._room = Room("questions of the ledger", running=_RUNNING, waiting=_WAITING)

    @contextlib.asynccontextmanager
    async def reading(self, tenant: str) -> AsyncIterator["asyncpg.pool.PoolConnectionProxy"]:
        """Yield a connection that sees that tenant alone."""
        async with self._room.one(), self._reader.reading(tenant, _SECONDS) as connection:
            yield connection

    @contextlib.asynccontextmanager
    async def changing(self, tenant: str) -> AsyncIterator["asyncpg.pool.PoolConnectionProxy"]:
        """The same, for the few functions that the reader may call to write."""
        async with self._room.one(), self._reader.changing(tenant, _SECONDS) as connection:
            yield connection
