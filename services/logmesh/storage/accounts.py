"""What the ledger lacks, of all tenants at once, as one session reads it that leads."""

from dataclasses import dataclass
from typing import Final

import asyncpg

from logmesh.storage.sql import load

_LEADER: Final = "SELECT pg_try_advisory_lock(hashtextextended('logmesh.accounts', 0))"


@dataclass(frozen=True, slots=True)
class Account:
    """Batches of one tenant, or of all that have no account of their own (None), that nobody has acknowledged: see the view facts."""

    tenant: str | None
    lost: int
    missing: int
    unaccounted: int


async def may_lead(connection: "asyncpg.Connection") -> bool:
    """Whether this session is the one that reads them, from now until it is closed. Raises what asyncpg raises."""
    return bool(await connection.fetchval(_LEADER))


async def read_accounts(connection: "asyncpg.Connection", most_tenants: int) -> list[Account]:
    """An account a tenant, at most so many. The connection is the owner's. Raises what asyncpg raises."""
    rows = await connection.fetch(load("sum_accounts"), most_tenants)
    return [Account(row["tenant"], row["lost"], row["missing"], row["unaccounted"]) for row in rows]
