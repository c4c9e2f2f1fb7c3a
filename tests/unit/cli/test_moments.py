"""Times as people type them, in a zone that has summer time."""

import time
from collections.abc import Iterator
from datetime import datetime

import pytest

from logmesh.cli.errors import USAGE, CommandError
from logmesh.cli.moments import EXAMPLES, format_age, parse_moment

NOW = int(datetime.fromisoformat("2026-11-29T10:30:15+01:00").timestamp()) * 10**9 + 123_456_789


@pytest.fixture(autouse=True)
def in_zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", getattr(request, "param", "Europe/Berlin"))
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def moment(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * 10**9


@pytest.mark.parametrize(
    ("text", "before"),
    [
        ("15m", 900), ("1h30m", 5400), ("0.5s", 0.5), ("250ms", 0.25), ("7d", 604_800), ("now", 0), ("2w", 1_209_600),
        ("-5m", 300),
        ("last 2 days", 172_800), ("1.5h", 5400), ("now-5m", 300), ("now - 1h", 3600), ("15 minutes ago", 900),
        ("1 hour 30 min", 5400), ("2 DAYS ago", 172_800),
    ],
)  # fmt: skip
def test_durations_count_back_from_now(text: str, before: float) -> None:
    assert parse_moment(text, "--since", NOW) == NOW - int(before * 1e9)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("today", "2026-11-29T00:00+01:00"),
        ("yesterday", "2026-11-28T00:00+01:00"),
        ("tomorrow", "2026-11-30T00:00+01:00"),
        ("yesterday 08:50", "2026-11-28T08:50+01:00"),
        ("08:50", "2026-11-29T08:50+01:00"),
        ("8:50:07 pm", "2026-11-28T20:50:07+01:00"),
        ("12:01am", "2026-11-29T00:01+01:00"),
        ("11:00", "2026-11-28T11:00+01:00"),
        ("now/d", "2026-11-29T00:00+01:00"),
        ("now-1d/d", "2026-11-28T00:00+01:00"),
        ("now/h", "2026-11-29T10:00+01:00"),
        ("now-5m/m", "2026-11-29T10:25+01:00"),
        ("now/w", "2026-11-23T00:00+01:00"),
        ("noon", "2026-11-28T12:00+01:00"),
        ("9 am", "2026-11-29T09:00+01:00"),
        ("08:50 +02:00", "2026-11-29T07:50+01:00"),
        ("yesterday at noon", "2026-11-28T12:00+01:00"),
        ("friday 17:00", "2026-11-27T17:00+01:00"),
        ("sun", "2026-11-29T00:00+01:00"),
        ("29/Nov/2026:08:50:00 +0100", "2026-11-29T08:50+01:00"),
        ("Nov 28 08:50:01", "2026-11-28T08:50:01+01:00"),
        ("Dec  1 08:50:01", "2025-12-01T08:50:01+01:00"),
        ("29 November 2026", "2026-11-29T00:00+01:00"),
        ("11-28 08:50", "2026-11-28T08:50+01:00"),
        ("2026-07-01", "2026-07-01T00:00+02:00"),
        ("2026-07-01 12:30", "2026-07-01T12:30+02:00"),
        ("2026/07/01 12:30:15 UTC", "2026-07-01T12:30:15Z"),
        ("2026-07-01T12:30:15+0530", "2026-07-01T12:30:15+05:30"),
        ("2026-07-01T12:30:15-08", "2026-07-01T12:30:15-08:00"),
        ("1782900000", "2026-07-01T10:00:00Z"),
        ("@1782900000000", "2026-07-01T10:00:00Z"),
    ],
)
def test_times_are_local_where_they_name_no_zone(text: str, at: str) -> None:
    assert parse_moment(text, "--since", NOW) == moment(at)


@pytest.mark.parametrize(
    "text", ["2026-07-01T10:00:00.123456789Z", "2026-07-01 12:00:00,123456789", "1782900000123456789"]
)
def test_nanoseconds_are_kept(text: str) -> None:
    assert parse_moment(text, "--until", NOW) == moment("2026-07-01T10:00:00Z") + 123_456_789


def test_a_time_of_day_ends_a_range_after_its_beginning() -> None:
    since = parse_moment("22:00", "--since", NOW)
    assert since == moment("2026-11-28T22:00+01:00")
    assert parse_moment("23:00", "--until", NOW, since) == moment("2026-11-28T23:00+01:00")
    assert parse_moment("01:00", "--until", NOW, since) == moment("2026-11-29T01:00+01:00")
    assert parse_moment("11:00", "--until", NOW, moment("2026-11-29T10:00+01:00")) == moment("2026-11-29T11:00+01:00")


