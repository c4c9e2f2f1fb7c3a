"""Exported files are read back as what was exported, and no cell of them is run."""

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logmesh.gateway.answers.export_formats import CSV_COLUMNS, FORMATS, guard, write_csv, write_ndjson
from logmesh.record.values import set_values
from logmesh.v1.query_service_pb2 import EXPORT_FORMAT_CSV, EXPORT_FORMAT_NDJSON, EXPORT_FORMAT_UNSPECIFIED
from logmesh.v1.record_pb2 import SEVERITY_NUMBER_ERROR, LogRecord

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30) | st.sampled_from(
    ['"', '""', ",", "\r\n", "\n", "\r", "a,b", 'say "hi"', "=1+1", "+1", "-1", "@x", "\tx", "\rx", "'x", " =1", ""]
)


def record(body: str = "", service: str = "", value: str = "") -> LogRecord:
    made = LogRecord(id="1-2", time_unix_nano=1_500_000_000_000_000_007, body=body, trace_id=b"\1" * 16)
    made.severity_number = SEVERITY_NUMBER_ERROR
    made.resource.service_name = service
    set_values(made.attributes, {"key": value, "n": 4})
    return made


def read_csv(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode(), newline=""), strict=True))


@given(st.lists(st.tuples(texts, texts, texts), max_size=5))
def test_csv_is_read_back_as_it_was(rows: list[tuple[str, str, str]]) -> None:
    file = FORMATS[EXPORT_FORMAT_CSV]
    read = read_csv(file.header + file.write([record(*row) for row in rows]))
    assert read[0] == list(CSV_COLUMNS)
    for cells, (body, service, value) in zip(read[1:], rows, strict=True):
        row = dict(zip(CSV_COLUMNS, cells, strict=True))
        assert row["body"] == guard(body)
        assert row["service"] == guard(service)
        assert json.loads(row["attributes"]) == {"key": value, "n": 4}
        assert (row["severity"], row["severity_number"]) == ("ERROR", "17")
        assert (row["time"], row["id"]) == ("2017-07-14T02:40:00.000000007Z", "1-2")
        assert (row["trace_id"], row["span_id"], row["resource"], row["original_time"]) == ("01" * 16, "", "", "")


@given(st.lists(st.tuples(texts, texts), max_size=5))
def test_ndjson_is_one_object_a_line(rows: list[tuple[str, str]]) -> None:
    lines = write_ndjson([record(body, value=value) for body, value in rows]).decode().split("\n")
    assert lines.pop() == ""
    assert [(one["body"], one["attributes"]["key"]) for one in map(json.loads, lines)] == rows


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_begins_as_a_formula_does(start: str) -> None:
    hostile = f"{start}HYPERLINK(1)"
    (cells,) = read_csv(write_csv([record(hostile, hostile)]))
    assert not any(cell.startswith(start) for cell in cells)
    assert cells[CSV_COLUMNS.index("body")] == f"'{hostile}"
    assert guard("a = b") == "a = b"


def test_lines_of_csv_end_as_the_standard_wants() -> None:
    assert write_csv([record("a"), record("b")]).count(b"\r\n") == 2
    assert FORMATS[EXPORT_FORMAT_CSV].header.endswith(b",event_name\r\n")


def test_no_format_means_ndjson() -> None:
    assert FORMATS[EXPORT_FORMAT_UNSPECIFIED] is FORMATS[EXPORT_FORMAT_NDJSON]
