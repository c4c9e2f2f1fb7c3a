"""`IngestService.Append`: admit or refuse the stream, then take batches and answer for each."""

import asyncio
import time
from typing import Any, Protocol

import grpc
import structlog
from google.protobuf.message import DecodeError

from logmesh.processor.admission import SAID_AHEAD, Refusal, Seen
from logmesh.processor.continuity import Continuity
from logmesh.processor.envelope import OpaqueAppendRequest, inspect
from logmesh.processor.forks import Forks
from logmesh.processor.frame import Header, Unwritten
from logmesh.processor.hello import NO_HELLO, fault_of, held_of
from logmesh.processor.opening import Opened, Opening
from logmesh.processor.sessions import Session, Sessions, proto_ranges
from logmesh.processor.settings import ProcessorSettings
from logmesh.processor.wal import Submitted, Wal
from logmesh.runtime import metrics
from logmesh.runtime.channel import END_OF_STREAM
from logmesh.runtime.identity import IdentityError, principal_of
from logmesh.runtime.propagation import span_of_caller
from logmesh.storage.failures import describe
from logmesh.storage.ledger import Held, SpoolForbidden, SpoolKey
from logmesh.v1 import ingest_service_pb2 as pb

log = structlog.get_logger()

HELLO_SECONDS = 10
HEARTBEAT_SECONDS = 15
FULL_SECONDS = 1
DEFAULT_TENANT = "default"


class Unwritables(Protocol):
    """Where durable batches go to be stored."""

    def put(self, unwritten: Unwritten) -> None:
        """Take one batch."""
        ...


