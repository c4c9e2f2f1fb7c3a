"""Records by bucket of time, and by the values of a field."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from logmesh.filters import compile_key, compile_value
from logmesh.filters.ast import Node
from logmesh.filters.fields import Field
from logmesh.rows.counting import MINUTE_NANO, from_counts, from_records, is_countable, is_countable_field
from logmesh.rows.reader import AsksReader
from logmesh.rows.records import from_timestamp, to_timestamp
from logmesh.storage.statement import Statement
from logmesh.store.counts import Buckets, KeyCount, ValueCount
from logmesh.store.time_range import TimeRange


class HistogramOfRows(AsksReader):
    """Counts over time: of the rollup where it knows all that is asked, else of the records."""

    async def is_counted(
        self, node: Node, field: Field, span: TimeRange, width_nano: int = 0, *, seconds: float
    ) -> bool:
        """See Store."""
        return _is_counted(node, field, width_nano)

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
        statement = self._counted(node, span, buckets, field)
        key = statement.compile(partial(compile_key, field, keys))
        rows = await self._read(tenant, statement.add("histogram", key=key, **_places(buckets)), seconds)
        return [KeyCount(buckets.index(from_timestamp(bucket, 0)), key, records) for bucket, key, records in rows]

    async def count_values(
        self, tenant: str, node: Node, span: TimeRange, buckets: Buckets, field: Field, most: int, *, seconds: float
    ) -> Sequence[ValueCount]:
        """See Store."""
        statement = self._counted(node, span, buckets, field)
        value = statement.compile(partial(compile_value, field))
        statement.add("histogram_values", value=value, most=most, **_places(buckets))
        rows = await self._read(tenant, statement, seconds)
        return [ValueCount(buckets.index(from_timestamp(bucket, 0)), *counted) for bucket, *counted in rows]

    def _counted(self, node: Node, span: TimeRange, buckets: Buckets, field: Field) -> Statement:
        begin = from_counts if _is_counted(node, field, buckets.width_nano) else from_records
        return begin(node, span)

    async def _read(self, tenant: str, statement: Statement, seconds: float) -> list[Any]:
        async with self._reader.reading(tenant, seconds, replan=True) as connection:
            return list(await connection.fetch(statement.sql, *statement.parameters))


def _is_counted(node: Node, field: Field, width_nano: int) -> bool:
    """The flush counts by minute, origin and severity."""
    return width_nano % MINUTE_NANO == 0 and is_countable(node) and is_countable_field(field)


def _places(buckets: Buckets) -> dict[str, object]:
    """Where buckets lie, as statements have it."""
    origin, _ = to_timestamp(buckets.start_unix_nano)
    return {"width": timedelta(microseconds=buckets.width_nano // 1000), "origin": origin}
