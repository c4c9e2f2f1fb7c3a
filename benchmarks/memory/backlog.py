"""Gigabytes of the largest bodies in the log while the database is away; then it comes back, and the processor is killed on the way."""

import asyncio
import base64
import os
import time
import uuid
from typing import Any

from benchmarks.load import encode
from benchmarks.memory.fleet import Fleet, Wrong
from logmesh.client.delivering.window import Window
from logmesh.record.packed import pack_times
from logmesh.runtime.channel import END_OF_STREAM, open_channel
from logmesh.v1 import ingest_service_pb2 as pb
from logmesh.v1.record_pb2 import LogColumns, Origin

_METHOD = "/logmesh.v1.IngestService/Append"
_BODY = 256 << 10
_BODIES = 15
"""Of a batch: just below the limit of a message."""
_STREAMS = 4


async def run(fleet: Fleet, options: Any) -> list[str]:
    """Fill, restart on it, store half, restart, store the rest."""
    await fleet.until("the processor is up", lambda state: state.ready)
    batches = options.backlog_mib * 1024 // (_BODIES * 256) // _STREAMS
    may_send = asyncio.Event()
    streams = [asyncio.create_task(_fill(fleet.target, batches, may_send)) for _ in range(_STREAMS)]
    await fleet.until("the streams are open", lambda state: state.streams == _STREAMS)
    await asyncio.to_thread(fleet.postgres.stop, "fast")
    began = time.monotonic()
    may_send.set()
    await asyncio.gather(*streams)
    said = [f"{batches * _STREAMS * _BODIES * _BODY / 2**30:.2f} GiB logged in {time.monotonic() - began:.0f} s"]
    fleet.kill_processor()
    fleet.start_processor("processor, started on the backlog")
    await fleet.until("it came back", lambda state: not state.ready)  # and reads its log when the database is there
    await asyncio.to_thread(fleet.postgres.start)
    fleet.watch_postgres()
    began = time.monotonic()
    half = batches * _STREAMS * _BODIES // 2
    await fleet.until("half is stored", lambda state: state.stored >= half, 900)
    fleet.kill_processor()
    fleet.start_processor("processor, started on the rest")
    await fleet.until("all is stored", lambda state: state.ready and state.stored and not state.unwritten_batches, 900)
    said.append(f"stored in {time.monotonic() - began:.0f} s, a restart in it")
    if not fleet.processor_is_there():
        raise Wrong("the processor has ended")
    return [*said, await fleet.account(batches * _STREAMS * _BODIES)]


async def _fill(target: str, batches: int, may_send: asyncio.Event) -> None:
    """Send, and wait for LOGGED."""
    async with open_channel(target, None) as channel:
        append: Any = channel.stream_stream(_METHOD, None, pb.AppendResponse.FromString)
        call = append()
        hello = pb.Hello(spool_id=str(uuid.uuid4()), producer="large")
        await call.write(pb.AppendRequest(hello=hello).SerializeToString())
        welcome = (await call.read()).welcome
        window, moved, logged = Window(welcome.credit_batches, welcome.credit_bytes), asyncio.Event(), 0
        await may_send.wait()

        async def read() -> None:
            nonlocal logged
            while logged < batches:
                response = await call.read()
                if response is END_OF_STREAM or response.HasField("nack"):
                    raise Wrong(f"a batch was not taken: {response}")
                for part in response.logged.ranges:
                    window.logged([(part.first, part.last)])
                    logged += part.last - part.first + 1
                moved.set()

        reading = asyncio.create_task(read())
        for seq in range(1, batches + 1):
            request = encode(seq, _BODIES, _payload())
            while not window.has_room(len(request)):
                moved.clear()
                await moved.wait()
            window.sent(seq, len(request))
            await call.write(request)
        await reading


def _payload() -> bytes:
    """Bodies that can't be compressed."""
    now = time.time_ns()
    return LogColumns(
        origins=[Origin(service_name=b"large")],
        times_unix_nano=pack_times([now + at for at in range(_BODIES)]),
        observed_time_unix_nano=now,
        severity_numbers=bytes([9]) * _BODIES,
        bodies=[base64.b64encode(os.urandom(_BODY * 3 // 4)) for _ in range(_BODIES)],
    ).SerializeToString()
