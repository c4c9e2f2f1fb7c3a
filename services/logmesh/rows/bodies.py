"""The newest bodies of a range, for their templates."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from logmesh.filters import compile_sql
from logmesh.filters.ast import Node
from logmesh.rows.reader import AsksReader
from logmesh.rows.records import from_timestamp, to_timestamp
from logmesh.storage.statement import Statement
from logmesh.store.found import Bodies
from logmesh.store.order import Cursor
from logmesh.store.time_range import TimeRange


class BodiesOfRows(AsksReader):
    """Bodies."""

    async def bodies(
        self, tenant: str, node: Node, span: TimeRange, most: int, *, characters: int, seconds: float
    ) -> Bodies:
        """See Store."""
        statement = Statement()
        condition = statement.compile(partial(compile_sql, node))
        (start, start_ns), (end, end_ns) = to_timestamp(span.start_unix_nano), to_timestamp(span.end_unix_nano)
        statement.add(
            "patterns", condition=condition, start=start, start_ns=start_ns, end=end, end_ns=end_ns, most=most,
            characters=characters,
        )  # fmt: skip
        async with self._reader.reading(tenant, seconds, replan=True) as connection:
            return _Bodies(await connection.fetch(statement.sql, *statement.parameters))


class _Bodies:
    """Rows of patterns.sql. Twenty thousand of them are looked at, and the places of a few are asked for."""

    def __init__(self, rows: list[Any]) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[tuple[int, str, str]]:
        for _, _, _, severity, service, body in self._rows:
            yield severity, service, body

    def place(self, index: int) -> Cursor:
        time, spool, position, *_ = self._rows[index]
        return Cursor(from_timestamp(time, 0), spool, position)
