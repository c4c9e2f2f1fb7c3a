"""Reads what the store holds and a tail has not dealt with: the ledger's ranges, and rows in the order of their storing."""

from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

import asyncpg

from logmesh.filters import compile_sql
from logmesh.filters.ast import Node
from logmesh.gateway.reader import reading
from logmesh.gateway.rows import record_from_row
from logmesh.gateway.tail.coverage import Positions, positions_of_batches, spans_of
from logmesh.gateway.tail.standing import StoredAt
from logmesh.live.frames import FRAME_BYTES
from logmesh.storage.multirange import from_multirange
from logmesh.storage.sql import load

OVERLAP_MICROSECONDS: Final = 60 * 10**6
_PAGE_ROWS: Final = 250
_FIRST_WIDTH: Final = 5 * 10**6
_LEAST_WIDTH: Final = 1_000
_SECONDS: Final = 10.0
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FILTER_PLACE: Final = "AND TRUE\n"
_OWN_PARAMETERS: Final = 8


class Ledger(NamedTuple):
    """What is committed of the spools that were written to lately: all that was until `seen_until`, and nothing that was
    received after `now`. Both are microseconds since 1970."""

    seen_until: int
    now: int
    committed: Positions


@dataclass(frozen=True, slots=True)
class Page:
    """Rows as serialised records, and the place of the last one."""

    records: list[bytes]
    after: StoredAt


class Store:
    """One tail's reader. Methods raise the QUERY_FAILURES of `gateway.failures`."""

    def __init__(self, pool: "asyncpg.Pool", tenant: str, node: Node) -> None:
        self._pool, self._tenant = pool, tenant
        condition, self._parameters = compile_sql(node, _OWN_PARAMETERS + 1)
        self._sql = load("tail_rows").replace(_FILTER_PLACE, f"AND {condition}\n")

    async def ledger(self, since: int) -> Ledger:
        """The ledger of spools that were written to at `since` or later."""
        async with reading(self._pool, self._tenant, _SECONDS) as connection:
            rows = await connection.fetch(load("tail_ledger"), _moment(since))
        committed = {
            row["spool"]: positions_of_batches(from_multirange(row["committed"]))
            for row in rows
            if row["spool"] is not None
        }
        return Ledger(_microseconds(rows[0]["seen_until"]), _microseconds(rows[0]["now"]), committed)

    async def pages(self, due: Positions, after: StoredAt, before: int) -> AsyncGenerator[Page, None]:
        """Yield the matching rows at `due` that were stored after the one place and before `before`. No connection is held
        while a page is dealt with."""
        spans = spans_of(due)
        ranges = [[span[column] for span in spans] for column in range(3)]
        width = _FIRST_WIDTH
        while after.received < before:
            upper = min(after.received + width, before)
            try:
                rows = await self._fetch(after, upper, ranges)
            except asyncpg.QueryCanceledError:
                if width <= _LEAST_WIDTH:
                    raise
                width //= 8
                continue
            for page in _pages(rows):
                after = page.after
                yield page
            if len(rows) < _PAGE_ROWS:
                # A page at a time sorts a window anew: it should hold about one.
                after, width = StoredAt(upper), width * 2
            else:
                width = max(_LEAST_WIDTH, width // 2)

    async def _fetch(self, after: StoredAt, upper: int, ranges: list[list[int]]) -> list[Any]:
        place = _moment(after.received), after.spool, after.position
        async with reading(self._pool, self._tenant, _SECONDS) as connection:
            rows = await connection.fetch(self._sql, *place, _moment(upper), _PAGE_ROWS, *ranges, *self._parameters)
        return list(rows)


def _pages(rows: list[Any]) -> Iterator[Page]:
    """Rows as pages that a message can hold."""
    records: list[bytes] = []
    size = 0
    for at, row in enumerate(rows, start=1):
        record = record_from_row(row).SerializeToString()
        records.append(record)
        size += len(record)
        if at == len(rows) or size >= FRAME_BYTES:
            yield Page(records, _place(row))
            records, size = [], 0


def _place(row: Any) -> StoredAt:
    return StoredAt(_microseconds(row["received"]), row["spool"], row["position"])


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _moment(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)
