"""The most frequent values of fields, all of them from one look."""

from collections.abc import Sequence
from functools import partial

from logmesh.filters import compile_value
from logmesh.filters.ast import Node
from logmesh.filters.fields import Field
from logmesh.rows.counting import from_counts, from_newest
from logmesh.rows.reader import AsksReader
from logmesh.rows.records import from_timestamp
from logmesh.storage.statement import Expression
from logmesh.store.counts import FieldCounts
from logmesh.store.time_range import TimeRange


class FacetsOfRows(AsksReader):
    """Facets."""

    async def facets(
        self,
        tenant: str,
        node: Node,
        span: TimeRange,
        fields: Sequence[Field],
        most: int,
        *,
        newest: int | None,
        seconds: float,
    ) -> Sequence[FieldCounts]:
        """See Store."""
        statement = from_counts(node, span) if newest is None else from_newest(node, span, newest)
        values = ", ".join(statement.compile(partial(compile_value, field)).sql for field in fields)
        statement.add("facets", fields=Expression(f"ARRAY[{values}]::text[]"), most=most)
        async with self._reader.reading(tenant, seconds, replan=True) as connection:
            rows = await connection.fetch(statement.sql, *statement.parameters)
        values_of = [list[tuple[str, int]]() for _ in fields]
        counted, oldest = [0] * len(fields), [0] * len(fields)
        for row in rows:
            at = row["field"] - 1
            counted[at], oldest[at] = row["counted"], from_timestamp(row["oldest"], 0)
            if row["value"] is not None:
                values_of[at].append((row["value"], row["records"]))
        return [FieldCounts(*one) for one in zip(values_of, counted, oldest, strict=True)]
