"""The API as JSON: each call runs the RPC that it stands for, and what that answers is written as JSON, one message a line.

An error before the first line is the call's status, which the edge turns into a status of HTTP with its words; one behind it is the
last line, `{"error": …}`, for a body has no other place to say so. Who has stopped reading gets no line more.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Never

import grpc
from google.api.httpbody_pb2 import HttpBody
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass

from logmesh.record.json_message import message_json
from logmesh.record.json_text import dump_json
from logmesh.runtime.json_api import SERVICE, JsonCall, json_calls

Behaviour = Callable[[Any, Any], Awaitable[Any]]
"""Takes a request and the call's context, and returns its answer, or has written its answers to the context."""

_LARGE_BYTES: Final = 64 << 10
"""A message of more is written in a thread."""


class _HeadIsThere(Exception):
    """The first message came, and no more is asked for."""


def json_handlers(behaviours: Mapping[str, Behaviour]) -> Any:
    """The handlers of JSON's service, each with the behaviour of its RPC's name."""
    return grpc.method_handlers_generic_handler(
        SERVICE,
        {
            call.name: grpc.unary_stream_rpc_method_handler(
                _handler(call, behaviours[call.rpc.name]), response_serializer=HttpBody.SerializeToString
            )
            for call in json_calls()
        },
    )


def _handler(call: JsonCall, behaviour: Behaviour) -> Behaviour:
    request_type: Any = GetMessageClass(call.rpc.input_type)
    answer_type: Any = GetMessageClass(call.rpc.output_type)

    async def handle(raw: bytes, context: Any) -> None:
        try:
            request = request_type.FromString(raw)
        except DecodeError:
            # Envoy passes on what stands in an address, whatever it is.
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "a parameter is not UTF-8")
        written = _JsonContext(context, answer_type, call)
        try:
            answer = await behaviour(request, written)
            if answer is not None:
                await written.write(answer)
        except _HeadIsThere:
            return

    return handle


class _JsonContext:
    """The call's context for a behaviour: what it writes goes out as JSON."""

    def __init__(self, context: Any, answer_type: type[Message], call: JsonCall) -> None:
        self._context, self._answer_type, self._call = context, answer_type, call
        self._is_file = answer_type is HttpBody
        self._begun = False
        self._is_writing = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)

    async def send_initial_metadata(self, _metadata: Any) -> None:
        """The edge takes the headers from the first message, and a call that fails before it has a status of its own."""

    async def write(self, message: Any) -> None:
        """Send one message as a line; of a file, its piece as it is."""
        body = message if self._is_file else HttpBody(data=await self._line(message))
        if not self._begun and not self._is_file:
            body.content_type = "application/json"
        if self._call.is_head:
            await self._context.write(HttpBody(content_type=body.content_type))
            raise _HeadIsThere
        self._begun = self._is_writing = True
        await self._context.write(body)
        self._is_writing = False

    async def abort(self, code: grpc.StatusCode, details: str = "", trailing_metadata: Any = ()) -> Never:
        """End the call with this status, and say so in the body where that has begun."""
        # Where a write was given up, as for a client that does not read, gRPC takes no other: a status is all that can be sent.
        if self._begun and not self._is_writing and not self._is_file:
            error = {"error": {"code": code.name, "message": details}}
            await self._context.write(HttpBody(data=dump_json(error) + b"\n"))
        await self._context.abort(code, details, trailing_metadata)
        raise AssertionError("abort raises")

    async def _line(self, message: Any) -> bytes:
        # Others should not wait for the event loop as long as a megabyte takes.
        if message.ByteSize() > _LARGE_BYTES:
            return await asyncio.to_thread(self._written, message)
        return self._written(message)

    def _written(self, message: Any) -> bytes:
        if not isinstance(message, self._answer_type):  # one whose records are still bytes
            message = self._answer_type.FromString(message.SerializeToString())
        return message_json(message) + b"\n"