class Ingest:
    """The stream handler. It reads envelopes only; payloads are opaque here."""

    def __init__(
        self,
        settings: ProcessorSettings,
        opening: Opening,
        sessions: Sessions,
        wal: Wal,
        writer: Unwritables,
        continuity: Continuity,
        forks: Forks,
    ) -> None:
        self._settings, self._opening, self._sessions = settings, opening, sessions
        self._wal, self._writer = wal, writer
        self._continuity, self._forks = continuity, forks
        self.draining = False

    async def append(self, _requests: Any, context: Any) -> None:
        """One stream from Hello to its end. Refusals of the stream as a whole are gRPC errors; of a batch, Nacks."""
        principal = await self._admit_stream(context)
        hello = await self._read_hello(context)
        tenant = await self._tenant_of(principal, hello.tenant, context)
        held = held_of(hello)
        opened = await self._open_spools(context, tenant, hello.producer, held, principal)
        # From here on a proxy no longer retries the stream elsewhere, and drops what it kept for that.
        await context.send_initial_metadata(())
        session = self._sessions.open(
            list(zip(held, opened.known, strict=True)),
            tenant,
            hello.producer,
            principal,
            provisional=bool(opened.away),
        )
        session.span = span_of_caller(context.invocation_metadata() or ())
        try:
            await context.write(self._welcome(held, opened, hello.tenant))
            await self._converse(session, hello.producer or hello.spool_id, principal, context)
        finally:
            self._sessions.close(session)

    async def _converse(self, session: Session, producer: str, principal: str, context: Any) -> None:
        speaking = asyncio.create_task(self._speak(session, context))
        try:
            await self._listen(session, producer, principal, context)
            await self._linger(session)
            # Not cancelled here: what it has taken to write would be lost.
            session.end()
            await asyncio.wait([speaking])
        finally:
            speaking.cancel()
            await asyncio.gather(speaking, return_exceptions=True)

    async def _admit_stream(self, context: Any) -> str:
        try:
            principal = principal_of(context, self._settings.mesh)
        except IdentityError as error:
            metrics.STREAMS_REFUSED.labels("identity").inc()
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, str(error))
        if self.draining:
            metrics.STREAMS_REFUSED.labels("draining").inc()
            await context.abort(grpc.StatusCode.UNAVAILABLE, "this processor is stopping; connect to another")
        if len(self._sessions) >= self._settings.max_streams or not self._wal.accepts():
            metrics.STREAMS_REFUSED.labels("overload").inc()
            await context.abort(
                grpc.StatusCode.RESOURCE_EXHAUSTED, "too many streams, or the write-ahead log is filling"
            )
        return principal

    async def _tenant_of(self, principal: str, named: str, context: Any) -> str:
        """The caller's own tenant, or the one that a receiver names."""
        own = self._settings.tenants.get(principal, DEFAULT_TENANT)
        if named in ("", own) or not self._settings.knows_callers or principal in self._settings.receivers:
            return named or own
        metrics.STREAMS_REFUSED.labels("forbidden").inc()
        await context.abort(
            grpc.StatusCode.PERMISSION_DENIED,
            f"{principal} may not send for tenant {named!r}: LOGMESH_RECEIVERS of the processor does not name it",
        )
        raise AssertionError("abort raises")

    async def _read_hello(self, context: Any) -> pb.Hello:
        try:
            async with asyncio.timeout(HELLO_SECONDS):
                raw = await context.read()
        except TimeoutError:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"no Hello within {HELLO_SECONDS} s")
        try:
            request = pb.AppendRequest.FromString(raw) if raw is not END_OF_STREAM else pb.AppendRequest()
            fault = fault_of(request.hello)
        except DecodeError:
            fault = NO_HELLO
        if fault:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, fault)
        return request.hello

    async def _open_spools(self, context: Any, tenant: str, producer: str, held: list[Held], principal: str) -> Opened:
        try:
            opened = await self._opening.open(tenant, principal, producer, held)
        except SpoolForbidden as error:
            metrics.STREAMS_REFUSED.labels("forbidden").inc()
            await context.abort(grpc.StatusCode.PERMISSION_DENIED, str(error))
        except Exception as error:  # noqa: BLE001  # asyncpg raises outside its own tree when a session is cut
            metrics.STREAMS_REFUSED.labels("database").inc()
            log.warning("database did not open a spool", event_name="hello_failed", error=describe(error))
            await context.abort(grpc.StatusCode.UNAVAILABLE, f"{describe(error)}; try again")
        return opened

    def _welcome(self, held: list[Held], opened: Opened, tenant: str) -> pb.AppendResponse:
        own = opened.known[0]
        return pb.AppendResponse(
            welcome=pb.Welcome(
                committed=proto_ranges(own.committed),
                newest_seq=own.newest_seq,
                newest_chain=own.newest_chain,
                rewound_batches=own.rewound,
                earlier=[
                    pb.CommittedSpool(
                        spool_id=spool.spool_id,
                        committed=proto_ranges(known.committed),
                        newest_seq=known.newest_seq,
                        newest_chain=known.newest_chain,
                        rewound_batches=known.rewound,
                    )
                    for spool, known in zip(held[1:], opened.known[1:], strict=True)
                ],
                credit_batches=self._settings.credit_batches,
                credit_bytes=self._settings.credit_bytes,
                db_incarnation=self._continuity.name,
                processor=self._settings.name,
                database_away=opened.away,
                max_ahead=SAID_AHEAD,
                any_age=self._settings.store == "lake",
                tenant=tenant,
            )
        )

    async def _speak(self, session: Session, context: Any) -> None:
        if self.draining:
            session.drain(time.time() + self._settings.drain_seconds)
        ended = False
        while not ended:
            ended = session.ended  # read before: then nothing is left after this round
            for response in await session.answers(HEARTBEAT_SECONDS):
                await context.write(response)

    async def _listen(self, session: Session, producer: str, principal: str, context: Any) -> None:
        while (taken := await self._hear(session, producer, principal, context)) is not None:
            if not taken:
                # What else is on its way is refused no sooner than it may come again: to read it all would cost more than storing it.
                await asyncio.sleep(FULL_SECONDS)
            await self._wal.room(self._settings.unlogged_bytes)
            await session.heard()

    async def _hear(self, session: Session, producer: str, principal: str, context: Any) -> bool | None:
        """Read a message and take what it brings; False when there was no room for it, None when it was the last one. A function of
        its own, so that nothing of a message is held while the next one is waited for: a stream may be silent for long."""
        raw = await context.read()
        if raw is END_OF_STREAM:
            return None
        began = time.monotonic()
        try:
            request = OpaqueAppendRequest.FromString(raw)
        except DecodeError as error:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"not an AppendRequest: {error}")
        if request.HasField("hello"):
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "Hello came twice")
        if not request.HasField("batch"):
            return True
        return self._take(session, request.batch, raw, producer, principal, began)

    def _take(self, session: Session, batch: Any, raw: bytes, producer: str, principal: str, began: float) -> bool:
        """Judge a batch and put it in line; False when there is no room for it."""
        seq, name = batch.seq, batch.spool_id
        crc, fault = inspect(batch)
        key = session.key_of(name)
        if key is None or fault:
            fault = fault or "spool_id is none of those that Hello named"
            session.refuse(name, seq, Refusal(pb.NACK_CODE_INVALID_ARGUMENT, fault))
            return True
        if not self._wal.accepts(key, len(raw)):
            refusal = Refusal(pb.NACK_CODE_RESOURCE_EXHAUSTED, "the write-ahead log is filling", FULL_SECONDS)
            session.nack(key, seq, refusal)
            return False
        verdict = session.states[key].admit(seq, crc)
        if isinstance(verdict, Refusal):
            session.nack(key, seq, verdict)
            if verdict.code == pb.NACK_CODE_ABORTED:
                self._forks.add(key)
            return True
        if verdict is Seen.COMMITTED:
            session.logged(key, seq)
            session.committed(key, seq)
            return True
        session.outstanding.add((key, seq))
        if verdict is Seen.LOGGED:
            session.logged(key, seq)
        elif verdict is Seen.NEW:
            self._wal.submit(
                Submitted(
                    Header(key, seq, batch.count, producer, principal, time.time_ns(), session.provisional),
                    raw,
                    began,
                    logged=lambda unwritten: self._logged(key, seq, unwritten),
                    refused=lambda: self._sessions.refused(
                        key, seq, Refusal(pb.NACK_CODE_RESOURCE_EXHAUSTED, "the write-ahead log is full", 1)
                    ),
                    stream=session.span,
                )
            )
        return True

    def _logged(self, key: SpoolKey, seq: int, unwritten: Unwritten) -> None:
        self._sessions.logged(key, seq)
        self._writer.put(unwritten)

    async def _linger(self, session: Session) -> None:
        """After half-close: give the last acknowledgements time to come."""
        ends = time.monotonic() + self._settings.drain_seconds
        while session.outstanding and time.monotonic() < ends:
            await asyncio.sleep(0.05)
