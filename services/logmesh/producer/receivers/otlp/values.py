"""Values of OTLP, from the bytes of their messages to what columns hold: JSON text, and bytes of UTF-8."""

from collections.abc import Iterable
from typing import Any

from logmesh.producer.receivers.otlp.messages import Value
from logmesh.record.json_text import dump_json
from logmesh.record.values import json_bytes, json_double


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
