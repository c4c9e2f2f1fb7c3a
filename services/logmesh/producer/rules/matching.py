"""A filter as a function of a chunk's columns: which of its records match. No record is built for it.

It answers as `filters.predicate` does of the same records. Conditions that cost little are asked first, and others
of the records that are left.
"""

import operator
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Final, assert_never

import re2

from logmesh.filters import compile_predicate
from logmesh.filters.ast import (
    And,
    IdEquals,
    IdPresent,
    Leaf,
    MapCompare,
    MapEquals,
    MapHas,
    MapLeaf,
    MapMatches,
    MapPresent,
    Node,
    Not,
    Or,
    Path,
    SeverityCompare,
    TextCompare,
    TextContains,
    TextMatches,
    TextPresent,
    TimeCompare,
)
from logmesh.filters.folding import fold_ascii, has_case
from logmesh.filters.predicate import COMPARE, compile_value_test
from logmesh.filters.regex import Regex, folded_text
from logmesh.producer.rules.view import View, record_of
from logmesh.record.values import set_value
from logmesh.v1.record_pb2 import AnyValue

Places = Sequence[int]
"""Of records in a chunk, in their order."""
Matcher = Callable[[View, Places], list[int]]
"""Which of these records match."""

_VERDICTS_KEPT: Final = 10_000
_LONGEST_KEPT: Final = 64
_PLAIN: Final = (str, int, float)
_ABSENT: Final = object()


def compile_matcher(node: Node) -> Matcher:
    """Return what finds the records that match. Compile once, call for each chunk."""
    match node:
        case And():
            return _all([compile_matcher(child) for child in sorted(node.children, key=_cost)])
        case Or():
            return _any([compile_matcher(child) for child in sorted(node.children, key=_cost)])
        case Not():
            return _none_of(compile_matcher(node.child))
        case _:
            return _leaf(node)


def _all(children: list[Matcher]) -> Matcher:
    def matcher(view: View, places: Places) -> list[int]:
        for child in children:
            if not places:
                break
            places = child(view, places)
        return list(places)

    return matcher


def _any(children: list[Matcher]) -> Matcher:
    def matcher(view: View, places: Places) -> list[int]:
        found: set[int] = set()
        left = places
        for child in children:
            if hits := set(child(view, left)):
                found |= hits
                left = [place for place in left if place not in hits]
        return [place for place in places if place in found] if found else []

    return matcher


def _none_of(child: Matcher) -> Matcher:
    def matcher(view: View, places: Places) -> list[int]:
        hits = set(child(view, places))
        return [place for place in places if place not in hits]

    return matcher


def _leaf(node: Leaf) -> Matcher:
    match node:
        case SeverityCompare(order, number):
            return _column(lambda view: view.chunk.severities, COMPARE[order], number)
        case TimeCompare(order, unix_nano):
            return _column(lambda view: view.times, COMPARE[order], unix_nano)
        case IdEquals(column, value):
            ids = _trace_ids if column == "trace_id" else _span_ids
            return _column(ids, operator.eq, value) if any(value) else lambda view, places: []
        case IdPresent(column):
            given = _trace_ids if column == "trace_id" else _span_ids
            return lambda view, places: [place for place in places if any(given(view)[place])]
        case TextCompare("body", order, text):
            return _column(lambda view: view.bodies, COMPARE[order], text.encode())
        case TextContains("body", text):
            return _contains(text)
        case TextMatches("body", pattern):
            return _matches(pattern)
        case TextPresent("body"):
            return lambda view, places: [place for place in places if view.chunk.bodies[place]]
        case TextCompare() | TextContains() | TextMatches() | TextPresent():
            return _of_origin(node)
        case MapEquals() | MapHas() | MapCompare() | MapMatches() | MapPresent():
            return _of_origin(node) if node.path.column == "resource" else _of_attributes(node)
        case _:
            assert_never(node)


def _trace_ids(view: View) -> list[bytes]:
    return view.chunk.trace_ids


def _span_ids(view: View) -> list[bytes]:
    return view.chunk.span_ids


