"""The newest bodies of a range, for their templates."""

from collections.abc import Iterator
from typing import Any

from logmesh.filters.ast import Node
from logmesh.rows.matching import over_matches
from logmesh.rows.reader import AsksReader
from logmesh.rows.records import from_timestamp
from logmesh.store.found import Bodies
from logmesh.store.order import Cursor
from logmesh.store.time_range import TimeRange


class BodiesOfRows(AsksReader):
    """Bodies."""

    async def bodies(
        self, tenant: str, node: Node, span: TimeRange, most: int, *, characters: int, seconds: float
    ) -> Bodies:
        """See Store."""
        statement = over_matches("patterns", node, span, most=most, characters=characters)
        async with self._reader.reading(tenant, seconds, replan=True) as connection:
            return _Bodies(await connection.fetch(statement.sql, *statement.parameters))


class _Bodies:
    """Rows of patterns.sql. Twenty thousand of them are looked at, and the places of a few are asked for."""

    def __init__(self, rows: list[Any]) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[tuple[int, str, str]]:
        for *_, severity, service, body in self._rows:
            yield severity, service, body

    def place(self, index: int) -> Cursor:
        time, ns, spool, position, *_ = self._rows[index]
        return Cursor(from_timestamp(time, ns), spool, position)
