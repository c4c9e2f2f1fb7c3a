"""A producer's side of one Append stream, message by message, so that a test can say what no real producer would."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any
from uuid import uuid4

import grpc
from tests.batches import encode_batch

from logmesh.record.columns import OriginKey
from logmesh.record.packed import pack_times
from logmesh.record.ranges import RangeSet
from logmesh.runtime.channel import END_OF_STREAM
from logmesh.v1 import ingest_service_pb2 as pb
from logmesh.v1.record_pb2 import LogColumns

APPEND = "/logmesh.v1.IngestService/Append"
WAIT_SECONDS = 15


class AppendStream:
    """Sends what it is told and gathers what comes back: `logged`, `committed`, `nacks` by number, `drain`."""

    def __init__(
        self, channel: grpc.aio.Channel, spool_id: str | None = None, metadata: Sequence[tuple[str, str]] = ()
    ) -> None:
        self.spool_id = spool_id or str(uuid4())
        self.welcome: pb.Welcome | None = None
        self.drain: pb.Drain | None = None
        self.logged, self.committed = RangeSet(), RangeSet()
        self.nacks: dict[int, pb.Nack] = {}
        self.order: list[str] = []
        call: Any = channel.stream_stream(
            APPEND, request_serializer=None, response_deserializer=pb.AppendResponse.FromString
        )
        self.call = call(metadata=tuple(metadata))
        self._changed = asyncio.Event()
        self._listening = asyncio.create_task(self._listen())

    async def hello(
        self, lowest_seq: int = 1, producer: str = "test", earlier: Sequence[pb.HeldSpool] = ()
    ) -> pb.Welcome:
        """Open the stream and return the Welcome. Raises grpc.aio.AioRpcError when it is refused."""
        hello = pb.Hello(spool_id=self.spool_id, lowest_seq=lowest_seq, producer=producer, earlier=earlier)
        await self.send(pb.AppendRequest(hello=hello).SerializeToString())
        await self.until(lambda: self.welcome is not None)
        assert self.welcome is not None
        return self.welcome

    async def send(self, message: bytes) -> None:
        """Send bytes as one message."""
        await self.call.write(message)

    async def send_columns(self, seq: int, columns: LogColumns, *, compress: bool = False) -> None:
        """Send a well-formed batch."""
        await self.send(encode_batch(seq, columns, compress))

    async def send_batch(self, batch: pb.Batch) -> None:
        """Send a batch as it is."""
        await self.send(pb.AppendRequest(batch=batch).SerializeToString())

    async def until(self, condition: Callable[[], bool], seconds: float = WAIT_SECONDS) -> None:
        """Wait for `condition`, looked at after each answer. Raises the stream's error when it ends before."""
        async with asyncio.timeout(seconds):
            while not condition():
                if self._listening.done():
                    self._listening.result()
                    raise EOFError("the processor ended the stream")
                self._changed.clear()
                await self._changed.wait()

    async def until_committed(self, *seqs: int) -> None:
        """Wait until all of `seqs` are in the database."""
        await self.until(lambda: all(seq in self.committed for seq in seqs))

    async def refusal(self) -> grpc.aio.AioRpcError:
        """Wait for the error that ends the stream."""
        try:
            await self.until(lambda: False)
        except grpc.aio.AioRpcError as error:
            return error
        raise AssertionError("the stream ended without an error")

    async def close(self) -> None:
        """Half-close, and take what still comes."""
        await self.call.done_writing()
        await asyncio.wait_for(asyncio.gather(self._listening, return_exceptions=True), WAIT_SECONDS)

    def cut(self) -> None:
        """End the stream at once."""
        self.call.cancel()
        self._listening.cancel()

    async def _listen(self) -> None:
        try:
            while (response := await self.call.read()) is not END_OF_STREAM:
                self._take(response)
                self._changed.set()
            if (code := await self.call.code()) is not grpc.StatusCode.OK:
                raise AssertionError(f"the stream ended with {code}: {await self.call.details()}")
        finally:
            self._changed.set()

    def _take(self, response: pb.AppendResponse) -> None:
        kind = response.WhichOneof("message")
        self.order.append(str(kind))
        if kind == "welcome":
            self.welcome = response.welcome
        elif kind == "drain":
            self.drain = response.drain
        elif kind == "nack":
            self.nacks[response.nack.seq] = response.nack
        elif kind == "logged":
            for span in response.logged.ranges:
                self.logged.add(span.first, span.last)
        elif kind == "committed":
            for span in response.committed.ranges:
                self.committed.add(span.first, span.last)


def columns_of(
    bodies: Sequence[bytes],
    *,
    time_unix_nano: int = 0,
    attributes: Sequence[bytes] = (),
    origin: OriginKey | None = None,
) -> LogColumns:
    """Columns of these bodies, all of them of one time and one origin."""
    origin = origin or OriginKey(service_name=b"test")
    columns = LogColumns(
        times_unix_nano=pack_times([time_unix_nano] * len(bodies)),
        severity_numbers=bytes([9] * len(bodies)),
        bodies=bodies,
        attributes=attributes,
    )
    columns.origins.add(
        service_name=origin.service_name,
        service_instance_id=origin.service_instance_id,
        resource_attributes=origin.resource_attributes,
        scope_name=origin.scope_name,
        scope_version=origin.scope_version,
    )
    return columns
