"""Counts over time, and the most frequent values: of all matches, never of some."""

from collections.abc import Sequence

from logmesh.filters.ast import (
    And,
    Node,
    Not,
    Or,
    SeverityCompare,
    TextCompare,
    TextContains,
    TextMatches,
    TextPresent,
)
from logmesh.filters.fields import Field
from logmesh.lake.reading.conditions import Conditions
from logmesh.lake.store.asking import answering
from logmesh.lake.store.groups import GroupsInLake
from logmesh.lake.store.values import bucket_value, field_value, key_value
from logmesh.store.counts import Buckets, FieldCounts, KeyCount, ValueCount
from logmesh.store.time_range import TimeRange


class FiguresOfLake(GroupsInLake):
    """Figures."""

    async def is_counted(
        self, node: Node, field: Field, span: TimeRange, width_nano: int = 0, *, seconds: float
    ) -> bool:
        """See Store. Columns are counted so quickly that nothing need be counted beforehand; a histogram that must look into texts may
        take longer than there is time, and is then counted as far as that goes."""
        return width_nano == 0 or _is_quick(node)

    async def count_keys(
        self,
        tenant: str,
        node: Node,
        span: TimeRange,
        buckets: Buckets,
        field: Field,
        keys: Sequence[str],
        *,
        seconds: float,
    ) -> Sequence[KeyCount]:
        """See Store."""
        table = await self.groups(tenant, node, span, [bucket_value(buckets), key_value(field, keys)], seconds=seconds)
        return list(map(KeyCount, *(table[name].to_pylist() for name in ("v0", "v1", "records"))))

    async def count_values(
        self, tenant: str, node: Node, span: TimeRange, buckets: Buckets, field: Field, most: int, *, seconds: float
    ) -> Sequence[ValueCount]:
        """See Store."""

        def ranked(to: Conditions) -> str:
            limit = to.bind(most)
            return (
                f"SELECT bucket, CASE WHEN place <= {limit} THEN value END AS named,"
                f" value IS NOT NULL AND place > {limit} AS is_rest, sum(records)::BIGINT AS records"
                " FROM (SELECT *, dense_rank() OVER (ORDER BY value IS NULL, of_value DESC, value) AS place"
                " FROM (SELECT v0 AS bucket, v1 AS value, records, sum(records) OVER (PARTITION BY v1) AS of_value FROM grouped))"
                " GROUP BY ALL"
            )

        rows = await self.grouped(
            tenant, node, span, [bucket_value(buckets), field_value(field)], ranked, seconds=seconds
        )
        return [ValueCount(*row) for row in rows]

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
        """See Store. A field after the other: each is another column."""

        oldest = "0::BIGINT" if newest is None else "min(min(oldest)) OVER ()"

        def ranked(to: Conditions) -> str:
            return (
                "SELECT value, records, counted, oldest FROM (SELECT v0 AS value, sum(records)::BIGINT AS records,"
                f" sum(sum(records)) OVER ()::BIGINT AS counted, {oldest} AS oldest,"
                " row_number() OVER (ORDER BY v0 IS NULL, sum(records) DESC, v0) AS place FROM grouped GROUP BY v0)"
                f" WHERE place <= {to.bind(most)} OR value IS NULL ORDER BY place"
            )

        found = []
        async with answering(seconds):
            for field in fields:
                rows = await self.grouped(
                    tenant, node, span, [field_value(field)], ranked, seconds=seconds, newest=newest
                )
                values = [(value, records) for value, records, _, _ in rows if value is not None]
                found.append(FieldCounts(values, rows[0][2], rows[0][3]) if rows else FieldCounts([]))
        return found


def _is_quick(node: Node) -> bool:
    """Whether it asks for columns alone that are read in no time."""
    match node:
        case And(children) | Or(children):
            return all(map(_is_quick, children))
        case Not(child):
            return _is_quick(child)
        case SeverityCompare():
            return True
        case TextCompare(column) | TextContains(column) | TextMatches(column) | TextPresent(column):
            return column in ("service", "instance")
        case _:
            return False
