"""Statements put together from files: what is bound, and under which number."""

import re

import pytest

from logmesh.storage.statement import Expression, Statement


def test_values_are_bound_in_the_order_of_their_first_use_and_expressions_keep_their_numbers() -> None:
    statement = Statement()
    condition = statement.compile(lambda first: (f"service = ${first}::text", ["'; DROP TABLE logs; --"]))
    values = {"start": 1, "start_ns": 2, "end": 3, "end_ns": 4}
    statement.add("from_records", condition=condition, **values).add("changes")
    numbers = {int(number) for number in re.findall(r"\$(\d+)", statement.sql)}
    assert numbers == set(range(1, 6))
    assert statement.parameters[0] == "'; DROP TABLE logs; --"
    assert sorted(map(str, statement.parameters[1:])) == ["1", "2", "3", "4"]
    assert "AND service = $1::text" in statement.sql
    assert "DROP" not in statement.sql
    assert "::timestamptz" in statement.sql


def test_a_name_without_a_value_is_an_error() -> None:
    with pytest.raises(KeyError):
        Statement().add("from_records", condition=Expression("TRUE"))
