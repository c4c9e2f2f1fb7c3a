"""Asks the database which flushes there are beyond a place. One question, one answer; `readings` shares them."""

import hashlib
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from logmesh.gateway.tail.coverage import span_of_batches
from logmesh.gateway.tail.snapshot import Place, Snapshot
from logmesh.rows.reader import Reader
from logmesh.storage.sql import load
from logmesh.store.flushes import Flush
from logmesh.store.microseconds import from_microseconds, to_microseconds

_MOST_FLUSHES: Final = 200
_MOST_SPANS: Final = 20_000
"""Of a reading, but for its first flush."""
SECONDS: Final = 10.0


class FoundFlushes(NamedTuple):
    """Flushes that `place` sees beyond the snapshot that was asked with; `whole` when there are no more of them as of now."""

    place: Place
    flushes: Sequence[Flush]
    whole: bool
    forgotten: Place
    """The flushes that it sees may have been forgotten."""


async def find_flushes(reader: Reader, tenant: str, seen: Snapshot, until: Snapshot | None) -> FoundFlushes:
    """The first flushes that `seen` does not see and `until` does, None for as of now. Raises StoreError."""
    other = (None, []) if until is None else (str(until.xmax), list(map(str, until.running)))
    async with reader.reading(tenant, SECONDS) as connection:
        rows = await connection.fetch(
            load("tail_flushes"), str(seen.xmax), list(map(str, seen.running)), *other, _MOST_FLUSHES, _MOST_SPANS
        )
    flushes = [_flush(row) for row in rows if row["xid"] is not None]
    first, last = rows[0], rows[-1]
    snapshot = Snapshot(int(first["xmax"]), tuple(sorted(map(int, first["running"]))))
    at = to_microseconds(first["now"])
    whole = len(flushes) == first["found"] < _MOST_FLUSHES
    if not whole:
        snapshot, at = seen.with_those_of(snapshot, int(last["xid"])), flushes[-1].received
    incarnation = hashlib.sha256(first["incarnation"].encode()).digest()[:8]
    forgotten = Snapshot(int(first["forgotten"]) + 1)
    return FoundFlushes(
        Place(incarnation, snapshot, at),
        flushes,
        whole,
        Place(incarnation, forgotten, to_microseconds(first["forgotten_until"])),
    )


async def find_since(reader: Reader, tenant: str, since: int) -> Snapshot | None:
    """One that does not see what was stored at `since` (microseconds since 1970) or later; None when nothing was. Raises StoreError."""
    async with reader.reading(tenant, SECONDS) as connection:
        xid = await connection.fetchval(load("tail_since"), from_microseconds(since))
    return None if xid is None else Snapshot(int(xid))


def _flush(row: Any) -> Flush:
    numbers = zip(row["spools"], row["firsts"], row["lasts"], strict=True)
    return Flush(
        to_microseconds(row["received"]), row["oldest"], row["newest"], [span_of_batches(*span) for span in numbers]
    )
