"""Records on a terminal and in a pipe."""

import json

import pytest

from logmesh.cli.errors import USAGE, CommandError
from logmesh.cli.moments import format_age, parse_moment
from logmesh.cli.present import clean, json_line, text_line
from logmesh.v1.record_pb2 import SEVERITY_NUMBER_WARN, LogRecord

NOW = 1_800_000_000_000_000_000


def test_a_json_line_has_hexadecimal_ids_whole_numbers_and_nothing_empty() -> None:
    record = LogRecord(
        id="1-4000",
        time_unix_nano=1_500_000_000_000_000_007,
        severity_number=SEVERITY_NUMBER_WARN,
        body="é\n",
        span_id=b"\1" * 8,
    )
    record.attributes.update({"n": 42, "f": 0.5, "deep": {"list": [1, None, True]}})
    assert json.loads(json_line(record)) == {
        "id": "1-4000",
        "time": "2017-07-14T02:40:00.000000007Z",
        "severity": "WARN",
        "severity_number": 13,
        "body": "é\n",
        "attributes": {"n": 42, "f": 0.5, "deep": {"list": [1, None, True]}},
        "span_id": "01" * 8,
    }
    assert "\n" not in json_line(record)


@pytest.mark.parametrize(
    ("logged", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07x", "x"),
        ("a\rb\x08", "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}"),
        ("abc\u202edcb", "abc\N{REPLACEMENT CHARACTER}dcb"),
        ("tab\tand\nline 日本", "tab\tand\nline 日本"),
        ("\x9b31mx", "\N{REPLACEMENT CHARACTER}31mx"),
    ],
)
def test_a_log_line_cannot_steer_the_terminal(logged: str, shown: str) -> None:
    assert clean(logged) == shown
    record = LogRecord(body=logged)
    record.resource.service_name = logged
    assert shown in text_line(record).plain


@pytest.mark.parametrize(
    ("text", "before"),
    [("15m", 900), ("1h30m", 5400), ("0.5s", 0.5), ("250ms", 0.25), ("7d", 604_800), ("now", 0), ("2w", 1_209_600)],
)
def test_durations_count_back_from_now(text: str, before: float) -> None:
    assert parse_moment(text, "--since", NOW) == NOW - int(before * 1e9)


def test_times_are_read_with_their_zone() -> None:
    assert parse_moment("2017-07-14T04:40:00+02:00", "--since", NOW) == 1_500_000_000 * 10**9
    assert parse_moment("2017-07-14T02:40:00Z", "--since", NOW) == 1_500_000_000 * 10**9


@pytest.mark.parametrize("text", ["", "yesterday", "15", "m", "15 parsecs", "2026-13-01", "-5m"])
def test_anything_else_is_a_usage_error_that_names_the_option(text: str) -> None:
    with pytest.raises(CommandError, match="--since") as caught:
        parse_moment(text, "--since", NOW)
    assert caught.value.exit_code == USAGE


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0.34, "0.3s"), (12, "12s"), (300, "5m"), (7_200, "2h"), (172_800, "2d"), (864_000, "10d")]
)
def test_ages_are_short(seconds: float, shown: str) -> None:
    assert format_age(seconds) == shown
