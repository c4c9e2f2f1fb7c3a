"""JSON text to plain values and back, by orjson where it is installed and by the standard library where it is not.

The plain install, which is the client's, has no orjson; both write the same values, and read the same texts.
"""

import json
import re
from decimal import Decimal, InvalidOperation
from typing import Any, Final

try:
    import orjson
except ModuleNotFoundError:  # not in the plain install
    orjson = None  # type: ignore[assignment]

_DIGITS: Final = bytes(0x30 if byte in b"0123456789." else 0x65 if byte in b"eE" else byte for byte in range(256))
"""A table for `bytes.translate`, which leaves of a number how many digits it has, and that an exponent follows."""
_SIXTEEN: Final = b"0" * 16
_EXPONENT: Final = b"0e"
_WHOLE: Final = b"e+"
"""What the shortest text of a double from `LONG_DOUBLE` on has, which JSON's `1e16` means as a whole number."""
_SPACED: Final = b'": '
_STRING_OR_NUMBER: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"|(-?\d[\d.eE+-]*)')
_SURE_LENGTH: Final = 16
"""Of a number with a point, so that it has fifteen digits."""
_LONGEST_INT: Final = 18
"""How many digits are no more than 64 bits."""
_MAY_BE_FLOATS: Final = frozenset({float, dict, list})
LONG_DOUBLE: Final = 1e16
"""From here on the shortest text of a double has an exponent and no fraction."""
_SHORT_TEXT: Final = 2_048
_MOST_INT_DIGITS: Final = 4_000
"""Python refuses to read, and to write, longer ints; a Decimal of any length is fine."""
_MOST_DIGITS: Final = 131_072
_MOST_DECIMALS: Final = 16_383
"""Digits before and behind the point that PostgreSQL's numeric has room for."""
_MOST_ZEROS: Final = 400
"""That an exponent may stand for, which are some more than in a double. Eight bytes could be 131,072 digits."""
_MOST_ZEROS_OF_ALL: Final = 4_096
"""That exponents of a text may stand for, beyond as many as it has bytes."""


class JsonBeyondBounds(ValueError):
    """A text that may be JSON, and is nested too deep, or has a number too long, for the store."""


def dump_json(value: Any, sort: bool = False) -> bytes:
    """JSON text of plain Python values with string keys, Decimals among them; what orjson refuses goes through the standard library.

    Raises ValueError when it is nested too deep for that as well.
    """
    if orjson is not None:
        try:
            text = orjson.dumps(value, default=_fragment, option=orjson.OPT_SORT_KEYS if sort else None)
            # A copy: what orjson gives is cut down from some KiB, and many such texts that are kept leave holes as large.
            return b"%b" % text if len(text) < _SHORT_TEXT else text
        except (TypeError, orjson.JSONEncodeError):
            pass  # lone surrogates, integers beyond 64 bits, nesting beyond orjson's limit
    try:
        try:
            written = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=sort)
        except TypeError:
            written = _with_decimals(value, sort)
    except RecursionError as error:
        raise ValueError("JSON is nested too deep") from error
    return written.encode("utf-8", "replace")


def load_json(text: bytes) -> Any:
    """The value of a JSON text. Raises ValueError for anything else, however deep."""
    if orjson is not None:
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            pass  # what only the standard library takes, or nothing does
    try:
        return json.loads(text.decode())
    except RecursionError as error:
        raise ValueError("JSON is nested too deep") from error


def load_exact_json(text: bytes, *, constants: bool = False) -> Any:
    """The value of a JSON text, numbers as in `exact_number`. Raises JsonBeyondBounds, and ValueError for what is no JSON.

    NaN and the infinities, which are no JSON, are their names where `constants` are allowed.
    """
    if orjson is not None:
        try:
            value = orjson.loads(text)
        except orjson.JSONDecodeError:
            pass  # lone surrogates, nesting beyond orjson's limit, or no JSON
        else:
            values = value.values() if type(value) is dict else (value,)
            # Ints are exact, for one beyond 64 bits is a float there.
            if _MAY_BE_FLOATS.isdisjoint(map(type, values)) or _is_exact(value, text):
                return value
    check_exponents(text)
    try:
        return (_EXACT if constants else _STRICT).decode(text.decode())
    except InvalidOperation as error:
        raise JsonBeyondBounds("a number is beyond all bounds") from error
    except RecursionError as error:
        raise JsonBeyondBounds("JSON is nested too deep") from error


