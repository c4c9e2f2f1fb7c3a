"""Which attributes get columns."""

from logmesh.lake.attribute_columns import AttributeColumn
from logmesh.lake.schema import ROW_GROUP_ROWS
from logmesh.lake.tending.choosing import Chosen, choose, kind_of, unite


def kinds(chosen: list[Chosen]) -> list[tuple[str, str]]:
    return [(key, layout.kind) for key, layout in chosen]


def test_what_saves_most_is_chosen_in_the_order_of_records() -> None:
    objects = [{"n": 1, "short": "x", "long": "x" * 50, "rare": "y" * 99} for _ in range(10)]
    objects += [{"n": 1, "short": "x", "long": "x" * 50} for _ in range(990)]
    assert kinds(choose(objects, 8)) == [("n", "int"), ("short", "text"), ("long", "text")]
    assert kinds(choose(objects, 2)) == [("short", "text"), ("long", "text")]
    assert choose(objects, 0) == choose([], 8) == []


def test_a_key_whose_values_have_no_kind_is_left_alone() -> None:
    objects = [
        {"nested": {"a": 1}, "list": [1], "quoted": 'a"b', "null": None, "large": 10**18, "": 1, "a\\b": 1}
    ] * 100
    assert choose(objects, 8) == []
    kinds_of = [kind_of(value) for value in (True, -(10**18) + 1, "é", "\x7f", "\n", 1.5, -0.0, 9.9e-5, 1e15)]
    assert kinds_of == ["bool", "int", "text", "text", None, "double", "double", None, None]


def test_of_several_kinds_the_one_of_most_values_is_chosen() -> None:
    assert kinds(choose([{"a": 1}] * 60 + [{"a": "long text"}] * 40, 8)) == [("a", "int")]
    assert kinds(choose([{"a": 1}] * 40 + [{"a": "text"}] * 60, 8)) == [("a", "text")]


def test_how_many_values_a_row_group_has_is_guessed() -> None:
    def guessed(values: list[object]) -> int:
        return choose([{"a": value} for value in values], 8)[0].layout.distinct

    assert guessed(["x", "y"] * 500) == 2
    assert guessed([each * 7919 % 1000 for each in range(2_000)]) == 1_000
    assert guessed([f"id {each}" for each in range(1_000)]) > ROW_GROUP_ROWS * 0.9
    assert (
        choose([{"b": 1, "a": f"id {each}"} for each in range(500)] + [{"b": 1}] * 500, 8)[1].layout.distinct
        < ROW_GROUP_ROWS * 0.6
    )


def test_files_with_other_columns_are_united() -> None:
    ab = [AttributeColumn("a", "int", 3), AttributeColumn("b", "text", 0)]
    cb = [AttributeColumn("c", "text", 0), AttributeColumn("b", "text", 1)]
    objects = [{"a": 1, "b": "x"}] * 50 + [{"c": "x", "b": "x"}] * 40
    assert kinds(unite([ab, ab], objects, 8)) == [("a", "int"), ("b", "text")]
    assert sorted(kinds(unite([ab, cb], objects, 8))) == [("a", "int"), ("b", "text"), ("c", "text")]
    assert kinds(unite([ab, cb], objects, 2)) == [("a", "int"), ("b", "text")]
    assert kinds(unite([ab, []], objects, 8)) == [("a", "int"), ("b", "text")]
