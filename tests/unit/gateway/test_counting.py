"""Buckets, whole minutes, and what the rollup can answer: the pure part of counting."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logmesh.filters import FilterError, parse_field, parse_filter
from logmesh.filters.ast import Path
from logmesh.filters.fields import Column
from logmesh.gateway.buckets import DAY, MAX_BUCKETS, WIDTHS, choose_buckets
from logmesh.gateway.changes import rank
from logmesh.gateway.counting import MINUTE_NANO, is_countable, is_countable_field, whole_minutes
from logmesh.gateway.request import TimeRange

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
    assert before.range == TimeRange(100 * HOUR - 61 * MINUTE_NANO, 101 * HOUR + 7 - 61 * MINUTE_NANO)


@given(ranges)
def test_whole_minutes_lie_within_the_range_and_leave_less_than_a_minute_at_either_end(span: TimeRange) -> None:
    minutes = whole_minutes(span)
    first, last = minutes.start_unix_nano, minutes.end_unix_nano
    assert first % MINUTE_NANO == last % MINUTE_NANO == 0
    assert first <= last <= span.end_unix_nano
    assert span.end_unix_nano - last < MINUTE_NANO
    if first < last:
        assert 0 <= first - span.start_unix_nano < MINUTE_NANO
    else:
        assert span.length_nano < 2 * MINUTE_NANO


@pytest.mark.parametrize(
    ("text", "countable"),
    [
        ("", True),
        ('service = "checkout" AND severity >= WARNING', True),
        ('NOT (instance =~ "^a" OR resource.k8s.pod.name : "x") AND service:*', True),
        ("resource.a > 3 AND resource.b:* AND severity = 0", True),
        ("timeout", False),
        ('service = "checkout" AND NOT "timeout"', False),
        ("severity > 9 OR attributes.user = 42", False),
        ("trace_id:*", False),
        ("span_id = 0102030405060708", False),
        ("time > 2026-01-01", False),
    ],
)
def test_the_rollup_answers_what_it_knows(text: str, countable: bool) -> None:
    assert is_countable(parse_filter(text)) is countable


def test_fields_are_named_as_in_a_filter() -> None:
    assert parse_field("level") == Column("level")
    assert parse_field("service") == parse_field("resource.service.name") == Column("service")
    assert parse_field("attributes.http.status") == Path("attributes", ("http", "status"))
    assert parse_field('resource."a b".c') == Path("resource", ("a b", "c"))
    assert is_countable_field(parse_field("resource.x"))
    assert not is_countable_field(parse_field("attributes.x"))


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("severity", "level"),
        ("sevrity", "level"),
        ("servce", "service"),
        ("user_id", "attributes.user_id"),
        ("attributes", ""),
        ("body", ""),
        ("trace_id", ""),
        ("time", ""),
        ("", ""),
        ("service:a OR instance", ""),
        ("-service", ""),
        ("(service", ""),
        ("service); DROP TABLE logs; --", ""),
        ("service = x AND service", ""),
    ],
)
def test_what_is_no_field_is_refused_with_a_suggestion(text: str, suggestion: str) -> None:
    with pytest.raises(FilterError) as refused:
        parse_field(text)
    assert refused.value.suggestion == suggestion
    assert refused.value.expected[:2] == ("level", "service")


def test_services_are_ranked_by_the_rise_of_their_errors() -> None:
    now = {"new": (5, 5), "steady": (100, 50), "worse": (10, 9), "quiet": (7, 0)}
    before = {"steady": (100, 50), "worse": (10, 1), "quiet": (3, 0), "gone": (4, 4)}
    assert [one.service for one in rank(now, before)] == ["worse", "new", "steady", "quiet", "gone"]
    gone = rank(now, before)[-1]
    assert (gone.records, gone.errors, gone.previous_records, gone.previous_errors) == (0, 0, 4, 4)
