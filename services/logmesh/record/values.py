"""Values of attributes: as messages hold them, as Python has them, and as JSON says them.

The one canonical text of a value is JSON, and `AnyValue` in record.proto says how: what JSON has is the same there; a whole number
has no fraction, however large, and a double always has one; bytes are an object of one member, `BYTES_KEY`; NaN and the infinities
are the texts `NaN`, `Infinity` and `-Infinity`. Attributes travel and are stored as that, and every answer is made from it.

In Python a value is None, bool, int, float, str, bytes, list or dict; a number that no float holds exactly is a Decimal.
"""

from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from math import isfinite, isnan
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from logmesh.record.json_text import LONG_DOUBLE, dump_json, exact_number
from logmesh.v1.record_pb2 import AnyValue

if TYPE_CHECKING:
    from google.protobuf.internal.containers import MessageMap

Values: TypeAlias = "MessageMap[str, AnyValue]"
"""A map of values in a message, such as a record's attributes."""

BYTES_KEY: Final = "logmesh.bytes"
"""Name of the one member of the object that stands for bytes in JSON."""

MAX_DEPTH: Final = 24
"""Deeper values are given as JSON text: protobuf parsers refuse more than 100 nested messages, and one
level of JSON takes three of them."""

_LEAST_INT: Final = -(1 << 63)
_MOST_INT: Final = (1 << 63) - 1


def plain(values: Values) -> dict[str, Any]:
    """The values as Python has them, in order of their names."""
    return {name: plain_value(values[name]) for name in sorted(values)}


def plain_value(value: AnyValue) -> Any:
    """One value as Python has it."""
    match value.WhichOneof("kind"):
        case None:
            return None
        case "array_value":
            return list(map(plain_value, value.array_value.values))
        case "kvlist_value":
            return plain(value.kvlist_value.values)
        case "decimal_value":
            number = decimal_of(value)
            return exact_number(f"{number:f}") if isinstance(number, Decimal) else number
        case kind:
            return getattr(value, kind)


def set_values(into: Values, values: Mapping[str, Any]) -> None:
    """Adds `values`, as Python or JSON has them, to a message's."""
    for name, value in values.items():
        _set(into[_utf8(name)], value, 1)


def set_value(into: AnyValue, value: Any) -> None:
    """Makes `into` the one value, as Python or JSON has it."""
    into.Clear()
    _set(into, value, 0)


def json_values(values: Values) -> dict[str, Any]:
    """The values as `dump_json` writes them to their canonical text, in order of their names."""
    return {name: json_value(values[name]) for name in sorted(values)}


def json_value(value: AnyValue) -> Any:
    """One value as `dump_json` writes it to its canonical text."""
    match value.WhichOneof("kind"):
        case None:
            return None
        case "array_value":
            return list(map(json_value, value.array_value.values))
        case "kvlist_value":
            return json_values(value.kvlist_value.values)
        case "double_value":
            return json_double(value.double_value)
        case "bytes_value":
            return json_bytes(value.bytes_value)
        case "decimal_value":
            return decimal_of(value)
        case kind:
            return getattr(value, kind)


def json_double(number: float) -> float | Decimal | str:
    """A double as JSON says it, so that it comes back as one."""
    if not isfinite(number):
        return "NaN" if isnan(number) else "Infinity" if number > 0 else "-Infinity"
    if abs(number) < LONG_DOUBLE:
        return number + 0.0  # the store's zero has no sign
    return Decimal(f"{Decimal(repr(number)):f}.0")


def json_bytes(raw: bytes) -> dict[str, str]:
    """Bytes as JSON says them."""
    return {BYTES_KEY: b64encode(raw).decode()}


def decimal_of(value: AnyValue) -> Decimal | str:
    """The number of a `decimal_value`; its text where that is none of JSON's."""
    text = value.decimal_value
    try:
        exact_number(text)
    except (ValueError, InvalidOperation):
        return text
    return Decimal(text)


def _set(target: AnyValue, value: Any, depth: int) -> None:
    match value:
        case None:
            pass
        case bool():
            target.bool_value = value
        case int():
            if _LEAST_INT <= value <= _MOST_INT:
                target.int_value = value
            else:
                target.decimal_value = str(value)
        case float():
            target.double_value = value
        case str():
            target.string_value = _utf8(value)
        case bytes():
            target.bytes_value = value
        case Decimal():
            _set_decimal(target, value)
        case dict() if (raw := _bytes_of(value)) is not None:
            target.bytes_value = raw
        case _ if depth >= MAX_DEPTH:
            target.string_value = _utf8(dump_json(value).decode())
        case dict():
            target.kvlist_value.SetInParent()
            members = target.kvlist_value.values
            for name, member in value.items():
                _set(members[_utf8(name)], member, depth + 1)
        case _:
            target.array_value.SetInParent()
            items = target.array_value.values
            for member in value:
                _set(items.add(), member, depth + 1)


def _set_decimal(target: AnyValue, value: Decimal) -> None:
    text = f"{value:f}"
    if "." in text and Decimal(repr(double := float(value))) == value:
        target.double_value = double
    else:
        target.decimal_value = text


def _bytes_of(value: Mapping[str, Any]) -> bytes | None:
    """The bytes that an object of JSON stands for, None for any other object."""
    if len(value) != 1 or not isinstance(text := value.get(BYTES_KEY), str):
        return None
    try:
        raw = b64decode(text, validate=True)
    except (Base64Error, ValueError):
        return None
    return raw if b64encode(raw).decode() == text else None


def _utf8(text: str) -> str:
    """Text that protobuf takes: a lone surrogate, which JSON can spell and UTF-8 can't, becomes `?`."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text
