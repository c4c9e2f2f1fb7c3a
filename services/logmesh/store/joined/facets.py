"""The most frequent values of fields in two stores: of all matches, or of the newest of both."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from logmesh.filters.ast import Node
from logmesh.filters.fields import Field
from logmesh.store.counts import Buckets, FieldCounts
from logmesh.store.joined.asking import Deadline
from logmesh.store.joined.counting import MORE, MOST_NAMED, CountingInBoth, Side, choose
from logmesh.store.joined.newest import Matches, among_newest
from logmesh.store.joined.tally import Tally
from logmesh.store.time_range import TimeRange

_MINUTE_NANO: Final = 60 * 10**9
_ALL: Final = (1 << 31) - 1
"""Newest records, where all are meant and the older store has counted none of them beforehand."""


class FacetsInBoth(CountingInBoth):
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
        deadline = Deadline(seconds)
        part = await self._in_older(span, deadline)
        if part is None:
            return await self._newer.facets(tenant, node, span, fields, most, newest=newest, seconds=deadline.left())
        both = Matches(self._newer, tenant, node, span), Matches(self._older, tenant, node, part)
        if newest is None:
            return [await self._of_all(both, field, most, deadline) for field in fields]
        return await _of_newest(both, span, fields, most, newest, deadline)

    async def _of_all(self, both: Sequence[Matches], field: Field, most: int, deadline: Deadline) -> FieldCounts:
        sides = [Side(*one, _one_bucket(one.span), field, deadline) for one in both]
        _, older = both
        is_counted = await self._older.is_counted(older.node, field, older.span, seconds=deadline.left())
        limits = None, None if is_counted else _ALL
        asked = most * MORE
        while True:
            counts = [
                (await _facets(one, [field], asked, limit, deadline))[0]
                for one, limit in zip(both, limits, strict=True)
            ]
            tallies = [_tally(one, asked) for one in counts]
            chosen, certain = await choose(sides, tallies, most)
            if certain or asked >= MOST_NAMED:
                return _joined([(value, sum(tally.total(value) for tally in tallies)) for value in chosen], counts)
            asked = min(MOST_NAMED, asked * MORE)


async def _of_newest(
    both: Sequence[Matches], span: TimeRange, fields: Sequence[Field], most: int, newest: int, deadline: Deadline
) -> list[FieldCounts]:
    """Each store counts as many of its newest as are among the newest of both, and names all of their values."""
    limits = await among_newest(both, span, newest, deadline)
    counts = [
        await _facets(one, fields, limit, limit, deadline) for one, limit in zip(both, limits, strict=True) if limit
    ]
    found = []
    for at in range(len(fields)):
        values = Counter[str]()
        for one in counts:
            values.update(dict(one[at].values))
        ordered = sorted(values.items(), key=lambda value: (-value[1], value[0]))
        found.append(_joined(ordered[:most], [one[at] for one in counts]))
    return found


async def _facets(
    of: Matches, fields: Sequence[Field], most: int, newest: int | None, deadline: Deadline
) -> Sequence[FieldCounts]:
    return await of.store.facets(of.tenant, of.node, of.span, fields, most, newest=newest, seconds=deadline.left())


def _one_bucket(span: TimeRange) -> Buckets:
    """One of whole minutes that has all of a range: what is counted by minute is counted so, too."""
    start = span.start_unix_nano // _MINUTE_NANO * _MINUTE_NANO
    return Buckets(start, -(-(span.end_unix_nano - start) // _MINUTE_NANO) * _MINUTE_NANO, 1, span)


def _tally(counts: FieldCounts, asked: int) -> Tally:
    tally = Tally()
    tally.named = {value: Counter({0: records}) for value, records in counts.values}
    if len(counts.values) == asked:
        tally.least = counts.values[-1][1]
    return tally


def _joined(values: Sequence[tuple[str, int]], counts: Sequence[FieldCounts]) -> FieldCounts:
    """Of what is counted in each store."""
    oldest = [one.oldest_unix_nano for one in counts if one.counted]
    return FieldCounts(values, sum(one.counted for one in counts), min(oldest, default=0))
