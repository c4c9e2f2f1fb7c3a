"""PostgreSQL's `int8multirange` as text, to and from a RangeSet."""

import re

from logmesh.record.ranges import RangeSet

_RANGE = re.compile(r"\[(\d+),(\d+)\)")


def to_multirange(ranges: RangeSet) -> str:
    """Write ``{[1,5),[7,8)}``: the upper bound is not included."""
    return "{" + ",".join(f"[{first},{last + 1})" for first, last in ranges) + "}"


def from_multirange(text: str) -> RangeSet:
    """Read what PostgreSQL prints; its canonical form includes the lower bound and not the upper."""
    return RangeSet((int(first), int(upper) - 1) for first, upper in _RANGE.findall(text))
