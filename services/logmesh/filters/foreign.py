"""What other languages' users write and this one doesn't know: each is an error that says what to write instead.

Read as words, all of it would find nothing, and nobody would be told why.
"""

import re
from collections.abc import Iterable
from typing import Final

from logmesh.filters.errors import FilterError
from logmesh.filters.values import Value

_KEYWORDS: Final = {"and": "AND", "or": "OR", "not": "NOT"}
_SIGNS: Final = {"&": "AND", "|": "OR"}
_OPERATORS: Final = {
    "CONTAINS": "{field} : text", "MATCHES": '{field} =~ "pattern"', "REGEXP": '{field} =~ "pattern"',
    "STARTSWITH": "{field} = text*", "ENDSWITH": "{field} = *text", "BETWEEN": "{field} >= first {field} <= last",
    "~": '{field} =~ "pattern"', "~*": '{field} =~ "(?i)pattern"', "=~*": '{field} =~ "(?i)pattern"',
    "!~*": '{field} !~ "(?i)pattern"', "EXISTS": "{field}:*", "IS": "{field} = text", "IN [": "{field} IN (a, b)",
}  # fmt: skip
_LISTED: Final = "values to choose from have OR between them"
_IN: Final = "IN (a, b)"
_LIST: Final = re.compile(r"[=:]\s*\([^()]*,[^(),]*\Z")
_FIELD: Final = re.compile(r"(?:attributes|resource)(?:\.[\w-]+)+")
_REQUIRED: Final = re.compile(r"\+[^\W\d]")


def check_word(word: str, position: int) -> None:
    """Raise FilterError for a word that is another language's operator."""
    if word in _KEYWORDS:
        raise FilterError(f'"{word}" is an operator only in capitals', position, suggestion=_KEYWORDS[word])
    if word in _SIGNS:
        raise FilterError(f'"{word}" alone is no operator; in quotes it is a text', position, suggestion=_SIGNS[word])
    if _FIELD.fullmatch(word):
        raise FilterError("a field alone says nothing; in quotes it is a text", position, suggestion=f"{word}:*")
    if _REQUIRED.match(word):
        problem = "every word must be in the record, and no sign says so; in quotes it is a text"
        raise FilterError(problem, position, suggestion=word[1:])


def check_value(field: str, comparator: str, value: Value) -> None:
    """Raise FilterError for a value that begins a list or a range of another language, or that a comma ends."""
    if value.quoted or value.is_pattern or comparator in ("=~", "!~"):
        return
    first, last = value.text[:1], value.text[-1:]
    if first in ("[", "{") and last not in ("]", "}"):
        meant = f"{field} >= first {field} <= last" if comparator == ":" else f"{field} IN (a, b)"
        raise FilterError(
            f'"{first}" begins no list and no range; in quotes it is a text', value.position, suggestion=meant
        )
    if last == "," and len(value.text) > 1:
        problem = "conditions have AND or a space between them, and no comma; in quotes it is a text"
        raise FilterError(problem, value.position + len(value.text) - 1, suggestion="AND")


def check_values(values: Iterable[object]) -> None:
    """Raise FilterError for values of which a comma makes a list: a field would have to be equal to all of them."""
    for value in values:
        if isinstance(value, Value) and not value.quoted and value.text.endswith(","):
            raise FilterError(_LISTED, value.position, suggestion=_IN)


def with_list(text: str, error: FilterError) -> FilterError:
    """An error that says so where `error` stems from commas between values in parentheses, else `error` itself."""
    if _LIST.search(text[: error.position + 1]):
        return FilterError(_LISTED, error.position, suggestion=_IN)
    return error


def foreign_operator(field: str, operator: str, position: int) -> FilterError:
    """The error for an operator that stands after a field."""
    known = "IN [" if operator.endswith("[") else operator.upper()
    suggestion = _OPERATORS[known].format(field=field)
    return FilterError(f'"{operator}" is no operator; in quotes it is a text', position, suggestion=suggestion)


def unclear_signs(position: int) -> FilterError:
    """The error for `a && b || c`: elsewhere that is `(a && b) || c`, and OR binds tighter here."""
    return FilterError("&& and || beside each other need parentheses", position, suggestion="a && (b || c)")
