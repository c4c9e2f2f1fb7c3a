"""Builds a processor from its settings, downstream first, and runs it until it is told to stop.

server ─► journal ─► writer ─► fanout ─► wal ─► ingest, write ─► services  then, in the background: schema ─► replay: journal ─► writer

The server comes first, and answers probes: a log of gigabytes takes minutes to read on a slow disk.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass
from typing import Any

import grpc
import structlog

from logmesh.journal import Journal, JournalAbandoned
from logmesh.live.frames import SERVICE as TAIL
from logmesh.live.frames import tail_handlers
from logmesh.processor.absence import Absence
from logmesh.processor.accounts import keep_accounts
from logmesh.processor.continuity import Continuity
from logmesh.processor.fanout import Fanout
from logmesh.processor.forks import Forks
from logmesh.processor.frame import Unwritten
from logmesh.processor.ingest import Ingest
from logmesh.processor.maintenance import keep_maintained
from logmesh.processor.opening import Opening
from logmesh.processor.pipeline import PipelineServicer
from logmesh.processor.readiness import DatabaseCheck, Readiness
from logmesh.processor.recent import RecentTraces
from logmesh.processor.replay import replay
from logmesh.processor.schema import Schema
from logmesh.processor.sessions import Odd, Sessions
from logmesh.processor.settings import ProcessorSettings
from logmesh.processor.shares import Shares
from logmesh.processor.tail import TailServicer
from logmesh.processor.wal import Wal
from logmesh.processor.write import Write
from logmesh.processor.writer import Writer
from logmesh.processor.writer.destination import Destination, Rows
from logmesh.processor.writer.prepare import Prepared
from logmesh.runtime import metrics
from logmesh.runtime.guard import Guard, only
from logmesh.runtime.later import Later
from logmesh.runtime.limits import CallLimit
from logmesh.runtime.server import Health, bind, build_server
from logmesh.storage.postgres import open_pool
from logmesh.v1 import ingest_service_pb2 as pb
from logmesh.v1.ingest_service_pb2 import AppendResponse, WriteResponse
from logmesh.v1.pipeline_service_pb2_grpc import add_PipelineServiceServicer_to_server

log = structlog.get_logger()

SERVICE = pb.DESCRIPTOR.services_by_name["IngestService"].full_name
PIPELINE = "logmesh.v1.PipelineService"
ASKED = (PIPELINE, TAIL)
SERVICES = (SERVICE, *ASKED)
_QUESTIONS = 100  # at once, beside streams, tails and writes


@dataclass(frozen=True, slots=True)
class Front:
    """What the network sees."""

    server: grpc.aio.Server
    health: Health
    services: Later


async def run_processor(settings: ProcessorSettings, stop: asyncio.Event) -> None:
    """Serve until `stop` is set, then drain: streams leave, waiting batches are written, what is left stays in the log.

    Raises OSError when a port is taken, JournalLocked when another process has the log.
    """
    absence = Absence()
    schema = Schema(settings, absence)
    # Producers of any identity may append: what they append to is theirs alone. The rest is for gateways.
    server, health = build_server(
        SERVICES,
        reflect=settings.reflects,
        interceptors=[Guard(ASKED, only(settings.callers, settings.mesh)), Guard([SERVICE], schema.check)],
        limit=CallLimit(
            settings.max_streams + settings.max_tails + settings.max_writes + _QUESTIONS,
            {f"/{SERVICE}/Append": settings.max_streams, f"/{SERVICE}/Write": settings.max_writes},
        ),
        max_connection_age_seconds=settings.max_connection_age_seconds,
    )
    services = Later(SERVICES, "the write-ahead log is being read")
    server.add_generic_rpc_handlers((services,))
    for port in (settings.port, settings.direct_port):
        bind(server, settings.listen_address, port, settings.served_tls)
    await health.set_serving(False)  # its own default is SERVING
    probed = await health.serve(settings.listen_address, settings.health_port)
    await server.start()
    try:
        log.info("processor is up", event_name="started", name=settings.name, port=settings.direct_port)
        journal = await _open_log(settings, stop)
        left = journal and await _process(settings, stop, schema, absence, Front(server, health, services), journal)
    finally:
        await server.stop(grace=None)
        if probed is not None:
            await probed.stop(None)
    log.info("processor has stopped", event_name="stopped", unwritten_batches=left)


async def _open_log(settings: ProcessorSettings, stop: asyncio.Event) -> Journal | None:
    """Read the write-ahead log; None when `stop` comes first."""
    try:
        journal = await asyncio.to_thread(
            Journal.open,
            settings.buffer_dir,
            segment_bytes=settings.wal_segment_bytes,
            max_bytes=settings.wal_max_bytes,
            ballast_bytes=settings.wal_ballast_bytes,
            abandoned=stop.is_set,
        )
    except JournalAbandoned:
        return None
    metrics.WAL_QUARANTINED.set(len(journal.quarantined))
    for path in journal.quarantined:
        log.error(
            "recovery set a damaged part of the write-ahead log aside", event_name="wal_quarantined", path=str(path)
        )
    return journal


async def _process(
    settings: ProcessorSettings,
    stop: asyncio.Event,
    schema: Schema,
    absence: Absence,
    front: Front,
    journal: Journal,
) -> int:
    """Put the services behind the server, work until `stop` is set, then drain. Returns how many batches are left in the log."""
    # Before a stream adds to them: streams may come long before the database, and with it the replay.
    held = journal.frames()
    pool = await open_pool(
        settings.database_dsn.get_secret_value(),
        application=f"logmesh-processor {settings.name} streams",
        size=4,
        seconds=settings.database_seconds,
    )
    sessions = Sessions()
    into = _destination(settings)
    recent = _recent(settings, into)

    def settled(unwritten: Unwritten, prepared: Prepared) -> None:
        odd = Odd(prepared.dead_count, prepared.texts)
        sessions.committed(unwritten.header.key, unwritten.header.seq, odd)
        write.settled(unwritten, prepared)
        if recent is not None:
            recent.put(prepared)

    def lost(unwritten: Unwritten) -> None:
        sessions.lost(unwritten.header.key, unwritten.header.seq)

    def forked(unwritten: Unwritten) -> None:
        sessions.forked(unwritten.header.key, unwritten.header.seq)
        forks.add(unwritten.header.key)

    def foreign(unwritten: Unwritten) -> None:
        sessions.foreign(unwritten.header.key, unwritten.header.seq)

    shares = Shares()
    writer = Writer(settings, journal, pool, shares, settled, lost, forked, foreign, into)
    fanout = Fanout(writer.spool_of, writer.moment)
    wal = Wal(journal, fanout.offer, writer.unwritten, settings.wal_max_batches, shares)
    write = Write(settings, wal, writer)
    continuity, forks = Continuity(pool, sessions), Forks()
    opening = Opening(settings, pool, sessions, absence)
    ingest = Ingest(settings, opening, sessions, wal, writer, continuity, forks)
    pipeline = PipelineServicer(settings, sessions, journal, writer, fanout)
    front.services.add_generic_rpc_handlers(
        (_ingest_handlers(ingest, write), tail_handlers(TailServicer(settings, fanout).tail))
    )
    add_PipelineServiceServicer_to_server(pipeline, front.services)  # type: ignore[arg-type]  # as good as a server
    database = DatabaseCheck(pool, schema, continuity, forks, absence)
    readiness = Readiness(database, absence, sessions, writer, wal, ingest, pipeline, front.health)

    async def work() -> None:
        """What needs a schema to write to."""
        await schema.bring_up_to_date()
        async with asyncio.TaskGroup() as group:
            group.create_task(replay(held, writer))
            group.create_task(readiness.keep())
            group.create_task(keep_maintained(settings))
            group.create_task(keep_accounts(settings))
            group.create_task(schema.build_indexes())
            group.create_task(schema.catch_up())

    async with (
        _background(writer.run(), wal.run(), fanout.run(), *([recent.run()] if recent else [])),
        _background(work()),
    ):
        await stop.wait()
        await _drain(settings, front, ingest, sessions, writer)
    await writer.close()
    wal.close()
    fanout.close()
    if recent is not None:
        await recent.close()
    pool.terminate()
    return writer.unwritten()


def _recent(settings: ProcessorSettings, into: Destination) -> RecentTraces | None:
    """The cache of recent traces, if there is one."""
    if settings.redis_url is None:
        return None
    return RecentTraces(settings.redis_url.get_secret_value(), settings.cache_seconds, into.cached_as)


def _destination(settings: ProcessorSettings) -> Destination:
    """Where records go."""
    with_traces = settings.redis_url is not None
    if settings.store == "rows":
        return Rows(with_traces=with_traces)
    # Only where it is used: its libraries take 50 MiB.
    from logmesh.processor.writer.lake import Lake

    return Lake(settings.lake_dir, settings.name, with_traces=with_traces)


def _ingest_handlers(ingest: Ingest, write: Write) -> Any:
    """Requests stay bytes: Append's go to the log verbatim, and a malformed one is answered and not dropped. Write takes its one
    request as a stream would, which is the same on the wire: then it is read when there is room for it, and not before."""
    return grpc.method_handlers_generic_handler(
        SERVICE,
        {
            "Append": grpc.stream_stream_rpc_method_handler(
                ingest.append, response_serializer=AppendResponse.SerializeToString
            ),
            "Write": grpc.stream_unary_rpc_method_handler(
                write.write, response_serializer=WriteResponse.SerializeToString
            ),
        },
    )


async def _drain(
    settings: ProcessorSettings,
    front: Front,
    ingest: Ingest,
    sessions: Sessions,
    writer: Writer,
) -> None:
    """Turn not ready, ask streams to leave, store what waits; at most `drain_seconds`."""
    ingest.draining = True
    await front.health.set_serving(False)
    metrics.ACTIVE_PROCESSORS.set(0)
    ends = time.monotonic() + settings.drain_seconds
    sessions.drain(time.time() + settings.drain_seconds)
    log.info("draining", event_name="draining", streams=len(sessions), unwritten_batches=writer.unwritten())
    while (len(sessions) or writer.unwritten()) and time.monotonic() < ends:
        await asyncio.sleep(0.05)
    await front.server.stop(grace=1)


@contextlib.asynccontextmanager
async def _background(*work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run coroutines beside the body; cancel them after it; let the error of any of them end the body."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(coroutine) for coroutine in work]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
