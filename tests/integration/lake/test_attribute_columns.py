"""A merge that gives attributes columns loses and changes nothing, whatever the objects are."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from tests.integration.lake.merging import merge_files, read, write

from logmesh.lake.attribute_columns import AttributeColumn
from logmesh.lake.writing.attributes import one_form
from logmesh.record.json_text import load_exact_json

RECORDS = 4_000
"""Of each of six files."""

TOKENS = [
    '"GET"', '"POST"', '"é日本🙂"', '""', '"\\u0000"', '"a\\"b"', '"a\\\\b"', '"line\\nbreak"', '"\\u00e9"', '"\\/"',
    '"\\ud83d\\ude42"', '"\'"', '"42"', '"null"', '"{}"', '"],[{"', '"\\u007f\\u2028"', f'"{"long" * 100}"',
    "0", "-0", "-0.0", "1", "-7", "200", "503", "9007199254740993", "1.0", "1e2", "10e0", "1.10", "1E400", "0.1", "0.30000000000000004",
    "0.1000000000000000055511151231257827", "5e-324", "123456789012345678", "-123456789012345678", "1234567890123456789",
    "18446744073709551616", "12345678901234567890123456789", "1e400", "true", "false", "null", "[]", "[1, 2]", "{}",
    '{"route":"inner"}', '{"status":1,"x":[{"status":2}]}', '["\\"route\\":\\"x\\""]',
]  # fmt: skip
KEYS = [
    "route", "status", "took", "ok", "user", "user_id", "A", "a", "", "é", "k.with.dots", "$.x", 'quo\\"te', "back\\\\slash",
    "\\u0000", "'", "*", "[0]", "🙂", "/slash", "route:", "a" * 30, "Ok", "\\u007f",
]  # fmt: skip


def formed(texts: list[str]) -> list[str | None]:
    """In the one form, as a flush has them."""
    found = one_form([text.encode() for text in texts])
    assert not found.refused
    return [text.decode() or None for text in found.texts]


def usual(chance: random.Random) -> dict[str, str]:
    members = {
        "route": f'"/api/{chance.randrange(40)}"',
        "status": str(chance.choice((200, 200, 404, 503))),
        "ok": chance.choice(("true", "false")),
        "user_id": f'"u{chance.randrange(10**6)}"',
        "A": str(chance.randrange(10**9)),
        "took": json.dumps(
            chance.choice((round(chance.uniform(0, 900), 3), chance.random(), float(chance.randrange(90))))
        ),
        "é": '"é"',
    }
    return {key: value for key, value in members.items() if chance.random() < 0.9}


def odd(chance: random.Random) -> str:
    """An object that has some usual members and some of anything, in any order, keys twice among them."""
    if chance.random() < 0.1:
        return chance.choice(
            ("", "{}", '{"route":"/x"}', '{"A":1,"a":2}', '{"route":"/x","route":"/y"}', ' { "route" : "/x" } ')
        )
    members = list(usual(chance).items())
    members += [(chance.choice(KEYS), chance.choice(TOKENS)) for _ in range(chance.choice((0, 0, 1, 1, 2, 5)))]
    if chance.random() < 0.3:
        chance.shuffle(members)
    colon = chance.choice((":", ":", ": "))
    return "{" + ",".join(f'"{key}"{colon}{value}' for key, value in members) + "}"


def others_of(columns: Any, texts: dict[int, str | None], values: list[dict[int, object]]) -> list[AttributeColumn]:
    """The list as it must be: by record what its text has and the column does not say."""
    found = []
    for (key, kind, _), by_position in zip(columns, values, strict=True):
        others = 0
        for position, text in texts.items():
            members = load_exact_json(text.encode()) if text else {}
            said = by_position[position]
            if said is not None:
                assert type(members[key]) is type(said) and members[key] == said
            elif key in members:
                others += 1
        found.append(AttributeColumn(key, kind, others))
    return found


@pytest.mark.parametrize("seed", range(3))
def test_nothing_is_lost_and_nothing_changed_in_two_merges(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    given: dict[int, str | None] = {}
    files = []
    for number in range(6):
        make = (
            odd if number % 3 else lambda chance: "{" + ",".join(f'"{k}":{v}' for k, v in usual(chance).items()) + "}"
        )
        texts = formed([make(chance) for _ in range(RECORDS)])
        first = number * (RECORDS - 500)  # times overlap, identities don't
        given |= dict(enumerate(texts, number * RECORDS))
        files.append(write(tmp_path, number, texts, first=first, identities=number * RECORDS))
    merged = [merge_files(tmp_path, 10, files[:3]), merge_files(tmp_path, 11, files[3:], most=4)]
    merged.append(merge_files(tmp_path, 12, [merged[0].path, merged[1].path], level=2))
    for each, mine in zip(
        merged, (range(3 * RECORDS), range(3 * RECORDS, 6 * RECORDS), range(6 * RECORDS)), strict=True
    ):
        assert each.read == each.found and each.read.rows == len(mine)
        found = read(each.path)
        assert found.texts == {at: given[at] for at in mine}
        assert others_of(each.columns, found.texts, found.values) == list(each.columns)
        assert len(each.columns) >= 4 and any(found.own[at] is None is not given[at] for at in mine)


def test_texts_go_where_columns_say_all_of_them(tmp_path: Path) -> None:
    usual = [f'{{"route":"/{at % 7}","status":{at % 5},"ok":true}}' for at in range(600)]
    odd = ['{"status":1,"route":"/x"}', '{"route":"/x","more":1}', '{"route":"a\\"b"}', '{"route":null}', None, "{}"]
    merged = merge_files(tmp_path, 9, [write(tmp_path, 1, usual), write(tmp_path, 2, odd, identities=600)])
    found = read(merged.path)
    assert list(merged.columns) == [("route", "text", 2), ("status", "int", 0), ("ok", "bool", 0)]
    assert [found.own[at] for at in range(606)] == [*[None] * 600, *odd]
    assert [found.texts[at] for at in range(606)] == [*usual, *odd]
    assert [found.values[0][at] for at in range(600, 606)] == ["/x", "/x", None, None, None, None]


def test_a_double_is_in_its_column_where_all_write_it_the_same_way(tmp_path: Path) -> None:
    usual = [f'{{"took":{at / 8}}}' for at in range(400)]
    exact = ["-0.0", "0.30000000000000004", "0.0001", "999999999999999.9"]
    others = ["1e-5", "0.1000000000000000055511151231257827", "1", '"1.5"', "1000000000000000.0", "null"]
    odd = formed([f'{{"took":{token}}}' for token in [*exact, *others]])
    merged = merge_files(tmp_path, 9, [write(tmp_path, 1, usual), write(tmp_path, 2, odd, identities=400)])
    found = read(merged.path)
    assert merged.read == merged.found and found.texts == dict(enumerate([*usual, *odd]))
    assert list(merged.columns) == [("took", "double", len(others))]
    assert [found.values[0][at] for at in range(400, 410)] == [*map(float, exact), *[None] * len(others)]
    assert [found.own[at] for at in range(400, 410)] == [*[None] * len(exact), *odd[len(exact) :]]


def test_files_with_the_same_columns_keep_them(tmp_path: Path) -> None:
    def some(first: int) -> list[str | None]:
        return [f'{{"a":{at},"b":"x"}}' if at % 10 else '{"b":1.5,"a":2}' for at in range(first, first + 500)]

    paths = [write(tmp_path, number, some(number), identities=500 * number) for number in range(2)]
    merged = [merge_files(tmp_path, 10 + at, [path]) for at, path in enumerate(paths)]
    both = merge_files(tmp_path, 20, [each.path for each in merged], level=2)
    assert list(both.columns) == [("a", "int", 0), ("b", "text", 100)]
    assert read(both.path).texts == dict(enumerate([*some(0), *some(1)]))


def test_files_with_other_columns_get_those_of_all(tmp_path: Path) -> None:
    texts = [f'{{"a":{at},"b":"x"}}' for at in range(300)], [f'{{"b":"y","c":{at}}}' for at in range(300)]
    paths = [write(tmp_path, number, some, identities=300 * number) for number, some in enumerate(texts)]
    merged = [merge_files(tmp_path, 10 + at, [path]) for at, path in enumerate(paths)]
    both = merge_files(tmp_path, 20, [each.path for each in merged], level=2)
    found = read(both.path)
    assert list(both.columns) == [("a", "int", 0), ("b", "text", 0), ("c", "int", 0)]
    assert found.texts == dict(enumerate([*texts[0], *texts[1]])) and set(found.own.values()) == {None}


def test_a_value_that_changed_gives_another_digest(tmp_path: Path) -> None:
    texts = ['{"a":1,"b":"x"}'] * 400
    first = merge_files(tmp_path, 10, [write(tmp_path, 1, texts)])
    for number, other in enumerate(('{"a":2,"b":"x"}', '{"a":1,"b":"y"}', '{"a":1}', '{"b":"x","a":1}', None), 2):
        assert merge_files(tmp_path, 10 + number, [write(tmp_path, number, [*texts[1:], other])]).found != first.found
