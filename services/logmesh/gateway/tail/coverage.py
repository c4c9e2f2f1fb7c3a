"""Sets of positions by spool: what a tail has dealt with, and what it has not. Pure."""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from logmesh.live.chunk import Span
from logmesh.record.ids import ENTRY_BITS
from logmesh.record.ranges import RangeSet

Positions: TypeAlias = dict[int, RangeSet]
"""By spool."""


def add_spans(positions: Positions, spans: Iterable[Span]) -> None:
    """Add them."""
    for spool, first, last in spans:
        positions.setdefault(spool, RangeSet()).add(first, last)


def spans_of(positions: Mapping[int, RangeSet]) -> list[Span]:
    """All ranges, by spool."""
    return [Span(spool, first, last) for spool, ranges in sorted(positions.items()) for first, last in ranges]


def touches(positions: Mapping[int, RangeSet], span: Span) -> bool:
    """Whether any position of the span is among them."""
    ranges = positions.get(span.spool)
    return ranges is not None and list(RangeSet([(span.first, span.last)]).without(ranges)) != [(span.first, span.last)]


def without(positions: Mapping[int, RangeSet], others: Mapping[int, RangeSet]) -> Positions:
    """Those that are not among the others; spools that nothing is left of are left out."""
    left = {}
    for spool, ranges in positions.items():
        rest = ranges.without(others[spool]) if spool in others else ranges
        if rest:
            left[spool] = rest
    return left


def positions_of_batches(batches: RangeSet) -> RangeSet:
    """The positions of whole batches."""
    return RangeSet((first << ENTRY_BITS, (last + 1 << ENTRY_BITS) - 1) for first, last in batches)
