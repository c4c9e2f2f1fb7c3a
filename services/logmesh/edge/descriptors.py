"""The API as Envoy needs to know it: a descriptor set for JSON, and each method's path."""

from collections.abc import Iterator
from dataclasses import dataclass

from google.protobuf.descriptor import FileDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.rpc import error_details_pb2, status_pb2

from logmesh.runtime.json_api import IMPORTED, SERVED, SERVICE, json_calls, json_file

# Errors travel as google.rpc.Status, which becomes the body of a failed JSON call.
ERRORS = (status_pb2.DESCRIPTOR, error_details_pb2.DESCRIPTOR)


@dataclass(frozen=True, slots=True)
class Method:
    """One RPC: its path on the wire, and whether it streams."""

    path: str
    streams: bool


def services() -> list[str]:
    """Full names of the services behind the edge, that of JSON last."""
    return [*(service.full_name for file in SERVED for service in file.services_by_name.values()), SERVICE]


def methods() -> list[Method]:
    """Every RPC of those services."""
    found = [
        Method(f"/{service.full_name}/{method.name}", method.client_streaming or method.server_streaming)
        for file in SERVED
        for service in file.services_by_name.values()
        for method in service.methods
    ]
    return [*found, *(Method(call.path, call.streams) for call in json_calls())]


def descriptor_set() -> bytes:
    """A serialised FileDescriptorSet of JSON's service and all that it imports, each file after its imports."""
    files: dict[str, FileDescriptor] = {}
    for root in (*IMPORTED, *ERRORS):
        for file in _with_imports(root):
            files.setdefault(file.name, file)
    found = FileDescriptorSet()
    for file in files.values():
        file.CopyToProto(found.file.add())
    found.file.append(json_file())
    return found.SerializeToString(deterministic=True)


def _with_imports(file: FileDescriptor) -> Iterator[FileDescriptor]:
    for imported in file.dependencies:
        yield from _with_imports(imported)
    yield file
