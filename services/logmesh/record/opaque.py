"""Message types of which some fields stay bytes, which is the same on the wire: what nobody looks into is not parsed."""

from collections.abc import Callable, Collection
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.descriptor import FileDescriptor


def opaque_types(file: FileDescriptor, fields: Collection[tuple[str, str]]) -> Callable[[str], Any]:
    """The messages of `file` by their name, with each (message, field) of `fields` as bytes instead of a message."""
    proto = descriptor_pb2.FileDescriptorProto()
    file.CopyToProto(proto)
    for message in proto.message_type:
        for field in message.field:
            if (message.name, field.name) in fields:
                field.type = descriptor_pb2.FieldDescriptorProto.TYPE_BYTES
                field.ClearField("type_name")
    pool = descriptor_pool.DescriptorPool()
    _add_dependencies(pool, file)
    pool.Add(proto)
    return lambda name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{file.package}.{name}"))


def _add_dependencies(pool: descriptor_pool.DescriptorPool, file: FileDescriptor) -> None:
    for dependency in file.dependencies:
        _add_dependencies(pool, dependency)
        proto = descriptor_pb2.FileDescriptorProto()
        dependency.CopyToProto(proto)
        pool.Add(proto)
