"""Values of OTLP, from the bytes of their messages to what columns hold: JSON text, and bytes of UTF-8. What is a short text is cut out
of the bytes; only others see a parser."""

from collections.abc import Iterable
from typing import Any, Final

from logmesh.producer.receivers.otlp.messages import Value
from logmesh.record.json_text import dump_json
from logmesh.record.values import json_bytes, json_double

_FIRST: Final = 0x0A  # field 1: the text of an AnyValue
_LEAST_TEXT: Final = 3
_SHORT: Final = 0x80  # lengths below it are one byte


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
