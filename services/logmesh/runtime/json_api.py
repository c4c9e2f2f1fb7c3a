"""The API as JSON: for each RPC that has an address, a call of `SERVICE` that takes the same request and answers with the text itself.

Envoy reads requests, and passes on what the gateway wrote: its own translation gives ids in base64 and 64-bit numbers in quotes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from google.api import annotations_pb2, httpbody_pb2
from google.api.http_pb2 import HttpRule
from google.protobuf.descriptor import FileDescriptor, MethodDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorProto

from logmesh.v1 import pipeline_service_pb2, query_service_pb2, tail_service_pb2, token_service_pb2

SERVED: Final = (
    query_service_pb2.DESCRIPTOR, tail_service_pb2.DESCRIPTOR, pipeline_service_pb2.DESCRIPTOR, token_service_pb2.DESCRIPTOR,
)  # fmt: skip
"""What a gateway serves to people. Producers and receivers never come through here."""

IMPORTED: Final[tuple[FileDescriptor, ...]] = (*SERVED, httpbody_pb2.DESCRIPTOR, annotations_pb2.DESCRIPTOR)
"""What the service's own file imports."""

SERVICE: Final = "logmesh.v1.JsonService"
METHODS: Final = "GET, HEAD, POST, OPTIONS"
_FILE: Final = "logmesh/v1/json_service.proto"
_HEAD: Final = "Head"


@dataclass(frozen=True, slots=True)
class JsonCall:
    """One call: its name, the RPC that it is, and whether it is asked for the head of the answer alone."""

    name: str
    rpc: MethodDescriptor
    is_head: bool

    @property
    def path(self) -> str:
        """Its path on the wire."""
        return f"/{SERVICE}/{self.name}"

    @property
    def streams(self) -> bool:
        """Whether the answer is one line after the other, for as long as it takes."""
        return bool(self.rpc.server_streaming) and not self.is_head


def json_calls() -> list[JsonCall]:
    """Every call of the service."""
    return [
        JsonCall(f"{_HEAD if is_head else ''}{rpc.name}", rpc, is_head)
        for rpc in _addressed()
        for is_head in (False, True)
        if not is_head or _rule(rpc).HasField("get")
    ]


def json_file() -> FileDescriptorProto:
    """The service as Envoy needs to know it. What is read with GET is read with HEAD too, and with POST, its fields in a body, unless
    another RPC is posted to."""
    file = FileDescriptorProto(
        name=_FILE, package="logmesh.v1", syntax="proto3", dependency=[one.name for one in IMPORTED]
    )
    posted = {_rule(rpc).post for rpc in _addressed()}
    service = file.service.add(name=SERVICE.rpartition(".")[2])
    for call in json_calls():
        method = service.method.add(
            name=call.name,
            input_type=f".{call.rpc.input_type.full_name}",
            output_type=f".{httpbody_pb2.HttpBody.DESCRIPTOR.full_name}",
            server_streaming=True,
        )
        rule, given = method.options.Extensions[annotations_pb2.http], _rule(call.rpc)
        if call.is_head:
            rule.custom.kind, rule.custom.path = "HEAD", given.get
            continue
        rule.CopyFrom(given)
        if given.HasField("get") and given.get not in posted:
            rule.additional_bindings.add(post=given.get, body="*")
    return file


def _addressed() -> Iterator[MethodDescriptor]:
    for file in SERVED:
        for service in file.services_by_name.values():
            yield from (rpc for rpc in service.methods if rpc.GetOptions().HasExtension(annotations_pb2.http))


def _rule(rpc: MethodDescriptor) -> HttpRule:
    return rpc.GetOptions().Extensions[annotations_pb2.http]
