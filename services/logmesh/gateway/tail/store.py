"""Reads what the store holds of some flushes and a tail has not dealt with, in the order of storing and at the client's pace."""

from collections.abc import AsyncGenerator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import asyncpg

from logmesh.filters import compile_sql
from logmesh.filters.ast import Node
from logmesh.gateway.reader import reading
from logmesh.gateway.rows import record_from_row
from logmesh.gateway.tail.flushes import SECONDS, Flush, microseconds, moment
from logmesh.gateway.tail.standing import StoredAt
from logmesh.live.chunk import Span
from logmesh.live.frames import FRAME_BYTES
from logmesh.storage.sql import load

_PAGE_ROWS: Final = 250
_PAGE_BYTES: Final = 256 << 10
_FILTER_PLACE: Final = "AND TRUE\n"
_OWN_PARAMETERS: Final = 12


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

    async def pages(self, flushes: Sequence[Flush], after: StoredAt) -> AsyncGenerator[Page, None]:
        """Yield the matching rows of flushes beyond a place. No connection is held while a page is dealt with."""
        left = sorted(flush for flush in flushes if flush.received >= after.received)
        together = len(left)
        while left:
            some = _first(left, together)
            try:
                rows = await self._fetch(some, after)
            except asyncpg.QueryCanceledError:
                if together == 1:
                    raise
                together = max(1, len(some) // 8)
                continue
            for page in _pages(rows):
                after = page.after
                yield page
            if not rows or (len(rows) == rows[0]["found"] < _PAGE_ROWS):
                del left[: len(some)]
                together *= 2

    async def _fetch(self, flushes: Sequence[Flush], after: StoredAt) -> list[Any]:
        place = moment(after.received), after.spool, after.position
        stored = moment(flushes[0].received), moment(flushes[-1].received)
        times = min(flush.oldest for flush in flushes), max(flush.newest for flush in flushes)
        spans: list[Span] = [span for flush in flushes for span in flush.spans]
        ranges = [[span[column] for span in spans] for column in range(3)]
        async with reading(self._pool, self._tenant, SECONDS) as connection:
            rows = await connection.fetch(
                self._sql, *place, *stored, *times, _PAGE_ROWS, _PAGE_BYTES, *ranges, *self._parameters
            )
        return list(rows)


def _first(flushes: Sequence[Flush], most: int) -> Sequence[Flush]:
    """The first flushes, at most so many but for those that were stored in one moment, whose rows are mixed."""
    end = most
    while end < len(flushes) and flushes[end].received == flushes[end - 1].received:
        end += 1
    return flushes[:end]


def _pages(rows: list[Any]) -> Iterator[Page]:
    """Rows as pages that a message can hold."""
    records: list[bytes] = []
    size = 0
    for at, row in enumerate(rows, start=1):
        record = record_from_row(row).SerializeToString()
        records.append(record)
        size += len(record)
        if at == len(rows) or size >= FRAME_BYTES:
            yield Page(records, StoredAt(microseconds(row["received"]), row["spool"], row["position"]))
            records, size = [], 0
