"""Attributes as a Struct and as the text of a JSON object, each turned into the other.

JSON has no NaN and no infinities: they become the strings `NaN`, `Infinity` and `-Infinity`, as protobuf's
own JSON mapping writes them. Everything else a Struct can hold comes back equal.
"""

from math import isfinite, isnan
from typing import Any, Final

from google.protobuf.struct_pb2 import ListValue, Struct, Value

from logmesh.record.json_text import dump_json, load_json

MAX_DEPTH: Final = 24
"""Deeper values are given as JSON text: protobuf parsers refuse more than 100 nested messages, and one
level of JSON takes three of them."""

_EXACT_INTEGERS = float(1 << 53)


def attributes_to_json(attributes: Struct) -> bytes:
    """The JSON object for a Struct, keys in order so that equal ones give equal bytes; no bytes for an empty one."""
    if not attributes.fields:
        return b""
    return dump_json(plain(attributes), sort=True)


def attributes_from_json(text: bytes, into: Struct) -> None:
    """Adds the members of the JSON object `text` to `into`. No text adds nothing.

    Raises ValueError when `text` is not a JSON object in UTF-8.
    """
    if not text:
        return
    loaded = load_json(text)
    if not isinstance(loaded, dict):
        raise ValueError("attributes are not a JSON object")
    for key, value in loaded.items():
        _set(into.fields[_clean(key)], value, 1)


def plain(struct: Struct) -> dict[str, Any]:
    """The struct as plain values; whole numbers are integers, and what JSON has no number for is its name."""
    return {key: _plain(value) for key, value in struct.fields.items()}


def _plain(value: Value) -> Any:
    match value.WhichOneof("kind"):
        case "string_value":
            return value.string_value
        case "number_value":
            return _plain_number(value.number_value)
        case "bool_value":
            return value.bool_value
        case "struct_value":
            return plain(value.struct_value)
        case "list_value":
            return [_plain(item) for item in value.list_value.values]
        case _:
            return None


def _plain_number(number: float) -> int | float | str:
    if not isfinite(number):
        return "NaN" if isnan(number) else "Infinity" if number > 0 else "-Infinity"
    # People wrote 42 and want to read 42, not 42.0.
    if number.is_integer() and abs(number) <= _EXACT_INTEGERS and (number or str(number) == "0.0"):
        return int(number)
    return number


def _set(target: Value, value: Any, depth: int) -> None:
    match value:
        case None:
            target.null_value = 0  # type: ignore[assignment]
        case bool():
            target.bool_value = value
        case int() | float():
            _set_number(target, value)
        case str():
            target.string_value = _clean(value)
        case _ if depth >= MAX_DEPTH:
            target.string_value = dump_json(value).decode()
        case dict():
            struct = Struct()
            for key, member in value.items():
                _set(struct.fields[_clean(key)], member, depth + 1)
            target.struct_value.CopyFrom(struct)
        case _:
            items = ListValue()
            for member in value:
                _set(items.values.add(), member, depth + 1)
            target.list_value.CopyFrom(items)


def _set_number(target: Value, value: int | float) -> None:
    try:
        number = float(value)
    except OverflowError:
        number = float("inf") if value > 0 else float("-inf")
    if isfinite(number):
        target.number_value = number
    else:
        target.string_value = str(_plain_number(number))


def _clean(text: str) -> str:
    """Text that protobuf takes: a lone surrogate, which JSON can spell and UTF-8 can't, becomes `?`."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text
