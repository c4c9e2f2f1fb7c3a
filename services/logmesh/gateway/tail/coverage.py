"""Sets of positions by spool: what a tail has dealt with, and what it has not. Pure."""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from logmesh.live.chunk import Span
from logmesh.record.ids import ENTRY_BITS
from logmesh.record.ranges import RangeSet

Positions: TypeAlias = dict[int, RangeSet]
"""By spool; a spool without a position is not in it."""


def add_spans(positions: Positions, spans: Iterable[Span]) -> None:
    """Add them."""
    for spool, first, last in spans:
        ranges = positions.get(spool)
        if ranges is None:
            ranges = positions[spool] = RangeSet()
        ranges.add(first, last)


def discard(positions: Positions, others: Mapping[int, RangeSet]) -> None:
    """Take the others out, as far as they are in."""
    for spool in positions.keys() & others.keys():
        ranges = positions[spool]
        for first, last in others[spool]:
            ranges.discard(first, last)
        if not ranges:
            del positions[spool]


def spans_of(positions: Mapping[int, RangeSet]) -> list[Span]:
    """All ranges, by spool."""
    return [Span(spool, first, last) for spool, ranges in sorted(positions.items()) for first, last in ranges]


def touches(positions: Mapping[int, RangeSet], span: Span) -> bool:
    """Whether any position of the span is among them."""
    ranges = positions.get(span.spool)
    return ranges is not None and ranges.overlaps(span.first, span.last)


def without(positions: Mapping[int, RangeSet], others: Mapping[int, RangeSet]) -> Positions:
    """Those that are not among the others."""
    left: Positions = {}
    for spool, ranges in positions.items():
        held = others.get(spool)
        if held is None:
            left[spool] = ranges
        else:
            for first, last in ranges:
                for begin, end in held.absent(first, last):
                    left.setdefault(spool, RangeSet()).add(begin, end)
    return left


def overlap(positions: Mapping[int, RangeSet], spans: Iterable[Span]) -> list[Span]:
    """The parts of the spans that are among them."""
    return [
        Span(spool, max(first, begin), min(last, end))
        for spool, first, last in spans
        for begin, end in positions.get(spool, ())
        if begin <= last and first <= end
    ]


def span_of_batches(spool: int, first: int, last: int) -> Span:
    """The positions of whole batches, both included."""
    return Span(spool, first << ENTRY_BITS, (last + 1 << ENTRY_BITS) - 1)
