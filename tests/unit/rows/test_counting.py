"""What the rollup can answer, and for which minutes: the pure part of counting rows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logmesh.filters import parse_field, parse_filter
from logmesh.rows.counting import MINUTE_NANO, is_countable, is_countable_field, whole_minutes
from logmesh.store.time_range import TimeRange

LATEST = (1 << 62) - 1
times = st.one_of(
    st.integers(0, LATEST), st.integers(0, 3 * MINUTE_NANO), st.integers(0, 10**6).map(lambda n: n * 10**9)
)
ranges = st.tuples(times, times).map(lambda pair: TimeRange(*sorted(pair)))


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


def test_the_rollup_knows_fields_of_every_record_and_of_its_resource() -> None:
    for name in ("level", "service", "instance", "resource.x"):
        assert is_countable_field(parse_field(name))
    assert not is_countable_field(parse_field("attributes.x"))
