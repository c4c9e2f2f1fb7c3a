"""Messages of a tail, and the pace at which they go out: at most every 50 ms, a heartbeat when there is nothing to say."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Final, Protocol

import grpc

from logmesh.record.opaque import opaque_types
from logmesh.v1 import tail_service_pb2 as pb

SERVICE: Final = pb.DESCRIPTOR.services_by_name["TailService"].full_name
FRAME_SECONDS: Final = 0.05
HEARTBEAT_SECONDS: Final = 5.0
STALL_SECONDS: Final = 30.0
FRAME_BYTES: Final = 64 << 10
"""Records of a message; one that is larger goes alone."""
TENANT_KEY: Final = "logmesh-tenant"
"""Metadata by which a gateway tells a processor whose records it wants."""

TailResponse: Any = opaque_types(pb.DESCRIPTOR, {("TailFrame", "records")})("TailResponse")
"""The message with its records as bytes: they are parsed where they are shown and nowhere before."""


class ReaderStopped(Exception):
    """The other side has not read for `STALL_SECONDS`."""


class ReaderGone(Exception):
    """The other side went away while it was written to."""


class Source(Protocol):
    """What is sent."""

    changed: asyncio.Event

    def messages(self) -> Iterator[Any]:
        """What there is to say now. A message counts as said when the next one is asked for."""

    def heartbeat(self) -> Any:
        """What to say when there is nothing."""


async def send_frames(source: Source, write: Callable[[Any], Awaitable[None]]) -> None:
    """Send until cancelled, a heartbeat or more at once. Raises ReaderStopped or ReaderGone."""
    framed = said = time.monotonic() - HEARTBEAT_SECONDS
    while True:
        try:
            async with asyncio.timeout(max(0.0, said + HEARTBEAT_SECONDS - time.monotonic())):
                await source.changed.wait()
        except TimeoutError:
            await _write(write, source.heartbeat())
            said = time.monotonic()
            continue
        # The first record after a silence goes at once; those behind it wait for each other.
        await asyncio.sleep(max(0.0, framed + FRAME_SECONDS - time.monotonic()))
        framed = time.monotonic()
        source.changed.clear()
        for message in source.messages():
            await _write(write, message)
            said = time.monotonic()


async def _write(write: Callable[[Any], Awaitable[None]], message: Any) -> None:
    try:
        async with asyncio.timeout(STALL_SECONDS):
            await write(message)
    except grpc.aio.InternalError as error:
        raise ReaderGone from error
    except TimeoutError as error:
        raise ReaderStopped(f"nothing was read for {STALL_SECONDS:.0f} s") from error


def tail_handlers(behaviour: Callable[[pb.TailRequest, Any], Awaitable[None]]) -> Any:
    """The handlers of TailService; `behaviour` writes `TailResponse`s of this module to the context."""
    return grpc.method_handlers_generic_handler(
        SERVICE,
        {
            "Tail": grpc.unary_stream_rpc_method_handler(
                behaviour,
                request_deserializer=pb.TailRequest.FromString,
                response_serializer=TailResponse.SerializeToString,
            )
        },
    )
