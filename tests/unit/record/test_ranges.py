"""RangeSet behaves as a set of numbers does."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from logmesh.record.ranges import RangeSet

SPANS = st.lists(st.tuples(st.integers(1, 60), st.integers(0, 8)).map(lambda pair: (pair[0], sum(pair))), max_size=20)


def _numbers(spans: list[tuple[int, int]]) -> set[int]:
    return {number for first, last in spans for number in range(first, last + 1)}


@given(SPANS, st.integers(1, 70))
def test_it_holds_what_a_set_would_hold(spans: list[tuple[int, int]], floor: int) -> None:
    ranges, model = RangeSet(spans), _numbers(spans)
    assert _numbers(list(ranges)) == model
    assert {number for number in range(80) if number in ranges} == model
    assert ranges.highest() == max(model, default=0)
    assert ranges.lowest_missing(floor) == min(set(range(floor, 100)) - model)
    assert _numbers(ranges.missing()) == set(range(1, max(model, default=0))) - model


@given(SPANS)
def test_ranges_are_sorted_and_neither_touch_nor_overlap(spans: list[tuple[int, int]]) -> None:
    kept = list(RangeSet(spans))
    assert all(first <= last for first, last in kept)
    assert all(before[1] + 1 < after[0] for before, after in pairwise(kept))


@given(SPANS)
def test_order_of_adding_does_not_matter(spans: list[tuple[int, int]]) -> None:
    assert RangeSet(spans) == RangeSet(reversed(spans))


@given(SPANS)
def test_taking_empties_it(spans: list[tuple[int, int]]) -> None:
    ranges = RangeSet(spans)
    assert _numbers(ranges.take()) == _numbers(spans)
    assert len(ranges) == 0 and not list(ranges)


@given(st.lists(st.tuples(st.integers(1, 30), st.integers(0, 5))), st.integers(1, 30), st.integers(0, 10))
def test_discard_overlaps_and_absent_agree_with_a_set(pairs: list[tuple[int, int]], first: int, length: int) -> None:
    ranges = RangeSet((begin, begin + more) for begin, more in pairs)
    numbers = {number for begin, more in pairs for number in range(begin, begin + more + 1)}
    asked = set(range(first, first + length + 1))
    assert ranges.overlaps(first, first + length) == bool(numbers & asked)
    absent = {number for begin, last in ranges.absent(first, first + length) for number in range(begin, last + 1)}
    assert absent == asked - numbers
    ranges.discard(first, first + length)
    left = numbers - asked
    assert ranges == RangeSet((number, number) for number in left)
