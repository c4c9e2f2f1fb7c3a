"""Buckets of a histogram: round, aligned, and about as many as were asked for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logmesh.gateway.figures.buckets import DAY, MAX_BUCKETS, WIDTHS, choose_buckets
from logmesh.store.time_range import TimeRange

MINUTE_NANO = 60 * 10**9
HOUR = 3600 * 10**9
LATEST = (1 << 62) - 1
times = st.one_of(
    st.integers(0, LATEST), st.integers(0, 3 * MINUTE_NANO), st.integers(0, 10**6).map(lambda n: n * 10**9)
)
ranges = st.tuples(times, times).map(lambda pair: TimeRange(*sorted(pair)))


@given(ranges, st.integers(1, MAX_BUCKETS))
def test_buckets_cover_the_range_are_aligned_and_not_too_many(span: TimeRange, wanted: int) -> None:
    buckets = choose_buckets(span, wanted)
    end = buckets.start_unix_nano + buckets.count * buckets.width_nano
    assert buckets.start_unix_nano % buckets.width_nano == 0
    assert buckets.start_unix_nano <= span.start_unix_nano < buckets.start_unix_nano + buckets.width_nano
    assert end - buckets.width_nano < span.end_unix_nano <= end
    assert buckets.count <= MAX_BUCKETS + 1
    assert buckets.range == span
    assert buckets.width_nano in WIDTHS or buckets.width_nano % DAY == 0


@given(st.integers(60, 30 * 86_400), st.integers(10, 400))
def test_there_are_about_as_many_buckets_as_were_asked_for(seconds: int, wanted: int) -> None:
    span = TimeRange(10**18, 10**18 + seconds * 10**9)
    buckets = choose_buckets(span, wanted)
    limited = buckets.width_nano in (WIDTHS[0], WIDTHS[-1])
    assert limited or wanted / 2 <= span.length_nano / buckets.width_nano <= wanted * 2


@pytest.mark.parametrize(
    ("length", "wanted", "width"),
    [
        (15 * MINUTE_NANO, 60, 15 * 10**9),
        (24 * HOUR, 1_000, 2 * MINUTE_NANO),
        (24 * HOUR, 60, 30 * MINUTE_NANO),
        (16 * HOUR, 1_000, MINUTE_NANO),
        (0, 60, 10**9),
        (LATEST, 60, 54 * DAY),
    ],
)
def test_widths_are_round(length: int, wanted: int, width: int) -> None:
    assert choose_buckets(TimeRange(0, length), wanted).width_nano == width


def test_the_buckets_before_are_as_many_and_end_as_early() -> None:
    buckets = choose_buckets(TimeRange(100 * HOUR + 5, 101 * HOUR + 7), 60)
    before = buckets.before()
    assert (before.count, before.width_nano) == (buckets.count, buckets.width_nano) == (61, MINUTE_NANO)
    assert before.start_unix_nano == 100 * HOUR - 61 * MINUTE_NANO
    assert before.range == TimeRange(100 * HOUR + 5 - 61 * MINUTE_NANO, 101 * HOUR + 7 - 61 * MINUTE_NANO)
