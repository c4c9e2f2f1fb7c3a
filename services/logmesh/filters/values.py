"""The right side of a comparison as it was written, and what it may mean: a text, a number, a pattern, a list."""

import json
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from logmesh.filters.ast import Literals
from logmesh.filters.errors import FilterError
from logmesh.filters.limits import MAX_DIGITS
from logmesh.filters.regex import Regex, RegexError, parse_regex
from logmesh.record.storable import is_storable

_NUMBER: Final = re.compile(r"[+-]?(?:\d{1,310}(?:\.\d{0,64})?|\.\d{1,64})(?:[eE][+-]?\d{1,3})?", re.ASCII)
# Of a zero; PostgreSQL, which is given the text, reads none of 2^30 and more.
_LEAST_UNREAD_EXPONENT: Final = 10**9
_SPECIAL: Final = re.compile(r"[^\w\s]", re.ASCII)
_PLAIN_SLASHED: Final = re.compile(r"[\w.,:@%~-]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Value:
    """The right side of a comparison, quotes and escapes undone; a pattern without the slashes around it."""

    text: str
    quoted: bool
    position: int
    is_pattern: bool = False

    @property
    def anything(self) -> bool:
        """`*` in `field:*`, which asks whether there is a value."""
        return self.has_star and not self.text.strip("*")

    @property
    def has_star(self) -> bool:
        """Whether it stands for all texts that its stars leave room for."""
        return not self.quoted and not self.is_pattern and "*" in self.text


def slashed(token: str, position: int) -> Value:
    """What `/…/` means: a pattern, with the flags that follow it."""
    inner, _, flags = token[1:].rpartition("/")
    return Value(f"(?{''.join(sorted(set(flags)))}){inner}" if flags else inner, False, position, is_pattern=True)


def slashed_text(token: str, position: int) -> Value:
    """What `/…/` means after `=`: a text where it could be a path, such as `/api/`, and a pattern otherwise."""
    plain = token.endswith("/") and _PLAIN_SLASHED.fullmatch(token[1:-1])
    return Value(token, False, position) if plain else slashed(token, position)


def starred(value: Value, *, whole: bool) -> Value:
    """The pattern of a text with stars: of the whole value, or of a part of it in whatever case."""
    parts = (value.text if whole else f"*{value.text}*").split("*")
    return _with_gaps(list(map(_literally, parts)), value.position, fold=not whole)


def like(value: Value, *, fold: bool) -> Value:
    """The pattern of SQL's LIKE: `%` is any text and `_` one character, unless a backslash is before it."""
    parts, inner = [""], iter(value.text)
    for char in inner:
        match char:
            case "%":
                parts.append("")
            case "_":
                parts[-1] += "."
            case "\\":
                parts[-1] += _literally(next(inner, char))
            case _:
                parts[-1] += _literally(char)
    return _with_gaps(parts, value.position, fold=fold)


def _with_gaps(parts: list[str], position: int, *, fold: bool) -> Value:
    """The pattern of a whole text in which any text stands between these parts."""
    first, last = "^" if parts[0] else "", "$" if parts[-1] else ""
    if len(parts) == 1:
        first, last = "^", "$"
    inner = ".*".join(part for part in parts if part)
    return Value(f"(?{'i' if fold else ''}s){first}{inner}{last}", False, position, is_pattern=True)


def read_pattern(value: Value) -> Regex:
    """The pattern that a value is. Raises FilterError."""
    try:
        return parse_regex(value.text)
    except RegexError as error:
        position = value.position + (value.quoted or value.is_pattern) + error.position
        raise FilterError(f'the pattern "{value.text[:40]}": {error.problem}', position) from error


def read_literals(value: Value) -> Literals:
    """What a value may be among the values of attributes."""
    text = value.text
    number = Decimal(text) if _NUMBER.fullmatch(text) else None
    structure = text if text[:1] in ("[", "{") and text[-1:] in ("]", "}") and _is_structure(text) else None
    return Literals(text, number, {"true": True, "false": False}.get(text), structure)


def read_structure(text: str) -> Any:
    """A JSON text's value, its numbers exact. Raises ValueError or RecursionError.

    Numbers keep their exponents, which `load_exact_json` writes out: a hostile filter may have hundreds of 1e100000.
    """
    return json.loads(text, parse_float=_number, parse_int=_number, parse_constant=_refuse)


def _is_structure(text: str) -> bool:
    """Whether it is a list or an object that a database takes."""
    try:
        return isinstance(found := read_structure(text), list | dict) and is_storable(found)
    except (ValueError, RecursionError):
        return False


def _number(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation as error:  # an exponent of twenty digits
        raise ValueError(text) from error
    exponent = int(number.as_tuple().exponent)
    if (number and number.adjusted() >= MAX_DIGITS) or not -MAX_DIGITS <= exponent < _LEAST_UNREAD_EXPONENT:
        raise ValueError(text)
    return number or Decimal()


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _literally(text: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", text)
