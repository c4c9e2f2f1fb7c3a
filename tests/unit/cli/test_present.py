"""Records on a terminal and in a pipe."""

import json

import pytest

from logmesh.cli.present import clean, json_line, text_line
from logmesh.record.values import set_values
from logmesh.v1.record_pb2 import SEVERITY_NUMBER_WARN, LogRecord


def test_a_json_line_has_hexadecimal_ids_whole_numbers_and_nothing_empty() -> None:
    record = LogRecord(
        id="1-4000",
        time_unix_nano=1_500_000_000_000_000_007,
        severity_number=SEVERITY_NUMBER_WARN,
        body="é\n",
        span_id=b"\1" * 8,
    )
    set_values(record.attributes, {"n": 42, "f": 0.5, "deep": {"list": [1, None, True]}})
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
