"""PostgreSQL's `int8multirange` as text, to and from a RangeSet."""

import re

from logmesh.record.ranges import RangeSet

_RANGE = re.compile(r"\[(\d+),(\d+)\)")


def to_multirange(ranges: RangeSet) -> str:
    """Write ``{[1,5),[7,8)}``: the upper bound is not included."""
    return "{" + ",".join(f"[{first},{last + 1})" for first, last in ranges) + "}"


def from_multirange(text: str) -> RangeSet:
    """Read what PostgreSQL prints of a multirange, or of an array of ranges, which it quotes. The canonical form is sorted and joined,
    and includes the lower bound and not the upper."""
    ranges = _RANGE.findall(text)
    if len(ranges) == 1:  # as most have: two comprehensions are what this costs
        ((first, upper),) = ranges
        return RangeSet.of_sorted([int(first)], [int(upper) - 1])
    return RangeSet.of_sorted([int(first) for first, _ in ranges], [int(upper) - 1 for _, upper in ranges])
