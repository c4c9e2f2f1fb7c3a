"""`IngestService.Write`: a few records at once, answered when they are stored. They travel as a batch like any other."""

import asyncio
import time
import uuid
from collections.abc import Callable
from typing import Any

import grpc
from google.protobuf.message import DecodeError

from logmesh.processor.envelope import OpaqueAppendRequest, OpaqueWriteRequest
from logmesh.processor.frame import Origin, Unwritten
from logmesh.processor.ingest import DEFAULT_TENANT, Unwritables
from logmesh.processor.settings import ProcessorSettings
from logmesh.processor.wal import Submitted, Wal
from logmesh.processor.writer.prepare import Prepared
from logmesh.record.limits import MAX_BATCH_RECORDS
from logmesh.runtime.identity import IdentityError, principal_of
from logmesh.storage.ledger import SpoolKey
from logmesh.v1 import ingest_service_pb2 as pb

COMMIT_SECONDS = 30


class Write:
    """The unary handler. Its batches belong to a spool of this process's own, made anew at every start."""

    def __init__(self, settings: ProcessorSettings, wal: Wal, writer: Unwritables) -> None:
        self._settings, self._wal, self._writer = settings, wal, writer
        self._spool_id = str(uuid.uuid4())
        self._next_seq: dict[SpoolKey, int] = {}
        self._stored: dict[tuple[SpoolKey, int], asyncio.Future[Prepared]] = {}

    async def write(self, raw: bytes, context: Any) -> pb.WriteResponse:
        """Store the records of a serialised `WriteRequest`. INVALID_ARGUMENT for none, too many or another message,
        RESOURCE_EXHAUSTED when the log is full, UNAVAILABLE when the database has not confirmed them in time (they are
        durable, and will be stored)."""
        try:
            principal = principal_of(context)
        except IdentityError as error:
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, str(error))
        try:
            records = OpaqueWriteRequest.FromString(raw).records
        except DecodeError as error:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"not a WriteRequest: {error}")
        count = len(records)
        if not 1 <= count <= MAX_BATCH_RECORDS:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"{count} records; send 1 to {MAX_BATCH_RECORDS}")
        if not self._wal.accepts():
            await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "the write-ahead log is filling; try again in 1 s")
        key = SpoolKey(self._settings.tenants.get(principal, DEFAULT_TENANT), self._spool_id)
        seq = self._next_seq[key] = self._next_seq.get(key, 0) + 1
        request = OpaqueAppendRequest()
        request.batch.seq, request.batch.count = seq, count
        request.batch.records.extend(records)
        stored = self._stored[key, seq] = asyncio.get_running_loop().create_future()
        self._wal.submit(
            Submitted(
                Origin(
                    key, seq, count, f"write@{self._settings.name}", f"processor:{self._settings.name}", time.time_ns()
                ),
                request.SerializeToString(),
                time.monotonic(),
                logged=self._writer.put,
                refused=_refuse(stored),
            )
        )
        try:
            async with asyncio.timeout(COMMIT_SECONDS):
                prepared = await stored
        except TimeoutError:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "durable, but not yet confirmed by the database")
        except _Refused:
            await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "the write-ahead log is full; try again in 1 s")
        finally:
            self._stored.pop((key, seq), None)
        return pb.WriteResponse(
            stored=prepared.rows,
            dead_letters=[pb.DeadLetter(entry=dead.entry, reason=dead.reason) for dead in prepared.dead],
        )

    def settled(self, unwritten: Unwritten, prepared: Prepared) -> None:
        """A batch is in the database; answer the call that waits for it, if it is one of these."""
        waiting = self._stored.get((unwritten.origin.key, unwritten.origin.seq))
        if waiting is not None and not waiting.done():
            waiting.set_result(prepared)


class _Refused(Exception):
    """The log did not take the batch."""


def _refuse(stored: "asyncio.Future[Prepared]") -> Callable[[], None]:
    def refuse() -> None:
        if not stored.done():
            stored.set_exception(_Refused())

    return refuse
