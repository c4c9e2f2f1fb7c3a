"""500 streams that say nothing, 100 tails whose readers have stopped, and records that flow all the same."""

import asyncio
import contextlib
import time
import uuid
from collections.abc import AsyncIterator
from typing import Any

import grpc

from benchmarks.load import Load, Payloads, encode
from benchmarks.memory.fleet import Fleet
from benchmarks.servers import ADDRESS
from benchmarks.tail import stopped_readers
from logmesh.v1 import ingest_service_pb2 as pb

_METHOD = "/logmesh.v1.IngestService/Append"
_OWN_CONNECTION = [("grpc.use_local_subchannel_pool", 1)]
_RATE = 5_000
_BATCH, _LARGE_BATCH = 100, 10
_LARGE_BODY = 30_000


async def run(fleet: Fleet, options: Any) -> list[str]:
    """Records of an ordinary size, and some large ones: tails are bounded in bytes and in records."""
    await fleet.until("the processor is up", lambda state: state.ready)
    gateway = fleet.start_gateway()
    began = time.monotonic()
    async with _idle_streams(fleet, options.idle), stopped_readers(gateway, options.stopped):
        await fleet.until(
            "all are open", lambda state: state.streams >= options.idle and state.tails >= options.stopped
        )
        tails = (await fleet.state()).tails
        small = Load(fleet.target, Payloads(_BATCH, 110), int(_RATE * options.seconds / _BATCH), _RATE)
        large = Load(fleet.target, Payloads(_LARGE_BATCH, _LARGE_BODY), int(20 * options.seconds), 20 * _LARGE_BATCH)
        await asyncio.gather(small.run(), large.run())
    latest = sorted(small.logged_seconds)
    return [
        f"{options.idle} idle streams, {options.stopped} stopped tails ({tails} of the processor's), {time.monotonic() - began:.0f} s",
        f"append → LOGGED at {_RATE:,}/s beside them: p99 {latest[int(len(latest) * 0.99)] * 1000:.0f} ms",
        await fleet.account(small.batches * _BATCH + (large.batches + options.idle) * _LARGE_BATCH),
    ]


@contextlib.asynccontextmanager
async def _idle_streams(fleet: Fleet, count: int) -> AsyncIterator[None]:
    """Streams that have sent one large batch, each on a connection of its own."""
    payloads = Payloads(_LARGE_BATCH, _LARGE_BODY)
    channels = [grpc.aio.insecure_channel(f"{ADDRESS}:{fleet.port}", options=_OWN_CONNECTION) for _ in range(count)]
    calls = []
    for channel in channels:
        append: Any = channel.stream_stream(_METHOD, None, pb.AppendResponse.FromString)
        call = append()
        hello = pb.Hello(spool_id=str(uuid.uuid4()), producer="idle")
        await call.write(pb.AppendRequest(hello=hello).SerializeToString())
        await call.read()
        request = encode(1, _LARGE_BATCH, payloads.next(1))
        await call.write(request)
        while not (await call.read()).logged.ranges:
            pass
        calls.append(call)
    try:
        yield
    finally:
        for channel in channels:
            await channel.close(None)
