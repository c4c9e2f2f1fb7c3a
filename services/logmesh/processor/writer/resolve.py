"""Numbers of spools and origins: asked for in bulk, one round trip a group, and remembered for as long as the database is the same."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence

import asyncpg
import orjson

from logmesh.processor.frame import Header
from logmesh.processor.writer.opened import Opened, StoredOrigin
from logmesh.record.origin_texts import origin_texts
from logmesh.storage.copy_rows import origin_tail
from logmesh.storage.ledger import SpoolKey
from logmesh.storage.sql import load
from logmesh.v1.record_pb2 import Origin

_REMEMBERED_SPOOLS = 100_000
_REMEMBERED_ORIGINS = 50_000
"""Of one tenant, so that one with a resource a record costs the others nothing."""
_ORIGINS_A_STATEMENT = 2_000

Fetch = Callable[..., Awaitable[list["asyncpg.Record"]]]
"""Runs a statement with its parameters and returns the rows, as `asyncpg.Connection.fetch`."""


class Numbers:
    """What the database calls spools, and a tenant's origins by their serialised message."""

    def __init__(self) -> None:
        self.spools: dict[SpoolKey, int] = {}
        self.origins: dict[str, dict[bytes, StoredOrigin]] = {}
        self._resolving = asyncio.Lock()

    async def resolve(self, fetch: Fetch, group: Sequence[Opened], *, origins: bool = True) -> None:
        """Give each batch of `group` the numbers of its spool and, where the store has numbers for them, of its `origins`. Raises what
        asyncpg raises."""
        async with self._resolving:  # or one group would have forgotten what the other is about to use
            if len(self.spools) > _REMEMBERED_SPOOLS:
                self.spools.clear()
            await self._resolve_spools(fetch, [opened.unwritten.header for opened in group])
            for opened in group:
                opened.spool = self.spools[opened.unwritten.header.key]
            if origins:
                await self._number_origins(fetch, group)

    async def _number_origins(self, fetch: Fetch, group: Sequence[Opened]) -> None:
        wanted: dict[tuple[str, bytes], None] = {}
        for opened in group:
            tenant = opened.unwritten.header.key.tenant
            known = self.origins.setdefault(tenant, {})
            if len(known) > _REMEMBERED_ORIGINS:
                known.clear()
            wanted.update({(tenant, key): None for key in opened.origins if key not in known})
        await self._resolve_origins(fetch, list(wanted))
        for opened in group:
            opened.stored = list(map(self.origins[opened.unwritten.header.key.tenant].__getitem__, opened.origins))

    async def spool_of(self, fetch: Fetch, header: Header) -> int:
        """The number of one batch's spool. Raises what asyncpg raises."""
        if header.key not in self.spools:
            await self._resolve_spools(fetch, [header])
        return self.spools[header.key]

    async def _resolve_spools(self, fetch: Fetch, batches: Sequence[Header]) -> None:
        while unknown := {batch.key: batch for batch in batches if batch.key not in self.spools}:
            rows = await fetch(
                load("restore_spools"),
                [key.tenant for key in unknown],
                [key.spool_id for key in unknown],
                [batch.producer for batch in unknown.values()],
                [batch.principal for batch in unknown.values()],
            )
            keys = list(unknown)
            for place, spool in rows:
                self.spools[keys[place - 1]] = spool

    async def _resolve_origins(self, fetch: Fetch, wanted: Sequence[tuple[str, bytes]]) -> None:
        fields: dict[bytes, tuple[str, ...]] = {}
        meant: dict[bytes, list[tuple[str, bytes]]] = {}  # several messages can come to the same once they are cleaned
        for tenant, key in wanted:
            stored = (tenant, *origin_texts(Origin.FromString(key)))
            # What most origins lack is not part of their digest, or those of before would be others.
            digest = hashlib.sha256(orjson.dumps(stored if stored[-1] else stored[:-1])).digest()
            fields[digest] = stored
            meant.setdefault(digest, []).append((tenant, key))
        digests = list(fields)
        for begin in range(0, len(digests), _ORIGINS_A_STATEMENT):
            part = {digest: fields[digest] for digest in digests[begin : begin + _ORIGINS_A_STATEMENT]}
            while part:
                for digest, number in await _find_origins(fetch, part):
                    service = fields[digest][1].encode()
                    for tenant, key in meant[digest]:
                        self.origins[tenant][key] = StoredOrigin(number, service, origin_tail(tenant.encode(), service))
                    part.pop(digest, None)


async def _find_origins(fetch: Fetch, fields: dict[bytes, tuple[str, ...]]) -> list[tuple[bytes, int]]:
    """Digest and number of those that the database has or could make."""
    try:
        columns = zip(*fields.values(), strict=True)
        rows = await fetch(load("find_origins"), *(list(column) for column in columns), list(fields))
    except asyncpg.DataError:
        # JSON that PostgreSQL refuses all the same; a resource must not hold records up for ever, least of all those of others.
        if len(fields) > 1:
            items = list(fields.items())
            half = len(items) // 2
            return [*await _find_origins(fetch, dict(items[:half])), *await _find_origins(fetch, dict(items[half:]))]
        ((digest, stored),) = fields.items()
        plain = (*stored[:3], orjson.dumps({"logmesh.invalid": stored[3][:1_000]}).decode(), *stored[4:])
        return await _find_origins(fetch, {digest: plain})
    return [(row["digest"], row["origin"]) for row in rows]
