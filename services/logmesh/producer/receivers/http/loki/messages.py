"""Reads a push in protobuf: `logproto.PushRequest`, of which fields that nobody reads here are left out."""

from collections.abc import Iterator
from typing import Any, Final

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

from logmesh.producer.receivers.http.loki.streams import Stream, parse_labels
from logmesh.producer.receivers.http.refusals import TooLarge
from logmesh.producer.receivers.limits import MOST_RECORDS
from logmesh.producer.receivers.received import RequestRefused

_FIELD: Final = descriptor_pb2.FieldDescriptorProto
_PACKAGE: Final = "logproto"
# By message: name, number and type of a field; a type in capitals is repeated. Texts are bytes here, so that one that is no UTF-8 does
# not cost the whole push.
_MESSAGES: Final = {
    "Timestamp": (("seconds", 1, _FIELD.TYPE_INT64, ""), ("nanos", 2, _FIELD.TYPE_INT32, "")),
    "Pair": (("name", 1, _FIELD.TYPE_BYTES, ""), ("value", 2, _FIELD.TYPE_BYTES, "")),
    "Entry": (
        ("timestamp", 1, _FIELD.TYPE_MESSAGE, "Timestamp"),
        ("line", 2, _FIELD.TYPE_BYTES, ""),
        ("metadata", 3, _FIELD.TYPE_MESSAGE, "Pair"),
    ),
    "Stream": (("labels", 1, _FIELD.TYPE_BYTES, ""), ("entries", 2, _FIELD.TYPE_MESSAGE, "Entry")),
    "PushRequest": (("streams", 1, _FIELD.TYPE_MESSAGE, "Stream"),),
}
_REPEATED: Final = frozenset(("metadata", "entries", "streams"))


def _push_request() -> Any:
    file = descriptor_pb2.FileDescriptorProto(name="logproto/push.proto", package=_PACKAGE, syntax="proto3")
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for field_name, number, kind, of in fields:
            label = _FIELD.LABEL_REPEATED if field_name in _REPEATED else _FIELD.LABEL_OPTIONAL
            field = message.field.add(name=field_name, number=number, type=kind, label=label)
            if of:
                field.type_name = f".{_PACKAGE}.{of}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.PushRequest"))


PushRequest: Final = _push_request()
"""The message's class; its texts are bytes."""


def read_message(body: bytes) -> Iterator[Stream]:
    """The streams of a push in protobuf, once it is unpacked. Raises RequestRefused."""
    try:
        push = PushRequest.FromString(body)
    except DecodeError as error:
        raise RequestRefused("the body is no logproto.PushRequest behind snappy") from error
    for stream in push.streams:
        if len(stream.entries) > MOST_RECORDS:
            raise TooLarge(f"a push holds {MOST_RECORDS} entries at most")
        entries = list(stream.entries)
        times = [(time := entry.timestamp).seconds * 1_000_000_000 + time.nanos for entry in entries]
        metadata = [_fields(entry.metadata) for entry in entries]
        yield Stream(parse_labels(stream.labels), times, [entry.line for entry in entries], metadata)


def _fields(pairs: Any) -> dict[str, Any]:
    return {pair.name.decode("utf-8", "replace"): pair.value.decode("utf-8", "replace") for pair in pairs}
