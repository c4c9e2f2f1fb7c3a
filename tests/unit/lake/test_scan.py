"""Branches of statements, and rows of whole records that are read of them."""

from dataclasses import replace

import pyarrow as pa
from tests.unit.lake.filed import MINUTE, file_of

from logmesh.filters import parse_filter
from logmesh.lake.attribute_columns import AttributeColumn
from logmesh.lake.reading.conditions import Conditions
from logmesh.lake.store.catalog import KnownFile
from logmesh.lake.store.plan import Plan
from logmesh.lake.store.records import columns, members_of, record_from_columns, rows_of
from logmesh.lake.store.scan import Alike, alike
from logmesh.store.time_range import TimeRange
from logmesh.v1.record_pb2 import LogRecord

ROUTE = AttributeColumn("route", "text", 0)
STATUS = AttributeColumn("status", "int", 3)


def file(first: int, rows: int, *attributes: AttributeColumn) -> KnownFile:
    """Two minutes from `first` on, said to have so many rows."""
    made = [LogRecord(time_unix_nano=(first + at) * MINUTE) for at in range(3)]
    for one in made:
        one.resource.service_name = "api"
    return replace(file_of(made), rows=rows, columns=attributes)


def branches(*files: KnownFile) -> list[Alike]:
    """Of a range from the first minute on."""
    return [one for some in alike(Plan(parse_filter("")), {TimeRange(MINUTE, 60 * MINUTE): files}, 8) for one in some]


def test_files_are_one_branch_with_what_a_range_cuts_unless_they_are_large() -> None:
    cut, small, large = file(0, 1_000_000), file(5, 20_000), file(10, 1_000_000)
    assert branches(small, large) == [Alike(None, [small, large])]
    assert branches(cut, small) == [Alike(TimeRange(MINUTE, 60 * MINUTE), [cut, small])]
    assert branches(cut, small, large) == [
        Alike(None, [small, large]),
        Alike(TimeRange(MINUTE, 60 * MINUTE), [cut]),
    ]


def test_files_with_other_columns_are_other_branches_and_name_the_same_members() -> None:
    found = branches(file(5, 10, ROUTE), file(10, 10, STATUS, ROUTE))
    assert len(found) == 2
    members = members_of(found)
    assert members == [("route", "text"), ("status", "int")]
    assert columns(Conditions([ROUTE]), members).endswith("attributes, a0 AS m0, NULL::BIGINT AS m1")
    assert columns(Conditions([STATUS, ROUTE]), members).endswith("attributes, a1 AS m0, a0 AS m1")


def test_a_record_has_the_attributes_of_its_text_or_else_of_its_columns() -> None:
    given = {"attributes": ['{"route":"/a","more":[1]}', None, None], "m0": ["/a", "/b", None], "m1": [None, 7, None]}
    origin = {
        "time": 1,
        "spool": 1,
        "position": 1,
        "severity": 9,
        "severity_text": None,
        "service": "api",
        "instance": "",
    }
    rare = dict.fromkeys(("trace_id", "span_id", "original_time_unix_nano", "extra", "origin_extra"))
    texts = {"resource": "{}", "scope_name": "", "scope_version": "", "body": "took"}
    batch = pa.RecordBatch.from_pydict({name: [value] * 3 for name, value in (origin | rare | texts).items()} | given)
    whole, split, empty = map(record_from_columns, rows_of(batch, [("route", "text"), ("status", "int")]))
    assert set(whole.attributes) == {"route", "more"} and whole.attributes["route"].string_value == "/a"
    assert set(split.attributes) == {"route", "status"} and split.attributes["status"].int_value == 7
    assert not empty.attributes
