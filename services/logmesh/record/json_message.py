"""Messages of the API as values of JSON: records as `json_line` writes them, everything else by the names of the protos.

What is empty, 0 or false is left out. Numbers are exact, 64-bit ones too; times are RFC 3339 with nanoseconds; durations are seconds
with an `s`; enums are their names.
"""

from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Any, Final

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from logmesh.record.json_line import format_time, record_fields
from logmesh.record.json_text import dump_json
from logmesh.record.values import json_double


def message_json(message: Message) -> bytes:
    """The message as one line of JSON, without its end."""
    return dump_json(_fields(message))


def _fields(message: Message) -> Any:
    special = _SPECIAL.get(message.DESCRIPTOR.full_name)
    return special(message) if special else {field.name: _value(field, value) for field, value in message.ListFields()}


def _value(field: FieldDescriptor, value: Any) -> Any:
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        inner = field.message_type.fields_by_name["value"]
        return {str(key): _one(inner, value[key]) for key in sorted(value)}
    if field.is_repeated:
        return [_one(field, one) for one in value]
    return _one(field, value)


def _one(field: FieldDescriptor, value: Any) -> Any:
    if field.message_type is not None:
        return _fields(value)
    if field.enum_type is not None:
        known = field.enum_type.values_by_number.get(value)
        return known.name if known else value
    if isinstance(value, bytes):
        return b64encode(value).decode()
    return json_double(value) if isinstance(value, float) else value


_SPECIAL: Final[Mapping[str, Callable[[Any], Any]]] = {
    "logmesh.v1.LogRecord": record_fields,
    "google.protobuf.Timestamp": lambda time: format_time(time.ToNanoseconds()),
    "google.protobuf.Duration": lambda duration: duration.ToJsonString(),
}
