"""The document of the filter language: its examples are filters, and nothing that there is goes unmentioned."""

import re
from pathlib import Path

import pytest

from logmesh.filters import parse_filter
from logmesh.filters.ast import And, Node, Or, Order, SeverityCompare, TextContains
from logmesh.filters.conditions import FIELDS
from logmesh.filters.limits import MAX_BYTES, MAX_CONDITIONS, MAX_DEPTH
from logmesh.filters.regex import MAX_REPEAT
from logmesh.record.severity import SEVERITY_NUMBERS

TEXT = (Path(__file__).parents[3] / "docs/filters.md").read_text("utf-8")
EXAMPLES = [line.split("  #")[0].strip() for line in re.findall(r"^    (.+)$", TEXT, re.MULTILINE)]


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_a_filter(example: str) -> None:
    parse_filter(example)


def test_the_precedence_is_as_the_document_says() -> None:
    timeout, refused = TextContains("body", "timeout"), TextContains("body", "refused")
    meaning: Node = And((Or((timeout, refused)), SeverityCompare(Order.GE, 17)))
    (example,) = [example for example in EXAMPLES if example.startswith("timeout OR")]
    (said,) = re.findall(r"timeout OR .*# (.+)$", TEXT, re.MULTILINE)
    assert parse_filter(example) == parse_filter(said) == meaning


def test_every_field_operator_and_limit_is_in_it() -> None:
    assert len(EXAMPLES) > 20
    for field in FIELDS:
        assert re.search(rf"`{field}(\.<key>)?`", TEXT), field
    for operator in ("=", "!=", "<", "<=", ">", ">=", ":", "=~", "!~"):
        assert f"`{operator}`" in TEXT, operator
    for limit in (f"{MAX_BYTES} bytes", f"{MAX_CONDITIONS} conditions", f"{MAX_DEPTH} levels", f"above {MAX_REPEAT}"):
        assert limit in TEXT, limit


def test_severities_have_the_numbers_that_it_gives() -> None:
    given = re.findall(r"`([A-Z]+)` \((\d+)\)", TEXT)
    assert len(given) == 6
    assert {name: SEVERITY_NUMBERS[name] for name, _ in given} == {name: int(number) for name, number in given}
