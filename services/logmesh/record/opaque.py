"""Message types of which some fields stay bytes, which is the same on the wire: what nobody looks into is not parsed."""

from collections.abc import Callable, Collection
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.descriptor import FileDescriptor


def opaque_types(
    file: FileDescriptor, fields: Collection[tuple[str, str]], many: Collection[str] = ()
) -> Callable[[str], Any]:
    """The messages of `file`, and of files that it imports, by their name, with each (message, field) of `fields` as bytes.

    Those of `many` are what any number of such messages are on the wire that are joined: every field of theirs that is no message is
    repeated, and has the values of all of them. One that is a message is all of theirs merged.
    """
    pool = descriptor_pool.DescriptorPool()
    _add(pool, file, fields, many)
    return lambda name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{file.package}.{name}"))


def _add(
    pool: descriptor_pool.DescriptorPool,
    file: FileDescriptor,
    fields: Collection[tuple[str, str]],
    many: Collection[str],
) -> None:
    for dependency in file.dependencies:
        _add(pool, dependency, fields, many)
    proto = descriptor_pb2.FileDescriptorProto()
    file.CopyToProto(proto)
    for message in proto.message_type:
        for field in message.field:
            if (message.name, field.name) in fields:
                field.type = descriptor_pb2.FieldDescriptorProto.TYPE_BYTES
                field.ClearField("type_name")
            if message.name in many and field.type != descriptor_pb2.FieldDescriptorProto.TYPE_MESSAGE:
                field.label = descriptor_pb2.FieldDescriptorProto.LABEL_REPEATED
                field.ClearField("oneof_index")
        if message.name in many:
            message.ClearField("oneof_decl")
    pool.Add(proto)
