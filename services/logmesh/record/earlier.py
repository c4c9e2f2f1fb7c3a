"""Records as releases before wrote them: batches of theirs may still lie in a processor's log."""

from collections.abc import Iterator
from typing import Any, Final

from google.protobuf.struct_pb2 import Struct, Value
from google.protobuf.unknown_fields import UnknownFieldSet

from logmesh.record.values import Values, set_values
from logmesh.v1.record_pb2 import LogRecord, Resource

_RECORD_ATTRIBUTES: Final = 7
_RESOURCE_ATTRIBUTES: Final = 3
_EXACT_INTEGERS: Final = 1 << 53


def read_structs(record: LogRecord) -> None:
    """Takes attributes from where they were a Struct, for a record, or a resource, that has none where they are now.

    Raises google.protobuf's DecodeError.
    """
    _read(record, _RECORD_ATTRIBUTES, record.attributes)
    if record.HasField("resource"):
        _read(record.resource, _RESOURCE_ATTRIBUTES, record.resource.attributes)


def _read(message: LogRecord | Resource, number: int, into: Values) -> None:
    if into:
        return
    for raw in _unknown(message, number):
        set_values(into, _members(Struct.FromString(raw)))


def _unknown(message: LogRecord | Resource, number: int) -> Iterator[bytes]:
    for field in UnknownFieldSet(message):  # type: ignore[attr-defined]  # it has a length and members
        if field.field_number == number and isinstance(field.data, bytes):
            yield field.data


def _members(struct: Struct) -> dict[str, Any]:
    return {name: _value(value) for name, value in struct.fields.items()}


def _value(value: Value) -> Any:
    match value.WhichOneof("kind"):
        case "struct_value":
            return _members(value.struct_value)
        case "list_value":
            return list(map(_value, value.list_value.values))
        case "number_value" if value.number_value.is_integer() and abs(value.number_value) <= _EXACT_INTEGERS:
            return int(value.number_value)  # people wrote 42 and not 42.0
        case None | "null_value":
            return None
        case kind:
            return getattr(value, kind)
