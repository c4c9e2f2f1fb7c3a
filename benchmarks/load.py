"""An open-loop Append client: ready-made batches at a steady rate, with the time of each acknowledgement."""

import asyncio
import os
import time
import uuid
from dataclasses import dataclass, field
from typing import Any, Protocol

import google_crc32c
import numpy as np

from logmesh.client.delivering.window import Window
from logmesh.runtime.channel import END_OF_STREAM, open_channel
from logmesh.v1 import ingest_service_pb2 as pb
from logmesh.v1.record_pb2 import LogColumns, Origin

_METHOD = "/logmesh.v1.IngestService/Append"
_SERVICES = 8


class Source(Protocol):
    """Where batches come from: each has so many `records`."""

    records: int

    def next(self, seq: int) -> bytes:
        """Batch `seq`, from 1 on: a serialised `LogColumns`."""
        ...


class Payloads:
    """Batches of realistic shape: 8 services, 40 % of the records in traces of ten, five attributes.

    Texts repeat after 16 batches; times and trace ids never do, or the indexes would be measured on what no one sends.
    """

    def __init__(self, records: int, body_bytes: int, spacing_nano: int = 1_000) -> None:
        self.records = records
        self._templates = [_template(records, body_bytes, batch) for batch in range(16)]
        self._offsets = np.arange(records, dtype=np.uint64) * np.uint64(spacing_nano)
        self._traced = (np.arange(records) % 5 < 2)[:, None]

    def next(self, seq: int, at_unix_nano: int = 0) -> bytes:
        """A serialised `LogColumns` from `at_unix_nano` on; 0: from now on."""
        columns = self._templates[seq % 16]
        now = at_unix_nano or time.time_ns()
        columns.observed_time_unix_nano = now
        columns.times_unix_nano = (self._offsets + np.uint64(now)).tobytes()
        ids = np.frombuffer(os.urandom(16 * (self.records // 10 + 1)), np.uint8).reshape(-1, 16)
        columns.trace_ids = (np.repeat(ids, 10, axis=0)[: self.records] * self._traced).astype(np.uint8).tobytes()
        spans = np.frombuffer(os.urandom(8 * self.records), np.uint8).reshape(-1, 8)
        columns.span_ids = (spans * self._traced).astype(np.uint8).tobytes()
        return columns.SerializeToString()


def _template(records: int, body_bytes: int, batch: int) -> LogColumns:
    return LogColumns(
        origins=[
            Origin(service_name=b"service-%d" % at, service_instance_id=b"service-%d-7d9f" % at)
            for at in range(min(_SERVICES, records))
        ],
        origin_indexes=[at % _SERVICES for at in range(records)],
        severity_numbers=bytes(17 if at % 50 == 0 else 9 for at in range(records)),
        bodies=[
            (b"request %07d of batch %05d answered with 200 by upstream cart-5d4f in 12 ms " % (at, batch)).ljust(
                body_bytes, b"x"
            )
            for at in range(records)
        ],
        attributes=[
            b'{"user_id":"%d","http.status_code":200,"path":"/cart/checkout","method":"GET","region":"eu-1"}' % at
            for at in range(records)
        ],
    )


def encode(seq: int, count: int, payload: bytes) -> bytes:
    """The request of batch `seq`."""
    batch = pb.Batch(seq=seq, count=count, raw_size=len(payload), crc32c=google_crc32c.value(payload), columns=payload)
    return pb.AppendRequest(batch=batch).SerializeToString()


@dataclass
class Load:
    """Sends `batches`; `rate` records a second, or as credit allows for 0. Times are in seconds."""

    target: str
    payloads: Source
    batches: int
    rate: float = 0
    logged_seconds: list[float] = field(default_factory=list)
    committed: int = 0
    welcomed: asyncio.Event = field(default_factory=asyncio.Event)  # after it, `may_send` is waited for
    may_send: asyncio.Event | None = None
    logged: asyncio.Event = field(default_factory=asyncio.Event)  # all batches are

    async def run(self) -> float:
        """Return the seconds from the first batch to the last COMMITTED."""
        async with open_channel(self.target, None) as channel:
            append: Any = channel.stream_stream(_METHOD, None, pb.AppendResponse.FromString)
            call = append()
            hello = pb.Hello(spool_id=str(uuid.uuid4()), producer="bench")
            await call.write(pb.AppendRequest(hello=hello).SerializeToString())
            welcome = (await call.read()).welcome
            self.welcomed.set()
            if self.may_send is not None:
                await self.may_send.wait()
            window = Window(welcome.credit_batches, welcome.credit_bytes)
            due: dict[int, float] = {}
            moved = asyncio.Event()
            began, records = time.monotonic(), self.payloads.records
            reader = asyncio.create_task(self._read(call, window, due, moved))
            for seq in range(1, self.batches + 1):
                request = encode(seq, records, self.payloads.next(seq))
                if self.rate:
                    due[seq] = began + (seq - 1) * records / self.rate
                    await asyncio.sleep(max(0.0, due[seq] - time.monotonic()))
                while not window.has_room(len(request)):
                    moved.clear()
                    await moved.wait()
                window.sent(seq, len(request))
                due.setdefault(seq, time.monotonic())
                await call.write(request)
            await reader
            took = time.monotonic() - began
            await call.done_writing()
            return took

    async def _read(self, call: Any, window: Window, due: dict[int, float], moved: asyncio.Event) -> None:
        while self.committed < self.batches:
            response = await call.read()
            if response is END_OF_STREAM:
                raise RuntimeError("the processor ended the stream")
            now = time.monotonic()
            for part in response.logged.ranges:
                window.logged([(part.first, part.last)])
                # Open loop: the clock of a batch runs from when it was due, so a stall shows in all that waited.
                self.logged_seconds += [now - due[seq] for seq in range(part.first, part.last + 1)]
            if len(self.logged_seconds) == self.batches:
                self.logged.set()
            self.committed += sum(part.last - part.first + 1 for part in response.committed.ranges)
            moved.set()
