"""How many of the newest matches of two stores are in each."""

from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple

from logmesh.filters.ast import Node
from logmesh.filters.fields import Column
from logmesh.store.counts import Buckets
from logmesh.store.joined.asking import Deadline, Place, key_of, overlap
from logmesh.store.store import Store
from logmesh.store.time_range import TimeRange

_BUCKETS: Final = 1_000
_FEW: Final = 2_000
"""Records of which each place is looked at."""
_MICROSECOND_NANO: Final = 1_000


class Matches(NamedTuple):
    """Those of one store in a range."""

    store: Store
    tenant: str
    node: Node
    span: TimeRange

    async def by_bucket(self, buckets: Buckets, seconds: float) -> "Counter[int]":
        """How many there are in each bucket. Raises StoreError."""
        found: Counter[int] = Counter()
        if part := overlap(buckets.range, self.span):
            level = Column("level")
            for bucket, _, records in await self.store.count_keys(
                self.tenant, self.node, part, buckets, level, [], seconds=seconds
            ):
                found[bucket] += records
        return found

    async def places(self, span: TimeRange, most: int, seconds: float) -> list[Place]:
        """Where the newest of a range are. Raises StoreError."""
        if (part := overlap(span, self.span)) is None:
            return []
        found = await self.store.bodies(self.tenant, self.node, part, most, characters=1, seconds=seconds)
        return [key_of(found.place(at)) for at in range(len(found))]


async def among_newest(sides: Sequence[Matches], span: TimeRange, newest: int, deadline: Deadline) -> list[int]:
    """How many of the `newest` matches of all stores in a range each of them has. Raises StoreError.

    They are counted by time, and again within the stretch of time in which the last of these is; of few each place is looked at.
    """
    taken = [0] * len(sides)
    while True:
        buckets = _cut(span)
        counted = [await side.by_bucket(buckets, deadline.left()) for side in sides]
        in_bucket = sum(counted, Counter[int]())
        left = newest - sum(taken)
        last = -1
        for bucket in sorted(in_bucket, reverse=True):
            if in_bucket[bucket] > left:
                last = bucket
                break
            left -= in_bucket[bucket]
        taken = [
            of_side + sum(records for bucket, records in counts.items() if bucket > last)
            for of_side, counts in zip(taken, counted, strict=True)
        ]
        if last < 0 or not left:
            return taken
        start = buckets.start_unix_nano + last * buckets.width_nano
        span = overlap(TimeRange(start, start + buckets.width_nano), span) or span
        if in_bucket[last] <= _FEW or buckets.width_nano == _MICROSECOND_NANO:
            places = [await side.places(span, left, deadline.left()) for side in sides]
            first = sorted(((place, at) for at, of_side in enumerate(places) for place in of_side), reverse=True)[:left]
            chosen = Counter(at for _, at in first)
            return [of_side + chosen[at] for at, of_side in enumerate(taken)]


def _cut(span: TimeRange) -> Buckets:
    """A range in so many buckets of whole microseconds, or fewer."""
    start = span.start_unix_nano // _MICROSECOND_NANO * _MICROSECOND_NANO
    length = span.end_unix_nano - start
    width = max(1, -(-length // (_BUCKETS * _MICROSECOND_NANO))) * _MICROSECOND_NANO
    return Buckets(start, width, -(-length // width), span)
