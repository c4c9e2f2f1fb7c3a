"""Positions that are missing are a difference of sets; which flushes were seen is one of snapshots."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logmesh.gateway.tail import coverage
from logmesh.gateway.tail.coverage import (
    Heard,
    are_whole,
    batch_at,
    batches_of,
    span_of,
    span_of_batches,
)
from logmesh.gateway.tail.snapshot import Snapshot
from logmesh.live.offer import Span

BATCHES = st.sets(st.tuples(st.integers(1, 3), st.integers(1, 6)).map(lambda one: batch_at(one[0], one[1] << 14)))
PARTS = st.lists(
    st.tuples(st.integers(1, 3), st.integers(1, 6), st.integers(0, 4), st.integers(0, 4)).map(
        lambda one: Span(one[0], (one[1] << 14) + min(one[2:]) * 4_000, (one[1] << 14) + max(one[2:]) * 4_000)
    )
)
SNAPSHOTS = st.integers(1, 30).flatmap(
    lambda xmax: st.sets(st.integers(1, max(1, xmax - 1)), max_size=6).map(
        lambda running: Snapshot(xmax, tuple(sorted(xid for xid in running if xid < xmax)))
    )
)


def absent(heard: Heard, batches: Iterable[int]) -> set[tuple[int, int]]:
    return members(part for batch in batches for part in heard.absent(span_of(batch)))


def members(spans: Iterable[Span]) -> set[tuple[int, int]]:
    """Every position that ends a part or a batch, or begins one, which is all that can differ."""
    return {
        (spool, at)
        for spool, first, last in spans
        for seq in range(1, 8)
        for at in (
            seq << 14,
            *((seq << 14) + step * 4_000 + more for step in range(5) for more in (0, 1)),
            (seq + 1 << 14) - 1,
        )
        if first <= at <= last
    }


@pytest.mark.parametrize("most", [0, 3, 100])
@given(BATCHES, PARTS, BATCHES, BATCHES)
def test_what_was_not_heard_is_what_a_set_says(
    most: int, batches: set[int], parts: list[Span], stored: set[int], later: set[int]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(coverage, "_MAX_WHOLE", most)
        heard = Heard()
        heard.add(batches, parts)
        expected = members([*map(span_of, batches), *parts])
        assert absent(heard, stored) == members(map(span_of, stored)) - expected
        assert heard.missing(stored) == {batch for batch in stored if members([span_of(batch)]) - expected}
        assert heard.touches(stored) == bool(members(map(span_of, stored)) & expected)
        heard.discard(stored)
        expected -= members(map(span_of, stored))
        assert absent(heard, later) == members(map(span_of, later)) - expected
        for part in parts:
            assert heard.touches((), (part,)) == bool(members([part]) & expected)
        heard.clear()
        assert not heard.touches(batches, parts)


def test_batches_have_one_number_each_and_follow_each_other() -> None:
    assert list(batches_of(Span(7, 1 << 14, (3 << 14) + 5))) == [batch_at(7, seq << 14) for seq in (1, 2, 3)]
    assert span_of(batch_at(7, (2 << 14) + 9)) == span_of_batches(7, 2, 2) == Span(7, 2 << 14, (3 << 14) - 1)
    assert batch_at(7, (1 << 63) - 1) + 1 == batch_at(8, 0)
    assert are_whole(2 << 14, (5 << 14) - 1)
    assert not are_whole(2 << 14, (5 << 14) - 2)
    assert not are_whole((2 << 14) + 1, (5 << 14) - 1)


@given(SNAPSHOTS, SNAPSHOTS, st.integers(1, 30))
def test_a_part_of_a_reading_is_a_place_of_its_own(seen: Snapshot, later: Snapshot, last: int) -> None:
    part = seen.with_those_of(later, last)
    for xid in range(1, 40):
        assert part.sees(xid) == (seen.sees(xid) or (xid <= last and later.sees(xid)))
    assert all(part.sees(xid) for xid in range(1, part.oldest))
    assert not part.sees(part.oldest)
