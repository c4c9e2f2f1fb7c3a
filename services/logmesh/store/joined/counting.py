"""Counts by bucket from two stores: sums, and the most frequent values of the sum."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from logmesh.filters.ast import Node
from logmesh.filters.fields import Field
from logmesh.store.counts import Buckets, KeyCount, ValueCount
from logmesh.store.joined.asking import AsksBoth, Deadline
from logmesh.store.joined.tally import Tally, contenders, is_certain, ranked, summed
from logmesh.store.store import Store
from logmesh.store.time_range import TimeRange

MORE: Final = 8
"""Times as many values are asked of each store as are wanted: the same values are often frequent in both, so that a value which neither
names has far fewer records than the last one wanted."""
MOST_NAMED: Final = 10_000
"""Values that are asked for at most. Where both stores have more, all so rare that these don't tell which are the most frequent, some
of the others may be as frequent as those that are named."""


class CountingInBoth(AsksBoth):
    """Counts."""

    async def is_counted(
        self, node: Node, field: Field, span: TimeRange, width_nano: int = 0, *, seconds: float
    ) -> bool:
        """See Store. Where the older store has records, what both have counted."""
        deadline = Deadline(seconds)
        if not await self._newer.is_counted(node, field, span, width_nano, seconds=deadline.left()):
            return False
        part = await self._in_older(span, deadline)
        return part is None or await self._older.is_counted(node, field, part, width_nano, seconds=deadline.left())

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
        deadline = Deadline(seconds)
        found = await self._newer.count_keys(tenant, node, span, buckets, field, keys, seconds=deadline.left())
        part = await self._in_older(span, deadline)
        if part is None:
            return found
        before = await self._older.count_keys(tenant, node, part, buckets, field, keys, seconds=deadline.left())
        sums: Counter[tuple[int, int]] = Counter()
        for bucket, key, records in (*found, *before):
            sums[bucket, key] += records
        return [KeyCount(*place, records) for place, records in sums.items()]

    async def count_values(
        self, tenant: str, node: Node, span: TimeRange, buckets: Buckets, field: Field, most: int, *, seconds: float
    ) -> Sequence[ValueCount]:
        """See Store."""
        deadline = Deadline(seconds)
        part = await self._in_older(span, deadline)
        if part is None:
            return await self._newer.count_values(tenant, node, span, buckets, field, most, seconds=deadline.left())
        sides = (
            Side(self._newer, tenant, node, span, buckets, field, deadline),
            Side(self._older, tenant, node, part, buckets, field, deadline),
        )
        asked = most * MORE
        while True:
            tallies = [await side.most_frequent(asked) for side in sides]
            chosen, certain = await choose(sides, tallies, most)
            if certain or asked >= MOST_NAMED:
                return list(summed(tallies, chosen))
            asked = min(MOST_NAMED, asked * MORE)


@dataclass(frozen=True, slots=True)
class Side:
    """What one store is asked of values."""

    store: Store
    tenant: str
    node: Node
    span: TimeRange
    buckets: Buckets
    field: Field
    deadline: Deadline

    async def most_frequent(self, most: int) -> Tally:
        """Its most frequent values. Raises StoreError."""
        tally = Tally()
        tally.add(
            await self.store.count_values(
                self.tenant, self.node, self.span, self.buckets, self.field, most, seconds=self.deadline.left()
            )
        )
        return tally

    async def learn(self, tally: Tally, names: Collection[str]) -> None:
        """Have those of some values counted that a tally does not name. Raises StoreError."""
        missing = [name for name in names if name not in tally.named]
        if missing and tally.least:
            counted = self.store.count_keys(
                self.tenant, self.node, self.span, self.buckets, self.field, missing, seconds=self.deadline.left()
            )
            tally.learn(await counted, missing)


async def choose(sides: Sequence[Side], tallies: Sequence[Tally], most: int) -> tuple[list[str], bool]:
    """The most frequent values of two stores, each counted in both, and whether these are certain. What only one of the stores names
    is asked of the other. Raises StoreError."""
    one, other = tallies
    names = contenders(one, other, most)
    for side, tally in zip(sides, tallies, strict=True):
        await side.learn(tally, names)
    chosen = ranked(one, other, names, most)
    return chosen, is_certain(one, other, chosen, most)
