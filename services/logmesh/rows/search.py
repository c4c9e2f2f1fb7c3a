"""Matches of a window, newest first, fetched as they are found."""

from collections.abc import AsyncGenerator, Iterator
from functools import partial
from typing import Any

from logmesh.filters import compile_sql
from logmesh.filters.ast import Node
from logmesh.rows.newest import newest_match
from logmesh.rows.reader import AsksReader
from logmesh.rows.records import from_timestamp, record_from_row, to_timestamp
from logmesh.rows.steps import Steps, size_of_row
from logmesh.storage.statement import Statement
from logmesh.store.found import Found
from logmesh.store.order import Cursor, Window
from logmesh.store.time_range import TimeRange
from logmesh.v1.record_pb2 import LogRecord


class SearchInRows(AsksReader):
    """Searches."""

    first_look_nano = 60 * 10**9
    """A query sorts all that it finds."""

    async def search(
        self, tenant: str, node: Node, window: Window, most: int, *, seconds: float, is_rare: bool = False
    ) -> AsyncGenerator[Found, None]:
        """See Store. What is rare is looked for as an aggregate first, which the database's workers share."""
        lower, before = window
        async with self._reader.reading(tenant, seconds, replan=is_rare) as connection:
            if is_rare:
                newest = await newest_match(connection, node, TimeRange(lower, before.unix_nano))
                before = Cursor(lower if newest is None else newest)
                yield FoundRows([], before)
            statement = _statement(node, lower, before, most)
            opened = await connection.cursor(statement.sql, *statement.parameters)
            steps = Steps()
            while rows := await opened.fetch(steps.rows):
                is_last = len(rows) < steps.rows
                steps.took(rows)
                yield FoundRows(rows, _place_of(rows[-1]))
                if is_last:
                    return


class FoundRows:
    """Rows of search.sql; see `store.found.Found`."""

    def __init__(self, rows: list[Any], reached: Cursor) -> None:
        self._rows = rows
        self.reached = reached

    @property
    def size(self) -> int:
        """About how many bytes the rows take that are still there."""
        return sum(map(size_of_row, self._rows))

    def __len__(self) -> int:
        return len(self._rows)

    def records(self) -> Iterator[LogRecord]:
        """Each row is let go when its record is made."""
        self._rows.reverse()
        while self._rows:
            yield record_from_row(self._rows.pop())


def _statement(node: Node, lower: int, before: Cursor, most: int) -> Statement:
    statement = Statement()
    condition = statement.compile(partial(compile_sql, node))
    (start, start_ns), (end, end_ns) = to_timestamp(lower), to_timestamp(before.unix_nano)
    return statement.add(
        "search", condition=condition, start=start, start_ns=start_ns, end=end, end_ns=end_ns, spool=before.spool,
        position=before.position, most=most,
    )  # fmt: skip


def _place_of(row: Any) -> Cursor:
    return Cursor(from_timestamp(row["time"], row["ns"]), row["spool"], row["position"])
