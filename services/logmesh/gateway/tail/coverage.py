"""Sets of positions: what a tail has dealt with, and what it has not. Pure.

Most is said of whole batches, and one number names a batch of a spool, so that sets of thousands are compared at once.
"""

from collections.abc import Collection, Iterable, Mapping, Set
from typing import Final, TypeAlias

from logmesh.live.offer import Span
from logmesh.record.ids import ENTRY_BITS
from logmesh.record.ranges import RangeSet

Positions: TypeAlias = dict[int, RangeSet]
"""By spool; a spool without a position is not in it."""

_POSITION_BITS: Final = 63
_BATCH_BITS: Final = _POSITION_BITS - ENTRY_BITS
_LAST_ENTRY: Final = (1 << ENTRY_BITS) - 1
_MAX_WHOLE: Final = 20_000


def are_whole(first: int, last: int) -> bool:
    """Whether positions from the first to the last are those of whole batches."""
    return not first & _LAST_ENTRY and last & _LAST_ENTRY == _LAST_ENTRY


def batch_at(spool: int, position: int) -> int:
    """The batch of a position: one number for spool and batch, and the next one for the spool's next batch."""
    return spool << _BATCH_BITS | position >> ENTRY_BITS


def batches_of(span: Span) -> range:
    """The batches that a span touches."""
    return range(batch_at(span.spool, span.first), batch_at(span.spool, span.last) + 1)


def span_of(batch: int) -> Span:
    """The positions of a batch."""
    spool, seq = batch >> _BATCH_BITS, batch & (1 << _BATCH_BITS) - 1
    return span_of_batches(spool, seq, seq)


def span_of_batches(spool: int, first: int, last: int) -> Span:
    """The positions of whole batches of a spool, by their numbers in it, both included."""
    return Span(spool, first << ENTRY_BITS, last << ENTRY_BITS | _LAST_ENTRY)


def add_spans(positions: Positions, spans: Iterable[Span]) -> None:
    """Add them."""
    for spool, first, last in spans:
        ranges = positions.get(spool)
        if ranges is None:
            ranges = positions[spool] = RangeSet()
        ranges.add(first, last)


def spans_of(positions: Mapping[int, RangeSet]) -> list[Span]:
    """All ranges, by spool."""
    return [Span(spool, first, last) for spool, ranges in sorted(positions.items()) for first, last in ranges]


class Heard:
    """Positions that processors have looked at, and no reading of the store has had yet."""

    def __init__(self) -> None:
        self._whole: set[int] = set()
        # Parts of batches, and what is heard while the store is away: positions with their spool above them.
        self._ranges = RangeSet()

    def add(self, batches: Iterable[int], parts: Iterable[Span] = ()) -> None:
        """Add whole batches and spans."""
        self._whole.update(batches)
        for spool, first, last in parts:
            self._ranges.add(spool << _POSITION_BITS | first, spool << _POSITION_BITS | last)
        if len(self._whole) > _MAX_WHOLE:
            for batch in self._whole:
                self._ranges.add(*_positions(batch))
            self._whole = set()

    def touches(self, batches: Collection[int], parts: Iterable[Span] = ()) -> bool:
        """Whether any of their positions was heard."""
        if not self._whole.isdisjoint(batches):
            return True
        if self._ranges and any(self._ranges.overlaps(*_positions(batch)) for batch in batches):
            return True
        return any(self._touches(part) for part in parts)

    def missing(self, batches: Set[int]) -> Set[int]:
        """Those of which not all was heard."""
        missing = batches - self._whole
        if not self._ranges:
            return missing
        return {batch for batch in missing if any(self._ranges.absent(*_positions(batch)))}

    def absent(self, span: Span) -> list[Span]:
        """The parts of it that were not heard."""
        base, absent = span.spool << _POSITION_BITS, RangeSet()
        for batch in batches_of(span):
            if batch not in self._whole:
                for first, last in self._ranges.absent(*_positions(batch)):
                    absent.add(first - base, last - base)
        return [Span(span.spool, first, last) for first, last in absent]

    def discard(self, batches: Set[int]) -> None:
        """The store has them."""
        self._whole -= batches
        if self._ranges:
            for batch in batches:
                self._ranges.discard(*_positions(batch))

    def clear(self) -> None:
        """Forget all."""
        self._whole, self._ranges = set(), RangeSet()

    def _touches(self, part: Span) -> bool:
        base = part.spool << _POSITION_BITS
        return self._ranges.overlaps(base | part.first, base | part.last) or not self._whole.isdisjoint(
            batches_of(part)
        )


def _positions(batch: int) -> tuple[int, int]:
    """First and last position of a batch, with its spool above them."""
    return batch << ENTRY_BITS, batch << ENTRY_BITS | _LAST_ENTRY
