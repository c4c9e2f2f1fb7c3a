"""Conditions on values of every kind, as the database would decide them."""

import pytest

from logmesh.filters import compile_predicate, parse_filter
from logmesh.record.values import set_values
from logmesh.v1.record_pb2 import LogRecord


@pytest.mark.parametrize(
    ("value", "text", "matches"),
    [
        (2**53 + 1, "attributes.k = 9007199254740993", True),
        (2**53 + 1, "attributes.k = 9007199254740992", False),
        (10**29 + 1, "attributes.k > 1e29", True),
        (1.0, "attributes.k = 1", True),
        (1e16, 'attributes.k =~ "^10000000000000000[.]0$"', True),
        (-0.0, 'attributes.k =~ "^0[.]0$"', True),
        ([0, {"a": 0.0}], """attributes.k = '[0e5000, {"a": -0e900000000}]'""", True),
        ([1], "attributes.k = '[0e5000]'", False),
        (b"\0\xff", 'attributes.k."logmesh.bytes" = "AP8="', True),
        (b"\0\xff", "attributes.k:*", True),
        (b"\0\xff", 'attributes.k = "AP8="', False),
    ],
)
def test_a_value_is_compared_as_it_is_stored(value: object, text: str, matches: bool) -> None:
    record = LogRecord()
    set_values(record.attributes, {"k": value})
    assert compile_predicate(parse_filter(text))(record) is matches
