"""Names of severities, and ids of records."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logmesh.record.ids import MAX_SEQ, format_record_id, parse_record_id, position_of, split_position
from logmesh.record.limits import MAX_BATCH_RECORDS
from logmesh.record.severity import severity_name, severity_number
from logmesh.v1.record_pb2 import SeverityNumber


def test_every_number_has_the_name_the_contract_gives_it() -> None:
    for name, number in SeverityNumber.items():
        if number:
            assert severity_name(number) == name.removeprefix("SEVERITY_NUMBER_")
            assert severity_number(severity_name(number)) == number


@pytest.mark.parametrize(
    ("text", "number"),
    [("warning", 13), ("WARN", 13), ("Notice", 10), ("CRITICAL", 21), ("fatal", 21), (" err ", 17), ("emerg", 24)],
)
def test_common_names_are_understood_in_any_case(text: str, number: int) -> None:
    assert severity_number(text) == number


def test_unknown_names_and_numbers_are_unspecified() -> None:
    assert severity_number("loud") == 0
    assert severity_number("") == 0
    assert severity_name(0) == severity_name(25) == severity_name(-1) == ""


@given(
    st.integers(0, (1 << 63) - 1),
    st.integers(0, MAX_SEQ),
    st.integers(0, MAX_BATCH_RECORDS - 1),
)
def test_an_id_leads_back_to_spool_batch_and_entry(spool: int, seq: int, entry: int) -> None:
    parsed_spool, position = parse_record_id(format_record_id(spool, position_of(seq, entry)))
    assert (parsed_spool, split_position(position)) == (spool, (seq, entry))
    assert position < 1 << 63


def test_positions_grow_with_batch_then_entry() -> None:
    assert position_of(1, MAX_BATCH_RECORDS - 1) < position_of(2, 0) < position_of(2, 1)


@pytest.mark.parametrize(("seq", "entry"), [(-1, 0), (MAX_SEQ + 1, 0), (1, -1), (1, MAX_BATCH_RECORDS)])
def test_positions_outside_their_range_are_refused(seq: int, entry: int) -> None:
    with pytest.raises(ValueError, match="not between"):
        position_of(seq, entry)


@pytest.mark.parametrize(
    "text", ["", "1", "1-", "-1", "01-2", "1-G", "1-2-3", "1-" + "f" * 16, "f" * 16 + "-1", "F-1", "١-1", "1-1\n"]
)
def test_anything_else_is_not_an_id(text: str) -> None:
    with pytest.raises(ValueError, match="not a record id"):
        parse_record_id(text)
