"""Positions that are missing are a difference of sets; which flushes were seen is one of snapshots."""

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from logmesh.gateway.tail.coverage import (
    Positions,
    add_spans,
    discard,
    overlap,
    span_of_batches,
    spans_of,
    touches,
    without,
)
from logmesh.gateway.tail.snapshot import Snapshot
from logmesh.live.chunk import Span

SPANS = st.lists(
    st.tuples(st.integers(1, 3), st.integers(1, 40), st.integers(0, 9)).map(
        lambda one: Span(one[0], one[1], one[1] + one[2])
    )
)
SNAPSHOTS = st.integers(1, 30).flatmap(
    lambda xmax: st.sets(st.integers(1, max(1, xmax - 1)), max_size=6).map(
        lambda running: Snapshot(xmax, tuple(sorted(xid for xid in running if xid < xmax)))
    )
)


def positions(spans: Iterable[Span]) -> Positions:
    found: Positions = {}
    add_spans(found, spans)
    return found


def members(spans: Iterable[Span]) -> set[tuple[int, int]]:
    return {(spool, at) for spool, first, last in spans for at in range(first, last + 1)}


@given(SPANS, SPANS)
def test_what_is_left_is_what_a_set_says(some: list[Span], others: list[Span]) -> None:
    left = without(positions(some), positions(others))
    assert members(spans_of(left)) == members(some) - members(others)
    kept = positions(some)
    discard(kept, positions(others))
    assert kept == left
    assert members(overlap(positions(others), some)) == members(some) & members(others)
    for span in others:
        assert touches(positions(some), span) == bool(members([span]) & members(some))


def test_batches_that_follow_each_other_are_one_range_of_positions() -> None:
    found = positions([span_of_batches(7, 1, 2), span_of_batches(7, 3, 3), span_of_batches(7, 5, 5)])
    assert spans_of(found) == [Span(7, 1 << 14, (4 << 14) - 1), Span(7, 5 << 14, (6 << 14) - 1)]


@given(SNAPSHOTS, SNAPSHOTS, st.integers(1, 30))
def test_a_part_of_a_reading_is_a_place_of_its_own(seen: Snapshot, later: Snapshot, last: int) -> None:
    part = seen.with_those_of(later, last)
    for xid in range(1, 40):
        assert part.sees(xid) == (seen.sees(xid) or (xid <= last and later.sees(xid)))
    assert all(part.sees(xid) for xid in range(1, part.oldest))
    assert not part.sees(part.oldest)