def _column(column: Callable[[View], Sequence[Any]], compare: Callable[[Any, Any], bool], bound: Any) -> Matcher:
    def matcher(view: View, places: Places) -> list[int]:
        values = column(view)
        return [place for place in places if compare(values[place], bound)]

    return matcher


def _contains(text: str) -> Matcher:
    if has_case(text):
        return _searched(folded_text(text).re2)
    folded = fold_ascii(text).encode()
    anywhere = re2.compile(f"(?i){re2.escape(text)}").search

    def matcher(view: View, places: Places) -> list[int]:
        if len(places) == len(view) and anywhere(view.joined_bodies) is None:
            return []  # which costs half of looking at each
        bodies = view.folded_bodies
        return [place for place in places if folded in bodies[place]]

    return matcher


def _matches(pattern: Regex) -> Matcher:
    """The pattern is looked for where a text is that every match has, for a text is found sooner."""
    search = _searched(pattern.re2)
    literal, folded = pattern.literal.encode(), pattern.folded_literal.encode()
    if not literal and not folded:
        return search

    def matcher(view: View, places: Places) -> list[int]:
        bodies, text = (view.bodies, literal) if literal else (view.folded_bodies, folded)
        return search(view, [place for place in places if text in bodies[place]])

    return matcher


def _searched(pattern: str) -> Matcher:
    search = re2.compile(pattern).search

    def matcher(view: View, places: Places) -> list[int]:
        bodies = view.bodies
        return [place for place in places if search(bodies[place]) is not None]

    return matcher


def _of_origin(node: Leaf) -> Matcher:
    predicate = compile_predicate(node)

    def matcher(view: View, places: Places) -> list[int]:
        fits = {key: predicate(record_of(origin)) for key, origin in view.origins.items()}
        if not any(fits.values()):
            return []
        origins = view.chunk.origins
        return list(places) if all(fits.values()) else [place for place in places if fits[id(origins[place])]]

    return matcher


def _of_attributes(node: MapLeaf) -> Matcher:
    find, test = _finder(node.path), _remembered(compile_value_test(node))
    # A key is written as it is, unless the text has a backslash.
    written = node.path.keys[-1].encode() + b'"'

    def matcher(view: View, places: Places) -> list[int]:
        attributes = view.chunk.attributes
        return [
            place
            for place in places
            if (written in (text := attributes[place]) or b"\\" in text)
            and (value := find(view.values(place))) is not _ABSENT
            and test(value)
        ]

    return matcher


def _finder(path: Path) -> Callable[[dict[str, Any]], Any]:
    """What finds the value at a path, as `Path` says."""
    whole, (*above, last) = ".".join(path.keys), path.keys

    def find(values: Any) -> Any:
        if whole in values:
            return values[whole]
        for key in above:
            values = values.get(key)
            if not isinstance(values, dict):
                return _ABSENT
        return values.get(last, _ABSENT)

    return find


def _remembered(test: Callable[[AnyValue], bool]) -> Callable[[Any], bool]:
    """The test of a value of JSON. Values come again and again, and turning one into a message takes longest."""
    known = lru_cache(_VERDICTS_KEPT, typed=True)(lambda value: _tested(test, value))

    def remembered(value: Any) -> bool:
        if isinstance(value, _PLAIN) and not (isinstance(value, str) and len(value) > _LONGEST_KEPT):
            return known(value)
        return _tested(test, value)

    return remembered


def _tested(test: Callable[[AnyValue], bool], value: Any) -> bool:
    message = AnyValue()
    set_value(message, value)
    return test(message)


def _cost(node: Node) -> int:
    """What a condition costs in comparison with others."""
    match node:
        case And(children) | Or(children):
            return max(map(_cost, children), default=0)
        case Not(child):
            return _cost(child)
        case SeverityCompare() | TimeCompare() | IdEquals() | IdPresent():
            return 0
        case TextMatches("body"):
            return 4
        case TextCompare("body") | TextContains("body") | TextPresent("body"):
            return 2
        case TextCompare() | TextContains() | TextMatches() | TextPresent():
            return 1
        case _:
            return 1 if node.path.column == "resource" else 3
