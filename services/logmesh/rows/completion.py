"""What records have: keys, and values of a field."""

from collections.abc import Sequence
from typing import Any

from logmesh.rows.reader import AsksReader
from logmesh.rows.records import to_timestamp
from logmesh.storage.sql import load
from logmesh.store.time_range import TimeRange


class CompletionOfRows(AsksReader):
    """What a filter may be completed by."""

    async def count_some(self, tenant: str, span: TimeRange, most: int, *, seconds: float) -> int:
        """See Store."""
        async with self._reader.reading(tenant, seconds, replan=True) as connection:
            return int(await connection.fetchval(load("count_some"), *_times(span), most))

    async def keys(
        self, tenant: str, column: str, typed: str, most: int, *, span: TimeRange, newest: TimeRange, seconds: float
    ) -> Sequence[tuple[str, str]]:
        """See Store. Those of resources come from the rollup."""
        parameters = *_times(newest), *_times(span), column, typed, most
        return [(column, key) for column, key in await self._list(tenant, seconds, "list_keys", *parameters)]

    async def values(
        self, tenant: str, field: Sequence[str], typed: str, most: int, *, span: TimeRange, seconds: float
    ) -> Sequence[tuple[str, int]]:
        """See Store. Those of attributes come from records, all others from the rollup."""
        column, *steps = field
        path = ".".join(steps), steps
        if column == "attributes":
            rows = await self._list(tenant, seconds, "list_attribute_values", *_times(span), *path, typed, most)
        else:
            rows = await self._list(tenant, seconds, "list_counted_values", *_times(span), column, *path, typed, most)
        return [(value, records) for value, records in rows]

    async def _list(self, tenant: str, seconds: float, name: str, *parameters: object) -> list[Any]:
        async with self._reader.reading(tenant, seconds) as connection:
            return list(await connection.fetch(load(name), *parameters))


def _times(span: TimeRange) -> tuple[object, object]:
    return to_timestamp(span.start_unix_nano)[0], to_timestamp(span.end_unix_nano)[0]
