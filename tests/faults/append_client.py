"""A producer without a spool, which remembers to the number what it was promised: for tests of the promises."""

import asyncio
import contextlib
import time
import uuid
from collections.abc import Callable
from typing import Any

import grpc
from tests.batches import encode_batch

from logmesh.record.columns import ColumnsBuilder
from logmesh.runtime.channel import END_OF_STREAM
from logmesh.v1 import ingest_service_pb2 as pb

_METHOD = "/logmesh.v1.IngestService/Append"
_UNLOGGED = 24


class AppendClient:
    """One spool's worth of batches. `logged`, `committed` and `refused` hold the numbers that were so answered."""

    def __init__(self, address: str, *, records: int = 100, body_bytes: int = 100) -> None:
        self._address, self._records, self._body_bytes = address, records, body_bytes
        self.spool_id = str(uuid.uuid4())
        self.batches: dict[int, bytes] = {}
        self.logged: set[int] = set()
        self.committed: set[int] = set()
        self.refused: list[tuple[float, int, int]] = []  # when, number, code
        self.broken = True
        self._unlogged: set[int] = set()
        self._call: Any = None
        self._channel: grpc.aio.Channel | None = None
        self._reader: asyncio.Task[None] | None = None

    @property
    def records_sent(self) -> int:
        """Records in all batches that were ever made."""
        return len(self.batches) * self._records

    async def open(self, seconds: float = 20) -> None:
        """Open a stream, trying again until the processor answers. Raises TimeoutError."""
        await self.close()
        ends = time.monotonic() + seconds
        while True:
            self._channel = grpc.aio.insecure_channel(self._address, options=[("grpc.use_local_subchannel_pool", 1)])
            method: Any = self._channel.stream_stream(_METHOD, None, pb.AppendResponse.FromString)
            self._call = method()
            hello = pb.Hello(spool_id=self.spool_id, lowest_seq=1, producer="client")
            try:
                await self._call.write(pb.AppendRequest(hello=hello).SerializeToString())
                async with asyncio.timeout(5):
                    response = await self._call.read()
                if response is not END_OF_STREAM:
                    break
            except (grpc.aio.AioRpcError, TimeoutError, asyncio.InvalidStateError):
                pass
            if time.monotonic() > ends:
                raise TimeoutError(f"{self._address} does not answer")
            await self._channel.close(None)
            await asyncio.sleep(0.1)
        for part in response.welcome.committed:
            self.committed.update(range(part.first, part.last + 1))
        self._unlogged.clear()
        self.broken = False
        self._reader = asyncio.create_task(self._read(self._call))

    async def send_new(self) -> None:
        """Make a batch and send it."""
        seq = len(self.batches) + 1
        columns = ColumnsBuilder()
        for at in range(self._records):
            body = f"batch {seq} record {at} {uuid.uuid4()}".encode().ljust(self._body_bytes, b".")
            columns.append(body, time_unix_nano=time.time_ns())
        self.batches[seq] = encode_batch(seq, columns.build(time.time_ns()))
        await self.send(seq)

    async def send(self, seq: int) -> None:
        """Send a batch once there is credit; does nothing on a broken stream."""
        while len(self._unlogged) >= _UNLOGGED and not self.broken:
            await asyncio.sleep(0.005)
        if self.broken:
            return
        self._unlogged.add(seq)
        with contextlib.suppress(grpc.aio.AioRpcError, asyncio.InvalidStateError):
            await self._call.write(self.batches[seq])

    async def send_uncommitted(self) -> None:
        """Send again whatever the database has not confirmed."""
        for seq in sorted(self.batches.keys() - self.committed):
            await self.send(seq)

    async def until(self, true: Callable[[], bool], seconds: float = 20) -> None:
        """Wait for a condition. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while not true():
                await asyncio.sleep(0.01)

    def is_answered(self) -> bool:
        """Whether all that was sent is logged or refused."""
        return not self._unlogged

    async def close(self) -> None:
        """End the stream, if there is one."""
        if self._reader is not None:
            self._call.cancel()
            await self._reader
            self._reader = None
        if self._channel is not None:
            await self._channel.close(None)

    async def _read(self, call: Any) -> None:
        with contextlib.suppress(grpc.aio.AioRpcError, asyncio.CancelledError, asyncio.InvalidStateError):
            while (response := await call.read()) is not END_OF_STREAM:
                kind = response.WhichOneof("message")
                if kind == "logged":
                    self._note(response.logged.ranges, self.logged)
                elif kind == "committed":
                    self._note(response.committed.ranges, self.committed)
                elif kind == "nack":
                    self._unlogged.discard(response.nack.seq)
                    self.refused.append((time.monotonic(), response.nack.seq, response.nack.code))
        self.broken = True

    def _note(self, ranges: Any, into: set[int]) -> None:
        for part in ranges:
            seqs = range(part.first, part.last + 1)
            into.update(seqs)
            self._unlogged.difference_update(seqs)


async def until_answers(address: str) -> None:
    """Wait until a processor takes streams. Raises TimeoutError."""
    client = AppendClient(address)
    await client.open()
    await client.close()
