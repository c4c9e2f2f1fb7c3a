"""Records of some flushes, in the order in which they were stored."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from logmesh.filters import compile_sql
from logmesh.filters.ast import Node
from logmesh.rows.reader import AsksReader
from logmesh.rows.records import record_from_row
from logmesh.storage.statement import Statement
from logmesh.store.flushes import Flush, StoredAt, StoredPart
from logmesh.store.microseconds import from_microseconds, to_microseconds


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
        received = [one.received for one in flushes]
        spans = [span for flush in flushes for span in flush.spans]
        spools, firsts, lasts = ([span[column] for span in spans] for column in range(3))
        statement = Statement()
        condition = statement.compile(partial(compile_sql, node))
        statement.add(
            "tail_rows", condition=condition, received=from_microseconds(after.received), spool=after.spool, position=after.position,
            first_stored=from_microseconds(min(received)), last_stored=from_microseconds(max(received)),
            oldest=min(one.oldest for one in flushes), newest=max(one.newest for one in flushes),
            spools=spools, firsts=firsts, lasts=lasts, most=most, max_bytes=max_bytes,
        )  # fmt: skip
        async with self._reader.reading(tenant, seconds) as connection:
            rows = await connection.fetch(statement.sql, *statement.parameters)
        whole = not rows or len(rows) == rows[0]["found"] < most
        return StoredPart([(_place_of(row), record_from_row(row)) for row in rows], whole)


def _place_of(row: Any) -> StoredAt:
    return StoredAt(to_microseconds(row["received"]), row["spool"], row["position"])
