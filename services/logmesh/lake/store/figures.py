"""Counts over time, the most frequent values, and sums by service: of all matches, never of some."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from logmesh.filters import compile_key, compile_value
from logmesh.filters.ast import EVERYTHING, And, Node, Not, Or, SeverityCompare
from logmesh.filters.fields import Field
from logmesh.lake.reading.conditions import Conditions
from logmesh.lake.store.asking import answering
from logmesh.lake.store.groups import GroupsInLake, Value, column_value
from logmesh.store.counts import Buckets, FieldCounts, KeyCount, Totals, ValueCount
from logmesh.store.time_range import TimeRange

_MINUTE_NANO: Final = 60 * 10**9
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class FiguresOfLake(GroupsInLake):
    """Figures."""

    def is_counted(self, node: Node, field: Field, width_nano: int = 0) -> bool:
        """See Store. Columns are counted so quickly that nothing need be counted beforehand; a histogram that must look into texts is
        best counted window by window."""
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
        key = Value(partial(compile_key, field, keys), lambda to: to.key(field, keys), "BIGINT")
        rows = await self.grouped(
            tenant, node, span, [_bucket(buckets), key],
            lambda _: "SELECT v0, v1, sum(records)::BIGINT FROM grouped GROUP BY ALL", seconds=seconds,
        )  # fmt: skip
        return [KeyCount(*row) for row in rows]

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

        rows = await self.grouped(tenant, node, span, [_bucket(buckets), _of(field)], ranked, seconds=seconds)
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

        def ranked(to: Conditions) -> str:
            return (
                "SELECT value, records, counted, oldest FROM (SELECT v0 AS value, sum(records)::BIGINT AS records,"
                " sum(sum(records)) OVER ()::BIGINT AS counted, min(min(oldest)) OVER () AS oldest,"
                " row_number() OVER (ORDER BY v0 IS NULL, sum(records) DESC, v0) AS place FROM grouped GROUP BY v0)"
                f" WHERE place <= {to.bind(most)} OR value IS NULL ORDER BY place"
            )

        found = []
        async with answering(seconds):
            for field in fields:
                rows = await self.grouped(tenant, node, span, [_of(field)], ranked, seconds=seconds, newest=newest)
                values = [(value, records) for value, records, _, _ in rows if value is not None]
                found.append(FieldCounts(values, rows[0][2], rows[0][3]) if rows else FieldCounts([]))
        return found

    async def totals(
        self, tenant: str, spans: Sequence[TimeRange], *, seconds: float
    ) -> Sequence[Mapping[str, Totals]]:
        """See Store."""
        values = [_SERVICE, _SEVERITY, _MINUTE]
        found: list[dict[str, Totals]] = []
        async with answering(seconds):
            for span in spans:
                rows = await self.grouped(tenant, EVERYTHING, span, values, lambda _: _TOTALS, seconds=seconds)
                found.append({
                    service: Totals(records, errors, fatal, minutes, _minute(oldest), _minute(newest))
                    for service, records, errors, fatal, minutes, oldest, newest in rows
                })  # fmt: skip
        return found

    async def written_live(self, tenant: str, totals: Mapping[str, Totals], *, seconds: float) -> Collection[str]:
        """See Store."""
        spans = [(one.oldest, one.newest) for one in totals.values() if one.oldest and one.newest]
        if not spans:
            return []
        span = TimeRange(_nano(min(low for low, _ in spans)), _nano(max(high for _, high in spans)) + _MINUTE_NANO)
        rows = await self.grouped(
            tenant, EVERYTHING, span, [_SERVICE, _MINUTE, _RECEIVED], lambda _: _RECEIPTS, seconds=seconds
        )
        received = {(service, minute): (first, last) for service, minute, first, last in rows}
        return [service for service, one in totals.items() if _is_live(service, one, received)]


def _is_live(service: str, one: Totals, received: Mapping[tuple[str, int], tuple[int, int]]) -> bool:
    """A record of the last minute was received later than one of the first by half of the time between them at least."""
    if one.oldest is None or one.newest is None:
        return False
    first = received.get((service, _nano(one.oldest) // _MINUTE_NANO))
    last = received.get((service, _nano(one.newest) // _MINUTE_NANO))
    if first is None or last is None:
        return False
    return last[0] - first[0] >= (_nano(one.newest) - _nano(one.oldest)) / 2


def _is_quick(node: Node) -> bool:
    """Whether it asks for columns alone that are read in no time."""
    match node:
        case And(children) | Or(children):
            return all(map(_is_quick, children))
        case Not(child):
            return _is_quick(child)
        case SeverityCompare():
            return True
        case _:
            return getattr(node, "column", "") in ("service", "instance")


def _bucket(buckets: Buckets) -> Value:
    return Value(
        lambda first: (f"((unix_nano - ${first}::bigint) / ${first + 1}::bigint)", [buckets.start_unix_nano, buckets.width_nano]),
        lambda to: f"((time - {to.bind(buckets.start_unix_nano)}) // {to.bind(buckets.width_nano)})",
        "BIGINT",
    )  # fmt: skip


def _of(field: Field) -> Value:
    return Value(partial(compile_value, field), lambda to: to.value(field))


_SERVICE: Final = column_value("service")
_SEVERITY: Final = column_value("severity", "BIGINT")
_MINUTE: Final = Value(lambda _: (f"(unix_nano / {_MINUTE_NANO})", []), lambda _: f"(time // {_MINUTE_NANO})", "BIGINT")
_RECEIVED: Final = Value(
    lambda _: ("(extract(epoch FROM received) * 1000000)::bigint / 60000000", []),
    lambda _: "(received // 60000000000)",
    "BIGINT",
)
_TOTALS: Final = (
    "SELECT v0, sum(records)::BIGINT, coalesce(sum(records) FILTER (v1 >= 17), 0)::BIGINT,"
    " coalesce(sum(records) FILTER (v1 >= 21), 0)::BIGINT, count(DISTINCT v2), min(v2), max(v2) FROM grouped GROUP BY v0"
)
_RECEIPTS: Final = f"SELECT v0, v1, min(v2) * {_MINUTE_NANO}, max(v2) * {_MINUTE_NANO} FROM grouped GROUP BY ALL"


def _minute(minute: int) -> datetime:
    return _EPOCH + timedelta(minutes=minute)


def _nano(time: datetime) -> int:
    return (time - _EPOCH) // timedelta(microseconds=1) * 1_000
