"""Proposals for the end of an unfinished filter, the likeliest first. Pure: what records have is an argument."""

import re
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from logmesh.filters.caret import Caret
from logmesh.filters.conditions import ELSEWHERE
from logmesh.record.severity import SEVERITY_NAMES, SEVERITY_NUMBERS, severity_name
from logmesh.v1.query_service_pb2 import (
    COMPLETION_KIND_FIELD,
    COMPLETION_KIND_KEYWORD,
    COMPLETION_KIND_OPERATOR,
    COMPLETION_KIND_VALUE,
    Completion,
    CompletionKind,
)

_IN: Final = "IN ("
_TEXT_OPERATORS: Final = ("=", "!=", ":", "=~", "!~", _IN)
_MAP_OPERATORS: Final = ("=", "!=", ":", "=~", "!~", ">=", "<=", ">", "<", _IN)
_ID_OPERATORS: Final = ("=", "!=", ":", _IN)
OPERATORS: Final[dict[str, tuple[str, ...]]] = {
    "service": _TEXT_OPERATORS, "instance": _TEXT_OPERATORS, "body": (":", "=~", "!~", "=", "!="),
    "severity": (">=", "=", "!=", "<", ">", "<=", _IN), "time": (">=", "<", ">", "<=", "=", "!="),
    "trace_id": _ID_OPERATORS, "span_id": _ID_OPERATORS, "attributes": _MAP_OPERATORS, "resource": _MAP_OPERATORS,
}  # fmt: skip
"""What a field can be compared by, the most used first."""

LIKELY_FIELDS: Final = (
    "service", "severity", "body", "attributes.", "resource.", "trace_id", "time", "instance", "span_id",
)  # fmt: skip
"""The fields there are, the most used first; a dot says that a key must follow."""

_PLAIN_VALUE: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./:@+-]*")
_PLAIN_KEY: Final = re.compile(r"[\w/-]+(?:\.[\w/-]+)*")
_IN_QUOTES: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


class Key(NamedTuple):
    """A key that records have within `attributes` or `resource`."""

    column: str
    key: str


class Counted(NamedTuple):
    """A value and how many records have it; that of a severity is its number."""

    value: str
    records: int


def propose(
    text: str, carets: Sequence[Caret], keys: Iterable[Key] = (), values: Iterable[Counted] = ()
) -> list[Completion]:
    """What may take the place of the end of `text`: `keys` fit what was typed of a field, `values` what was typed of a value."""
    found: list[Completion] = []
    for caret in carets:
        proposals: list[tuple[CompletionKind.ValueType, str, int]] = []
        if caret.takes_value:
            proposals += [(COMPLETION_KIND_VALUE, *value) for value in _values(caret, values)]
        if caret.takes_operator:
            # A word is an operator only with a space before it.
            apart = text[: caret.start].endswith((" ", "\t", "\n"))
            named = [sign for sign in OPERATORS[caret.field[0]] if apart or sign != _IN]
            proposals += [(COMPLETION_KIND_OPERATOR, sign, 0) for sign in named if sign.startswith(caret.typed.upper())]
        keywords = [(COMPLETION_KIND_KEYWORD, word, 0) for word in caret.keywords if _begins(word, caret.typed)]
        fields = [(COMPLETION_KIND_FIELD, name, 0) for name in _fields(caret, keys)]
        # After a whole condition comes AND; where one has to begin, its field.
        proposals += keywords + fields if "AND" in caret.keywords else fields + keywords
        replace_from = len(text[: caret.start].encode())
        found += [
            Completion(kind=kind, text=word, replace_from=replace_from, count=count) for kind, word, count in proposals
        ]
    return found


def typed_key(typed: str) -> Key:
    """Which column the beginning of a path is in, empty for either, and what is typed of the key."""
    column, dot, key = typed.partition(".")
    if dot and column in ("attributes", "resource"):
        return Key(column, key.replace('"', ""))
    return Key("", typed)


def write_path(key: Key) -> str:
    """The field of a key as a filter has it, quoted where it must be."""
    return f"{key.column}.{key.key if _PLAIN_KEY.fullmatch(key.key) else _quoted(key.key)}"


def write_value(value: str, *, quoted: bool = False) -> str:
    """A value as a filter has it, quoted where it must be, or where it was begun so."""
    plain = _PLAIN_VALUE.fullmatch(value) and value not in ("AND", "OR", "NOT")
    return value if plain and not quoted else _quoted(value)


def _quoted(text: str) -> str:
    return '"' + "".join(_IN_QUOTES.get(char, char) for char in text) + '"'


def _fields(caret: Caret, keys: Iterable[Key]) -> list[str]:
    if not caret.takes_field or caret.takes_operator:
        return []
    named = [name for name in LIKELY_FIELDS if _begins(name, caret.typed)]
    # Who knows another system types its names.
    meant = [ELSEWHERE[name] for name in ELSEWHERE if len(caret.typed) > 1 and _begins(name, caret.typed)]
    named += [name for name in LIKELY_FIELDS if name.rstrip(".") in meant]
    return list(dict.fromkeys([*named, *map(write_path, keys)]))


def _values(caret: Caret, values: Iterable[Counted]) -> list[tuple[str, int]]:
    if caret.field == ("severity",):
        return [(write_value(name, quoted=caret.quoted), records) for name, records in _severities(caret.typed, values)]
    return [(write_value(value, quoted=caret.quoted), records) for value, records in values if value]


def _severities(typed: str, values: Iterable[Counted]) -> list[tuple[str, int]]:
    """Names that begin as typed: the levels, the steps within them that records have, and other names once they are typed."""
    records = {severity_name(int(value)): count for value, count in values}
    names = dict.fromkeys([*SEVERITY_NAMES[1::4], *records, *(SEVERITY_NUMBERS if typed else ())])
    fitting = [(name, records.get(name, 0)) for name in names if name and _begins(name, typed)]
    return sorted(fitting, key=lambda one: -one[1])


def _begins(name: str, typed: str) -> bool:
    return name.lower().startswith(typed.lower())
