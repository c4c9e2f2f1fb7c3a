"""What a log record of Python says, as a row."""

import json
import logging
import sys
from typing import Any

import pytest

from logmesh.client.delivering.log_fields import row_of, severity_of
from logmesh.client.delivering.row import MAX_UNIX_NANO, Row, columns_of
from logmesh.record.columns import OriginKey
from logmesh.record.limits import MAX_ATTRIBUTES, MAX_ATTRIBUTES_BYTES, MAX_BODY_BYTES


def row(body: str = "m", /, **members: Any) -> Row:
    record = logging.LogRecord("app", logging.INFO, "/app/main.py", 7, "m", (), None, "work")
    record.__dict__ |= members
    return row_of(record, body, OriginKey(b"s"))


def test_levels_keep_their_order() -> None:
    levels = [logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL]
    assert [severity_of(level) for level in levels] == [5, 9, 13, 17, 21]
    every = [severity_of(level) for level in range(121)]
    assert every == sorted(every)
    assert (every[0], every[5], every[25], every[120]) == (0, 3, 11, 24)


def test_extra_and_the_place_in_the_code_are_attributes() -> None:
    attributes = json.loads(row(user="ada", taskName="Task-1", asctime="now").attributes)
    assert attributes.pop("thread.id") > 0
    assert attributes == {
        "user": "ada",
        "code.file.path": "/app/main.py",
        "code.line.number": 7,
        "code.function.name": "work",
        "thread.name": "MainThread",
    }


def test_an_exception_is_named_by_its_module_and_shown_with_its_trace() -> None:
    try:
        json.loads("{")
    except ValueError:
        attributes = json.loads(row(exc_info=sys.exc_info()).attributes)
    assert attributes["exception.type"] == "json.decoder.JSONDecodeError"
    assert attributes["exception.message"].startswith("Expecting property name")
    assert "Traceback" in attributes["exception.stacktrace"]


def test_what_is_too_long_is_cut_and_says_so() -> None:
    long = row("ä" * MAX_BODY_BYTES)
    assert len(long.body) == MAX_BODY_BYTES
    assert json.loads(long.attributes)["logmesh.body_cut_from_bytes"] == 2 * MAX_BODY_BYTES


def test_a_large_extra_is_cut_and_the_others_of_its_record_stay() -> None:
    fields = json.loads(row(big="ä\n" * 70_000, order=42, tags=["a", "b"]).attributes)
    assert (fields["order"], fields["tags"], fields["code.line.number"]) == (42, ["a", "b"], 7)
    assert "ä\nä\n".startswith(fields["big"][:4]) and len(fields["big"]) > 20_000
    assert fields["logmesh.attributes_cut"] == {"big": 280_010}
    assert "logmesh.attributes_omitted" not in fields


def test_a_large_mapping_is_cut_as_json() -> None:
    fields = json.loads(row(big={"ids": list(range(20_000))}, order=42).attributes)
    assert fields["big"].startswith('{"ids":[0,1,2,')
    assert fields["order"] == 42


def test_of_too_many_extras_those_that_fit_stay_with_where_the_code_is() -> None:
    attributes = row(**{f"n{n}": n for n in range(300)}).attributes
    fields = json.loads(attributes)
    assert len(fields) <= MAX_ATTRIBUTES
    assert (fields["n299"], fields["code.file.path"]) == (299, "/app/main.py")
    assert fields["logmesh.attributes_omitted"] + len(fields) - 1 == 300 + 5


@pytest.mark.parametrize(
    "extra",
    [
        {f"n{n}": "\x01" * 5_000 for n in range(100)},
        {"k" * 70_000: 1},
        {f"{n}" + "k" * 400: 1 for n in range(300)},
        {"\x01" * 60_000: "\x01" * 60_000, "b": "x" * 60_000},
    ],
)
def test_whatever_comes_fits_a_record(extra: dict[str, Any]) -> None:
    attributes = row(**extra).attributes
    fields = json.loads(attributes)
    assert len(attributes) <= MAX_ATTRIBUTES_BYTES and len(fields) <= MAX_ATTRIBUTES
    assert fields["code.line.number"] == 7
    assert fields.keys() & {"logmesh.attributes_cut", "logmesh.attributes_omitted"}


def test_a_trace_too_long_for_attributes_stays_in_the_body_alone() -> None:
    try:
        raise ValueError("x" * (MAX_ATTRIBUTES_BYTES - 2_000))
    except ValueError:
        attributes = json.loads(row(exc_info=sys.exc_info(), user="ada").attributes)
    assert attributes["user"] == "ada"
    assert "exception.stacktrace" not in attributes


def test_a_record_from_elsewhere_gets_the_nearest_time_and_a_level_of_a_whole_number() -> None:
    rows = [row(created=1.7e12), row(created=-1.0), row(levelno=20.0)]
    assert [rows[0].time_unix_nano, rows[1].time_unix_nano] == [MAX_UNIX_NANO, 0]
    assert list(columns_of(rows, 1).severity_numbers) == [9, 9, 9]