def check_exponents(text: bytes) -> None:
    """Raise JsonBeyondBounds for a JSON text that is short, and long once its numbers are written out, as databases do."""
    if _EXPONENT not in text.translate(_DIGITS):
        return
    room = len(text) + _MOST_ZEROS_OF_ALL
    for number in _STRING_OR_NUMBER.findall(text):
        digits = number.lower().partition(b"e")[2].lstrip(b"+-0")
        if digits.isdigit():
            room -= int(digits) if len(digits) < _LONGEST_INT else room + 1
        if room < 0:
            raise JsonBeyondBounds("exponents stand for more digits than are kept")


def _is_exact(value: Any, text: bytes) -> bool:
    """Whether no number of `text` was rounded in the value that orjson made of it, nor a whole one made a float; a quick look."""
    try:
        written = orjson.dumps(value)
    except orjson.JSONEncodeError:  # it is nested deeper than what orjson writes
        written = b""
    # What is the same when it is written again is exact, be it with other spaces, and so are fifteen digits.
    if written == text or (_SPACED in text and written.translate(None, b" ") == text.translate(None, b" ")):
        return _WHOLE not in written or _are_exact(text)
    shape = text.translate(_DIGITS)
    return not (_SIXTEEN in shape or _EXPONENT in shape) or _are_exact(text)


def _are_exact(text: bytes) -> bool:
    """The same, number by number: one that is long is exact where it is the shortest text of what was read."""
    for number in _STRING_OR_NUMBER.findall(text):
        if len(number) > _SURE_LENGTH or b"e" in number or b"E" in number:
            if len(number) <= _LONGEST_INT and number.isdigit():
                continue
            shortest = repr(float(number)).encode()
            if shortest != number or _WHOLE in shortest:
                return False
    return True


def exact_number(text: str) -> int | float | Decimal:
    """A number of JSON with all its digits: an int without a fraction, else a float that has the same value, else a Decimal.

    Floats from `LONG_DOUBLE` on are Decimals, too: whoever writes them as JSON gives them no fraction.

    Without a fraction is what PostgreSQL writes without one: 1e3 is, 1.0 is not. Beyond 4,000 digits an int is a Decimal, too.
    Raises JsonBeyondBounds for one that the store has no room for, or that is short and long once it is written out; decimal's
    InvalidOperation for what is none.
    """
    if text.lstrip("-").isdecimal() and len(text) < _MOST_INT_DIGITS:
        return int(text)
    number = Decimal(text)
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int):
        raise InvalidOperation(text)
    if (number and number.adjusted() >= _MOST_DIGITS) or exponent < -_MOST_DECIMALS:
        raise JsonBeyondBounds("a number has more digits than the store has room for")
    if max(number.adjusted() if number else 0, -exponent) > len(text) + _MOST_ZEROS:
        raise JsonBeyondBounds("an exponent stands for more digits than are kept")
    if exponent < 0:
        double = float(number)
        return double if abs(double) < LONG_DOUBLE and Decimal(repr(double)) == number else number
    whole = f"{number:f}" if number else "0"
    return int(whole) if len(whole) < _MOST_INT_DIGITS else Decimal(whole)


def _fragment(value: object) -> Any:
    if isinstance(value, Decimal):
        return orjson.Fragment(f"{value:f}")
    raise TypeError(f"{type(value).__name__} is not JSON")


def _with_decimals(value: Any, sort: bool) -> str:
    match value:
        case Decimal():
            return f"{value:f}"
        case dict():
            members = sorted(value.items()) if sort else value.items()
            return (
                "{"
                + ",".join(f"{_with_decimals(str(name), sort)}:{_with_decimals(one, sort)}" for name, one in members)
                + "}"
            )
        case list() | tuple():
            return "[" + ",".join(_with_decimals(one, sort) for one in value) + "]"
        case _:
            return json.dumps(value, ensure_ascii=False)


def _no_number(name: str) -> Any:
    raise ValueError(f"JSON has no {name}")


_STRICT: Final = json.JSONDecoder(parse_float=exact_number, parse_int=exact_number, parse_constant=_no_number)
_EXACT: Final = json.JSONDecoder(parse_float=exact_number, parse_int=exact_number, parse_constant=str)
