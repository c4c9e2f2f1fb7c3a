"""Records of some flushes, in the order in which they were stored."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from logmesh.filters import compile_sql
from logmesh.filters.ast import Node
from logmesh.rows.reader import AsksReader
from logmesh.rows.records import from_timestamp, record_from_row, to_timestamp
from logmesh.storage.sql import load
from logmesh.store.flushes import Flush, StoredAt, StoredPart

_FILTER_PLACE: Final = "AND TRUE\n"
_OWN_PARAMETERS: Final = 12


class FlushedRows(AsksReader):
    """What flushes stored."""

    async def stored(
        self,
        tenant: str,
        node: Node,
        flushes: Sequence[Flush],
        after: StoredAt,
        most: int,
        *,
        max_bytes: int,
        seconds: float,
    ) -> StoredPart:
        """See Store. A row has the time of its receipt, which is its flush's."""
        condition, parameters = compile_sql(node, _OWN_PARAMETERS + 1)
        sql = load("tail_rows").replace(_FILTER_PLACE, f"AND {condition}\n")
        place = _moment(after.received), after.spool, after.position
        stored = _moment(min(one.received for one in flushes)), _moment(max(one.received for one in flushes))
        times = min(one.oldest for one in flushes), max(one.newest for one in flushes)
        spans = [span for flush in flushes for span in flush.spans]
        ranges = [[span[column] for span in spans] for column in range(3)]
        async with self._reader.reading(tenant, seconds) as connection:
            rows = await connection.fetch(sql, *place, *stored, *times, most, max_bytes, *ranges, *parameters)
        whole = not rows or len(rows) == rows[0]["found"] < most
        return StoredPart([(_place_of(row), record_from_row(row)) for row in rows], whole)


def _place_of(row: Any) -> StoredAt:
    return StoredAt(from_timestamp(row["received"], 0) // 1000, row["spool"], row["position"])


def _moment(microseconds: int) -> datetime:
    return to_timestamp(microseconds * 1000)[0]