ZONES = pytest.mark.parametrize(
    "in_zone", ["UTC", "Europe/Berlin", "America/New_York", "Asia/Tokyo", "Pacific/Kiritimati"], indirect=True
)
"""Wherever the reader is. The dashboard's typed.test.ts has the same cases."""


@ZONES
@pytest.mark.parametrize(
    ("now", "text", "at"),
    [
        ("2026-01-02T01:30Z", "01:00Z", "2026-01-02T01:00Z"),
        ("2026-01-02T01:30Z", "02:00 UTC", "2026-01-01T02:00Z"),
        ("2026-01-01T23:30Z", "23:00Z", "2026-01-01T23:00Z"),
        ("2026-01-01T20:30Z", "05:00+09:00", "2026-01-01T20:00Z"),
        ("2026-01-01T20:30Z", "06:00+09:00", "2025-12-31T21:00Z"),
        ("2026-01-02T03:30Z", "22:00-0500", "2026-01-02T03:00Z"),
        ("2026-01-01T20:30Z", "today 05:00+09:00", "2026-01-01T20:00Z"),
        ("2026-01-02T01:30Z", "yesterday 23:00-05:00", "2026-01-01T04:00Z"),
        ("2026-01-01T20:30Z", "friday 05:00+09:00", "2026-01-01T20:00Z"),
        ("2025-12-31T20:30Z", "Jan 1 05:00+09:00", "2025-12-31T20:00Z"),
    ],
)
def test_a_time_with_a_zone_is_on_the_day_that_is_there(now: str, text: str, at: str) -> None:
    assert parse_moment(text, "--since", moment(now)) == moment(at)


@ZONES
@pytest.mark.parametrize(
    ("since", "text", "end"),
    [
        ("2026-01-01T23:00Z", "23:20Z", "2026-01-01T23:20Z"),
        ("2026-01-01T23:00Z", "00:20Z", "2026-01-02T00:20Z"),
        ("2026-01-02T01:00Z", "01:20Z", "2026-01-02T01:20Z"),
        ("2026-01-01T20:00Z", "05:20+09:00", "2026-01-01T20:20Z"),
        ("2026-01-02T03:00Z", "22:20-05:00", "2026-01-02T03:20Z"),
    ],
)
def test_a_time_with_a_zone_ends_a_range_on_the_day_that_it_begins_there(since: str, text: str, end: str) -> None:
    assert parse_moment(text, "--until", moment("2026-01-02T05:00Z"), moment(since)) == moment(end)


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("yesterday", "2026-11-29T00:00+01:00"),
        ("2026-07-01", "2026-07-02T00:00+02:00"),
        ("now-1d/d", "2026-11-29T00:00+01:00"),
        ("now/h", "2026-11-29T11:00+01:00"),
        ("2026-07-01 12:00", "2026-07-01T12:00+02:00"),
    ],
)
def test_a_day_that_ends_a_range_is_meant_to_its_end(text: str, end: str) -> None:
    assert parse_moment(text, "--until", NOW, 0) == moment(end)


def test_an_hour_that_comes_twice_begins_twice() -> None:
    second = moment("2026-10-25T02:30:00+01:00")
    assert parse_moment("now/h", "--since", second) == moment("2026-10-25T02:00:00+01:00")
    assert parse_moment("now-1h/h", "--since", second) == moment("2026-10-25T02:00:00+02:00")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "15",
        "m",
        "15 parsecs",
        "2026-13-01",
        "25:00",
        "13:00pm",
        "08:61",
        "now-1d/y",
        "now-",
        "2026-02-30",
        "5mm",
    ],
)
def test_anything_else_is_a_usage_error_that_names_the_option_and_says_what_is_understood(text: str) -> None:
    with pytest.raises(CommandError, match="--since") as caught:
        parse_moment(text, "--since", NOW)
    assert caught.value.exit_code == USAGE
    assert EXAMPLES in str(caught.value)


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0.34, "0.3s"), (12, "12s"), (300, "5m"), (7_200, "2h"), (172_800, "2d"), (864_000, "10d")]
)
def test_ages_are_short(seconds: float, shown: str) -> None:
    assert format_age(seconds) == shown
