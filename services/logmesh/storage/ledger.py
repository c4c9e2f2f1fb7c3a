"""The ledger as streams see it: open spool ids, bound to who may use them, and learn what is committed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import asyncpg

from logmesh.record.ranges import RangeSet
from logmesh.runtime.identity import NOBODY
from logmesh.storage.multirange import from_multirange, to_multirange
from logmesh.storage.sql import load

_UNSAID = -1


@dataclass(frozen=True, slots=True)
class SpoolKey:
    """A spool id's identity across restarts, processors and databases."""

    tenant: str
    spool_id: str


@dataclass(frozen=True, slots=True)
class Held:
    """What a producer says of a spool id: it holds nothing below `lowest_seq` (0: nothing at all) and nothing in `abandoned`; it
    gave out `last_seq` numbers (None: not said) and, where it is `closed`, gives out no more. Its spool had the id `follows` before."""

    spool_id: str
    lowest_seq: int
    abandoned: RangeSet = field(default_factory=RangeSet)
    last_seq: int | None = None
    closed: bool = False
    follows: str | None = None


@dataclass(frozen=True, slots=True)
class Committed:
    """What the ledger holds of a spool id; `newest_seq` is the greatest number that came with a chain (0: none). `rewound` batches
    came from another copy of the spool, as far as is noticed now."""

    committed: RangeSet
    newest_seq: int
    newest_chain: int
    rewound: int = 0


@dataclass(frozen=True, slots=True)
class Claim:
    """Numbers up to `last_seq` were committed once. Producer and principal are empty where nobody knows them."""

    key: SpoolKey
    producer: str
    principal: str
    last_seq: int


class SpoolForbidden(Exception):
    """The spool id was opened by another principal."""


async def open_spools(
    connection: "asyncpg.Connection | asyncpg.Pool",
    tenant: str,
    principal: str,
    producer: str,
    held: Sequence[Held],
    *,
    bound: bool = True,
) -> list[Committed]:
    """Bind spool ids to `principal`, note what is held of them, return what is committed, in order. Raises SpoolForbidden.

    One that is bound to nobody is bound to the first identity that comes with it. `bound` is False where callers have no identities,
    such as after a mesh was taken away: whoever holds a spool goes on with it, and it stays bound to whom it was.
    """
    rows = await _open(connection, tenant, principal, producer, held, bound)
    nobodys = {row["spool_id"] for row in rows if row["principal"] in NOBODY}
    if nobodys and principal not in NOBODY:
        await connection.execute(load("bind_spools"), tenant, principal, nobodys, NOBODY)
        # Once more for these alone: of a new one it was said only now what was rewound.
        taken = [spool for spool in held if spool.spool_id in nobodys]
        again = {row["spool_id"]: row for row in await _open(connection, tenant, principal, producer, taken, bound)}
        rows = [again.get(row["spool_id"], row) for row in rows]
    for row in rows if bound else ():
        if row["principal"] not in (None, principal, *NOBODY):
            raise SpoolForbidden(f"spool {row['spool_id']} belongs to another principal than {principal}")
    return [Committed(from_multirange(row["committed"]), row["newest"], row["chain"], row["rewound"]) for row in rows]


async def _open(
    connection: "asyncpg.Connection | asyncpg.Pool",
    tenant: str,
    principal: str,
    producer: str,
    held: Sequence[Held],
    bound: bool,
) -> list["asyncpg.Record"]:
    rows: list[asyncpg.Record] = await connection.fetch(
        load("open_spools"),
        tenant,
        principal,
        producer,
        [spool.spool_id for spool in held],
        [spool.lowest_seq for spool in held],
        [_UNSAID if spool.last_seq is None else spool.last_seq for spool in held],
        [to_multirange(spool.abandoned) for spool in held],
        [spool.closed for spool in held],
        [spool.follows for spool in held],
        not bound,
        NOBODY,
    )
    return rows


async def move_spools(
    connection: "asyncpg.Connection | asyncpg.Pool", tenant: str, principal: str, spool_ids: Sequence[str]
) -> None:
    """Take along what is committed of these spool ids to `tenant`, from the one that `principal` belonged to before, or nobody."""
    await connection.execute(load("move_spools"), tenant, principal, spool_ids, NOBODY)


async def claim_spools(connection: "asyncpg.Connection | asyncpg.Pool", claims: Sequence[Claim]) -> None:
    """Have the ledger show as missing what it lacks of these."""
    await connection.execute(
        load("claim_spools"),
        [claim.key.tenant for claim in claims],
        [claim.key.spool_id for claim in claims],
        [claim.producer for claim in claims],
        [claim.principal for claim in claims],
        [claim.last_seq for claim in claims],
    )


async def note_forks(connection: "asyncpg.Connection | asyncpg.Pool", forks: Mapping[SpoolKey, int]) -> None:
    """Count batches that were refused because another batch has their number, by spool."""
    await connection.execute(
        load("note_forks"), [key.tenant for key in forks], [key.spool_id for key in forks], list(forks.values())
    )
