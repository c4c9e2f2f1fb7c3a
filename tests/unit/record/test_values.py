"""Values have one text, and come back from it as what they were."""

import json
import math
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logmesh.record import json_text
from logmesh.record.attributes import attributes_from_json, attributes_to_json
from logmesh.record.values import plain, set_values
from logmesh.v1.record_pb2 import LogRecord


def read(text: str) -> LogRecord:
    record = LogRecord()
    attributes_from_json(text.encode(), record.attributes)
    return record


def written(value: Any) -> str:
    record = LogRecord()
    set_values(record.attributes, {"v": value})
    return attributes_to_json(record.attributes).decode().removeprefix('{"v":').removesuffix("}")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1, "1"),
        (1.0, "1.0"),
        (-0.0, "0.0"),
        (0.1, "0.1"),
        (2**53 + 1, "9007199254740993"),
        (-(2**63), "-9223372036854775808"),
        (123456789012345678901234567890, "123456789012345678901234567890"),
        (1e22, "10000000000000000000000.0"),
        (1.5e300, "15" + "0" * 299 + ".0"),
        (-14504480022609924.0, "-14504480022609924.0"),
        (Decimal("0.12345678901234567890"), "0.12345678901234567890"),
        (b"", '{"logmesh.bytes":""}'),
        (b"\0\xff", '{"logmesh.bytes":"AP8="}'),
        ([1, None, {"a": []}, {}], '[1,null,{"a":[]},{}]'),
    ],
)
@pytest.mark.parametrize("orjson_is_there", [True, False])
def test_a_value_has_one_text_and_comes_back_from_it(
    value: Any, text: str, orjson_is_there: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not orjson_is_there:
        monkeypatch.setattr(json_text, "orjson", None)
    assert written(value) == text
    again = plain(read(f'{{"v":{text}}}').attributes)["v"]
    assert (again, type(again)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e3", 1000),
        ("1e+16", 10**16),
        ("1.5e3", 1500),
        ("1.50e1", 15.0),
        ("-0", 0),
        ("0e7", 0),
        ("19.90", 19.9),
        ("1e400", 10**400),
        ("1" + "0" * 5_000, Decimal("1" + "0" * 5_000)),
        ("1e-400", Decimal("1e-400")),
        ("0.1000000000000000055511151231257827", Decimal("0.1000000000000000055511151231257827")),
    ],
)
def test_a_number_of_json_is_what_the_database_makes_of_it(text: str, value: Any) -> None:
    found = plain(read(f'{{"v":{text}}}').attributes)["v"]
    assert (found, type(found)) == (value, type(value))


def test_a_number_beyond_all_bounds_is_refused_and_not_written_out() -> None:
    for text in ("1e200000", "1e999999999", "-1e99999999999999999999"):
        with pytest.raises(ValueError):
            read(f'{{"v":{text}}}')


def test_numbers_that_json_lacks_are_their_names() -> None:
    assert [written(value) for value in (math.nan, math.inf, -math.inf)] == ['"NaN"', '"Infinity"', '"-Infinity"']


@pytest.mark.parametrize("text", ['{"logmesh.bytes":1}', '{"logmesh.bytes":"?"}', '{"logmesh.bytes":"AA==","x":1}'])
def test_other_objects_are_not_taken_for_bytes(text: str) -> None:
    assert plain(read(f'{{"v":{text}}}').attributes)["v"] == json.loads(text)


def test_what_is_no_number_stays_the_text_that_it_is() -> None:
    record = LogRecord()
    for at, text in enumerate(("", "ten", "NaN", "1e999999999", "1e131071")):
        record.attributes[str(at)].decimal_value = text
    assert json.loads(attributes_to_json(record.attributes)) == {
        "0": "",
        "1": "ten",
        "2": "NaN",
        "3": "1e999999999",
        "4": "1e131071",
    }


@given(
    st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.decimals(allow_nan=False, allow_infinity=False)
)
def test_numbers_keep_their_value(number: int | float | Decimal) -> None:
    found = plain(read(f'{{"v":{written(number)}}}').attributes)["v"]
    assert Decimal(repr(found) if isinstance(found, float) else found) == Decimal(str(number))
