"""Many large `Write` requests at once, each on a connection of its own."""

import asyncio
import base64
import os
import time
from collections import Counter
from typing import Any

import grpc

from benchmarks.memory.fleet import Fleet
from benchmarks.servers import ADDRESS
from logmesh.v1 import ingest_service_pb2 as pb
from logmesh.v1.ingest_service_pb2_grpc import IngestServiceStub
from logmesh.v1.record_pb2 import LogRecord

_OWN_CONNECTION = [("grpc.use_local_subchannel_pool", 1)]
_LIMIT = 4 << 20
_RECORDS = 17
_DURABLE = "durable"
"""What an answer begins with that came too early to say "stored"."""


async def run(fleet: Fleet, options: Any) -> list[str]:
    """Each asks until its request is stored, some times over."""
    await fleet.until("the processor is up", lambda state: state.ready)
    said, stored = [], 0
    for count, request in ((80, _request(4_000_000)), (80, _request(_LIMIT)), (128, _request(_LIMIT))):
        began, ended = time.monotonic(), Counter[str]()
        await asyncio.gather(*(_ask(fleet, request, options.writes, ended) for _ in range(count)))
        await fleet.until("all is stored", lambda state: not state.unwritten_batches)
        stored += (ended["OK"] + ended[_DURABLE]) * len(request.records)
        fleet.peaks.look()
        said.append(
            f"{count} at once of {request.ByteSize():,} bytes, {options.writes} times: {time.monotonic() - began:.0f} s,"
            f" {dict(ended)}; processor at most {fleet.peaks.mib['processor']:.0f} MiB until here"
        )
    return [*said, await fleet.account(stored)]


async def _ask(fleet: Fleet, request: pb.WriteRequest, times: int, ended: Counter[str]) -> None:
    async with grpc.aio.insecure_channel(f"{ADDRESS}:{fleet.port}", options=_OWN_CONNECTION) as channel:
        stub: Any = IngestServiceStub(channel)
        while times:
            try:
                await stub.Write(request, timeout=120)
                times -= 1
                ended["OK"] += 1
            except grpc.aio.AioRpcError as error:
                if (error.details() or "").startswith(_DURABLE):
                    times -= 1
                    ended[_DURABLE] += 1
                    continue
                ended[error.code().name] += 1
                if error.code() is not grpc.StatusCode.RESOURCE_EXHAUSTED:
                    raise
                await asyncio.sleep(1)


def _request(size: int) -> pb.WriteRequest:
    """A request of exactly `size` bytes: records that can't be compressed, the last one as long as it takes."""
    request = pb.WriteRequest(records=[_record(size // _RECORDS - 100) for _ in range(_RECORDS)])
    request.records[-1].body += "x" * (size - request.ByteSize())
    return request


def _record(size: int) -> LogRecord:
    return LogRecord(body=base64.b64encode(os.urandom(size)).decode()[:size])
