"""The ledger's two verbs for streams: open a spool (bind, fence, what is committed), and find a spool again for replay."""

from dataclasses import dataclass

import asyncpg

from logmesh.record.ranges import RangeSet
from logmesh.storage.multirange import from_multirange, to_multirange
from logmesh.storage.sql import load


@dataclass(frozen=True, slots=True)
class SpoolKey:
    """A spool's identity across restarts, processors and databases."""

    tenant: str
    spool_id: str


@dataclass(frozen=True, slots=True)
class OpenSpool:
    """What the ledger knew when a stream was opened."""

    committed: RangeSet
    created: bool


class SpoolFenced(Exception):
    """A stream with an equal or higher epoch was opened before: this one belongs to a copy, or is late."""


class SpoolForbidden(Exception):
    """The spool was opened by another principal."""


async def open_spool(
    connection: "asyncpg.Connection | asyncpg.Pool",
    key: SpoolKey,
    *,
    producer: str,
    principal: str,
    epoch: int,
    lowest_seq: int,
    abandoned: RangeSet,
) -> OpenSpool:
    """Bind the spool to `principal`, raise its epoch, return what is committed. Raises SpoolFenced or SpoolForbidden.

    The spool holds nothing below `lowest_seq` (0: nothing at all) and nothing in `abandoned`.
    """
    row = await connection.fetchrow(
        load("open_spool"),
        key.tenant, key.spool_id, producer, principal, epoch, lowest_seq, to_multirange(abandoned),
    )  # fmt: skip
    if row is not None:
        return OpenSpool(from_multirange(row["committed"]), row["created"])
    found = await connection.fetchrow(load("find_spool"), key.tenant, key.spool_id)
    if found is not None and found["principal"] != principal:
        raise SpoolForbidden(f"spool {key.spool_id} belongs to another principal than {principal}")
    raise SpoolFenced(f"epoch {epoch} of spool {key.spool_id} is not above the last one, {found and found['epoch']}")
