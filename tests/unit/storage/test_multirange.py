"""Ranges as PostgreSQL's `int8multirange` writes them."""

from hypothesis import given
from hypothesis import strategies as st

from logmesh.record.ranges import RangeSet
from logmesh.storage.multirange import from_multirange, to_multirange


def test_the_upper_bound_is_not_included() -> None:
    assert to_multirange(RangeSet([(1, 4), (7, 7)])) == "{[1,5),[7,8)}"
    assert to_multirange(RangeSet()) == "{}"


@given(st.lists(st.integers(1, (1 << 62)), max_size=20))
def test_ranges_come_back(numbers: list[int]) -> None:
    ranges = RangeSet((number, number) for number in numbers)
    assert from_multirange(to_multirange(ranges)) == ranges


def test_an_array_of_ranges_is_read_as_well_whose_elements_are_quoted() -> None:
    assert from_multirange('{"[4,6)"}') == RangeSet([(4, 5)])
    assert from_multirange('{"[4,6)","[8,9)"}') == RangeSet([(4, 5), (8, 8)])
