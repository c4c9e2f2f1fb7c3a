"""`IngestService.Write`: a few records at once, answered when they are stored. They travel as a batch like any other."""

import asyncio
import time
import uuid
from typing import Any

import grpc
from google.protobuf.message import DecodeError

from logmesh.processor.envelope import OpaqueAppendRequest, OpaqueWriteRequest
from logmesh.processor.frame import Header, Unwritten
from logmesh.processor.ingest import DEFAULT_TENANT, Unwritables
from logmesh.processor.settings import ProcessorSettings
from logmesh.processor.wal import Submitted, Wal
from logmesh.processor.writer.prepare import Prepared
from logmesh.record.limits import MAX_BATCH_RECORDS
from logmesh.runtime.channel import END_OF_STREAM
from logmesh.runtime.identity import IdentityError, principal_of
from logmesh.runtime.limits import refuse
from logmesh.storage.ledger import SpoolKey
from logmesh.v1 import ingest_service_pb2 as pb

COMMIT_SECONDS = 30
ROOM_SECONDS = 5
READ_SECONDS = 10
_READ_AT_ONCE = 4
"""Requests of up to 4 MiB that are read and taken apart at once, which takes several times as much."""


class Write:
    """The unary handler. Its batches belong to a spool of this process's own, made anew at every start."""

    def __init__(self, settings: ProcessorSettings, wal: Wal, writer: Unwritables) -> None:
        self._settings, self._wal, self._writer = settings, wal, writer
        self._spool_id = str(uuid.uuid4())
        self._last_seq: dict[SpoolKey, int] = {}
        self._stored: dict[tuple[SpoolKey, int], asyncio.Future[Prepared]] = {}
        self._reading = asyncio.Semaphore(_READ_AT_ONCE)

    async def write(self, _requests: Any, context: Any) -> pb.WriteResponse:
        """Store the records of a serialised `WriteRequest`. INVALID_ARGUMENT for none, too many or another message,
        RESOURCE_EXHAUSTED when there is no room, UNAVAILABLE when the database has not confirmed them in time (they are
        durable, and will be stored)."""
        try:
            principal = principal_of(context, self._settings.mesh)
        except IdentityError as error:
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, str(error))
        key = SpoolKey(self._settings.tenants.get(principal, DEFAULT_TENANT), self._spool_id)
        try:
            async with asyncio.timeout(ROOM_SECONDS):
                await self._reading.acquire()
        except TimeoutError:
            await refuse(context, "too many requests are being read")
        try:
            stored = await self._take(key, context)
        finally:
            self._reading.release()
        try:
            async with asyncio.timeout(COMMIT_SECONDS):
                prepared = await stored
        except TimeoutError:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "durable, but not yet confirmed by the database")
        except _Refused:
            await refuse(context, "the write-ahead log is full")
        return pb.WriteResponse(
            stored=prepared.rows,
            dead_letters=[pb.DeadLetter(entry=dead.entry, reason=dead.reason) for dead in prepared.dead],
        )

    def settled(self, unwritten: Unwritten, prepared: Prepared) -> None:
        """A batch is in the database; answer the call that waits for it, if it is one of these."""
        waiting = self._stored.pop((unwritten.header.key, unwritten.header.seq), None)
        if waiting is not None and not waiting.done():
            waiting.set_result(prepared)

    async def _take(self, key: SpoolKey, context: Any) -> "asyncio.Future[Prepared]":
        """Read the request when there is room, and put it in line for the log. Nothing of it is kept here."""
        try:
            async with asyncio.timeout(ROOM_SECONDS):
                await self._wal.room(self._settings.unlogged_bytes // 4)  # the rest is for streams
        except TimeoutError:
            await refuse(context, "too much is on its way into the write-ahead log")
        if not self._wal.accepts(key):
            await refuse(context, "the write-ahead log is filling")
        try:
            async with asyncio.timeout(READ_SECONDS):
                raw = await context.read()
        except TimeoutError:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"no request within {READ_SECONDS} s")
        try:
            request, count = _as_batch(b"" if raw is END_OF_STREAM else raw)
        except DecodeError as error:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"not a WriteRequest: {error}")
        if not 1 <= count <= MAX_BATCH_RECORDS:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"{count} records; send 1 to {MAX_BATCH_RECORDS}")
        stored: asyncio.Future[Prepared] = asyncio.get_running_loop().create_future()
        self._submit(key, request, count, stored)
        return stored

    def _submit(self, key: SpoolKey, request: bytes, count: int, stored: "asyncio.Future[Prepared]") -> None:
        name = self._settings.name

        def number() -> int:
            seq = self._last_seq[key] = self._last_seq.get(key, 0) + 1
            self._stored[key, seq] = stored
            return seq

        def refused() -> None:
            # All of a group are, and none was written after it: the last number is free again.
            self._stored.pop((key, self._last_seq[key]))
            self._last_seq[key] -= 1
            if not stored.done():
                stored.set_exception(_Refused())

        header = Header(key, 0, count, f"write@{name}", f"processor:{name}", time.time_ns())
        self._wal.submit(
            Submitted(header, request, time.monotonic(), logged=self._writer.put, refused=refused, number=number)
        )


class _Refused(Exception):
    """The log did not take the batch."""


def _as_batch(raw: bytes) -> tuple[bytes, int]:
    """The records of a `WriteRequest` as a serialised `AppendRequest`, and how many they are. Raises DecodeError."""
    records = OpaqueWriteRequest.FromString(raw).records
    request = OpaqueAppendRequest()
    request.batch.count = len(records)
    request.batch.records.extend(records)
    return request.SerializeToString(), len(records)
