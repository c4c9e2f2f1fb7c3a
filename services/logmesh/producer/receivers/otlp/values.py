"""Attributes and bodies of OTLP, from the bytes of their messages to what columns hold: JSON text, and bytes of UTF-8.

Most are short texts of plain letters, which are cut out of the bytes; only the others see a parser.
"""

import re
from collections.abc import Iterable
from typing import Any, Final

from logmesh.producer.receivers.otlp.messages import KeyValue, Value
from logmesh.record.json_text import dump_json
from logmesh.record.values import json_bytes, json_double

_FIRST: Final = 0x0A  # field 1: a KeyValue's key, and the text of an AnyValue
_SECOND: Final = 0x12  # field 2: a KeyValue's value
_INT: Final = 0x18  # field 3 of an AnyValue
_SHORT_INT: Final = 4  # bytes of seven bits
_LEAST: Final = 4
_LEAST_TEXT: Final = 3
_SHORT: Final = 0x80  # lengths below it are one byte
_REMEMBERED: Final = 20_000
_LONGEST_REMEMBERED: Final = 256
_needs_care: Final = re.compile(rb"[^ !#-\[\]-~]").search
"""Finds what JSON escapes, and what may be no UTF-8."""


class _Names(dict[bytes, bytes]):
    """By name what stands before a member's value in JSON: ``"name":``."""

    def __missing__(self, name: bytes) -> bytes:
        text = dump_json(name.decode("utf-8", "replace")) + b":"
        if len(name) <= _LONGEST_REMEMBERED:
            if len(self) >= _REMEMBERED:
                self.clear()
            self[name] = text
        return text


class _Members(dict[bytes, bytes]):
    """By a serialised KeyValue the member of a JSON object that it is: ``"name":value``. Raises DecodeError for bytes that are none."""

    def __init__(self) -> None:
        super().__init__()
        self._names = _Names()

    def __missing__(self, raw: bytes) -> bytes:
        size = len(raw)
        member = self._short(raw, size) if _LEAST <= size < _SHORT and raw[0] == _FIRST else None
        if member is None:
            attribute = KeyValue.FromString(raw)
            member = self._names[attribute.key] + dump_json(json_of(attribute.value))
        if size <= _LONGEST_REMEMBERED:
            if len(self) >= _REMEMBERED:
                self.clear()
            self[raw] = member
        return member

    def _short(self, raw: bytes, size: int) -> bytes | None:
        """The member of a short name, and of a plain text or a number from 0 to 2^28 - 1; None for any other."""
        begin = 2 + raw[1]  # of the value, whose kind is two bytes later
        if begin + 4 > size or raw[begin] != _SECOND or begin + 2 + raw[begin + 1] != size:
            return None
        kind, rest = raw[begin + 2], raw[begin + 3 :]
        if kind == _FIRST and rest[0] + 1 == len(rest):
            text = rest[1:]
            return None if _needs_care(text) else self._names[raw[2:begin]] + b'"' + text + b'"'
        if kind != _INT or len(rest) > _SHORT_INT or rest[-1] >= _SHORT:
            return None
        number = shift = 0
        for byte in rest[:-1]:
            if byte < _SHORT:
                return None
            number |= (byte - _SHORT) << shift
            shift += 7
        return self._names[raw[2:begin]] + b"%d" % (number | rest[-1] << shift)


_members: Final = _Members()


def attributes_text(attributes: Iterable[bytes]) -> bytes:
    """The JSON object of serialised KeyValues, no bytes for none. Raises DecodeError."""
    text = b",".join(map(_members.__getitem__, attributes))
    return b"{" + text + b"}" if text else b""


def text_of(value: bytes) -> bytes | None:
    """The text of a serialised AnyValue that is a short one, and nothing else; None for any other."""
    size = len(value)
    if size < _LEAST_TEXT or value[0] != _FIRST:
        return b"" if not size else None
    if value[1] < _SHORT:
        return value[2:] if size == value[1] + 2 else None
    return value[3:] if value[2] < _SHORT and size == value[1] - _SHORT + (value[2] << 7) + 3 else None


def body_of(value: bytes) -> tuple[bytes, bool]:
    """The body that a serialised AnyValue is, and whether it is JSON of a value that is no text. Raises DecodeError."""
    parsed = Value.FromString(value)
    if parsed.WhichOneof("value") in (None, "string_value"):
        return parsed.string_value, False
    return dump_json(json_of(parsed)), True


def json_of(value: Any) -> Any:
    """A value as `dump_json` writes it to its canonical text, see `record.values`."""
    match value.WhichOneof("value"):
        case "string_value":
            return value.string_value.decode("utf-8", "replace")
        case "array_value":
            return list(map(json_of, value.array_value.values))
        case "kvlist_value":
            return members_of(value.kvlist_value.values)
        case "double_value":
            return json_double(value.double_value)
        case "bytes_value":
            return json_bytes(value.bytes_value)
        case "bool_value" | "int_value" as kind:
            return getattr(value, kind)
        case _:
            return None


def members_of(attributes: Iterable[Any]) -> dict[str, Any]:
    """Attributes by name, each as `json_of` has it."""
    return {attribute.key.decode("utf-8", "replace"): json_of(attribute.value) for attribute in attributes}
