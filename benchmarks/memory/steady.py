"""A healthy producer: a small batch every few milliseconds, and how long each took to LOGGED and to COMMITTED."""

import asyncio
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from benchmarks.load import Payloads, encode
from logmesh.runtime.channel import END_OF_STREAM, open_channel
from logmesh.v1 import ingest_service_pb2 as pb

_METHOD = "/logmesh.v1.IngestService/Append"
_RECORDS = 2
_EVERY_SECONDS = 0.05
_LAST_SECONDS = 120


@dataclass
class Steady:
    """The clock of a batch runs from when it was due, also over refusals: it is sent again when the processor said so."""

    target: str
    logged: dict[int, float] = field(default_factory=dict)
    committed: dict[int, float] = field(default_factory=dict)
    refused: int = 0
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)
    _again: set["asyncio.Task[None]"] = field(default_factory=set)

    @property
    def records(self) -> int:
        """Records that were committed."""
        return len(self.committed) * _RECORDS

    async def run(self, seconds: float) -> "Steady":
        """Send for so long, and wait until all is committed."""
        async with open_channel(self.target, None) as channel:
            append: Any = channel.stream_stream(_METHOD, None, pb.AppendResponse.FromString)
            call = append()
            hello = pb.Hello(spool_id=str(uuid.uuid4()), producer="healthy")
            await call.write(pb.AppendRequest(hello=hello).SerializeToString())
            await call.read()
            payloads, due, count = Payloads(_RECORDS, 110), dict[int, float](), int(seconds / _EVERY_SECONDS)
            sent: dict[int, bytes] = {}
            reading = asyncio.create_task(self._read(call, due, sent, count))
            began = time.monotonic()
            for seq in range(1, count + 1):
                due[seq] = began + seq * _EVERY_SECONDS
                await asyncio.sleep(max(0.0, due[seq] - time.monotonic()))
                sent[seq] = encode(seq, _RECORDS, payloads.next(seq))
                await self._send(call, sent[seq])
            async with asyncio.timeout(_LAST_SECONDS):
                await reading
            await call.done_writing()
        return self

    async def _read(self, call: Any, due: dict[int, float], sent: dict[int, bytes], count: int) -> None:
        while len(self.committed) < count:
            response = await call.read()
            if response is END_OF_STREAM:
                raise RuntimeError(f"the processor ended the stream: {await call.code()}")
            now = time.monotonic()
            for ranges, seconds in ((response.logged.ranges, self.logged), (response.committed.ranges, self.committed)):
                for part in ranges:
                    for seq in range(part.first, part.last + 1):
                        seconds[seq] = now - due[seq]
            if response.HasField("nack"):
                self.refused += 1
                again = asyncio.create_task(self._send_later(call, response.nack, sent))
                self._again.add(again)
                again.add_done_callback(self._again.discard)

    async def _send_later(self, call: Any, nack: pb.Nack, sent: dict[int, bytes]) -> None:
        await asyncio.sleep(nack.retry_after.ToNanoseconds() / 1e9)
        await self._send(call, sent[nack.seq])

    async def _send(self, call: Any, request: bytes) -> None:
        async with self._one_at_a_time:
            await call.write(request)


def percentile(seconds: dict[int, float], part: float) -> float:
    """In seconds."""
    return sorted(seconds.values())[int(len(seconds) * part)]
