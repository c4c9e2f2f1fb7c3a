"""A row group that trigrams leave out has no record that a filter's text is in."""

import random

import numpy as np
import pyarrow as pa
import pytest

from logmesh.filters.ast import TextContains, TextMatches
from logmesh.filters.predicate import compile_predicate
from logmesh.filters.regex import parse_regex
from logmesh.lake.trigrams import group_rows, pack, row_groups, seen_in
from logmesh.v1.record_pb2 import LogRecord

LETTERS = "abAB01_ .-\0\nsSſkKK\u212aéÉßẞſΣσςȺⱥжЖ日本🙂İı"


def packed(*groups: list[str]) -> bytes:
    return pack((seen_in(pa.array(group, pa.string())) for group in groups), list(map(len, groups)))


def test_row_groups_are_found_by_what_their_bodies_contain() -> None:
    found = packed(["request took 5 ms", "IP 10.0.0.7"], ["Quokka7731"], [""])
    assert row_groups(found, ["QUOKKA77"]).tolist() == [False, True, False]
    assert row_groups(found, ["took 5"]).tolist() == [True, False, False]
    assert row_groups(found, ["took", "quokka"]).tolist() == [False, False, False]
    assert row_groups(found, ["nowhere"]).tolist() == [False, False, False]
    assert group_rows(found).tolist() == [2, 1, 1]


def test_what_is_too_short_says_nothing() -> None:
    found = packed(["abc"])
    assert row_groups(found, []) is row_groups(found, ["ab", ""]) is None
    assert row_groups(found, ["aéboÉ"]) is None, "no side of a letter with cases has three"
    assert row_groups(found, ["日"]).tolist() == [False], "a letter without cases is three bytes"
    assert row_groups(found, ["ab", "abd"]).tolist() == [False]


def test_many_row_groups_and_many_bodies() -> None:
    groups = [[f"row{each} of group{group}x" for each in range(3_000)] for group in range(19)]
    found = packed(*groups)
    for group in range(19):
        assert np.flatnonzero(row_groups(found, [f"group{group}x"])).tolist() == [group]
    assert row_groups(found, ["row2999"]).all()


def test_slices_and_chunks_are_read_as_such() -> None:
    chunked = pa.chunked_array([pa.array(["left", "body"]).slice(1), pa.array(["right", "other"]).slice(0, 1)])
    found = pack([seen_in(chunked)], [len(chunked)])
    there = {word: bool(row_groups(found, [word])[0]) for word in ("body", "right", "left", "other")}
    assert there == {"body": True, "right": True, "left": False, "other": False}


@pytest.mark.parametrize("seed", range(4))
def test_no_match_is_ever_left_out(seed: int) -> None:
    chance = random.Random(seed)

    def text(most: int) -> str:
        return "".join(chance.choices(LETTERS, k=chance.randrange(most)))

    excluded = 0
    for _ in range(150):
        body = text(12)
        record, found = LogRecord(body=body), packed([text(20), body])
        for _ in range(10):
            needle = _recased(chance, body) if chance.random() < 0.6 else text(6)
            if (may := row_groups(found, [needle])) is not None and not may[0]:
                excluded += 1
                assert not compile_predicate(TextContains("body", needle))(record), (body, needle)
            for source in (f"(?i){_escaped(needle)}", _escaped(needle)):
                pattern = parse_regex(source)
                may = row_groups(found, [pattern.literal, pattern.folded_literal])
                assert may is None or may[0] or not compile_predicate(TextMatches("body", pattern))(record), (
                    body,
                    source,
                )
    assert excluded > 100


def _recased(chance: random.Random, body: str) -> str:
    """A part of it in another case."""
    at = chance.randrange(len(body) + 1)
    return "".join(chance.choice((char, char.swapcase(), char.upper(), char.lower())) for char in body[at : at + 5])


def _escaped(text: str) -> str:
    """As a pattern, which can't name NUL."""
    return "".join(f"\\x{{{ord(char):x}}}" for char in text.replace("\0", ""))
