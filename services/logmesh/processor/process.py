"""Builds a processor from its settings, downstream first, and runs it until it is told to stop.

journal ─► writer ─► fanout ─► wal ─► ingest, write ─► server        then, in the background: schema ─► replay: journal ─► writer
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Coroutine
from typing import Any

import grpc
import structlog

from logmesh.journal import Journal
from logmesh.live.frames import SERVICE as TAIL
from logmesh.live.frames import tail_handlers
from logmesh.processor.continuity import Continuity
from logmesh.processor.fanout import Fanout
from logmesh.processor.forks import Forks
from logmesh.processor.frame import Unwritten
from logmesh.processor.ingest import Ingest
from logmesh.processor.maintenance import keep_maintained
from logmesh.processor.pipeline import Pipeline
from logmesh.processor.readiness import DatabaseCheck, Readiness
from logmesh.processor.recent import RecentTraces
from logmesh.processor.replay import replay
from logmesh.processor.schema import Schema
from logmesh.processor.sessions import Sessions
from logmesh.processor.settings import ProcessorSettings
from logmesh.processor.tail import Tail
from logmesh.processor.wal import Wal
from logmesh.processor.write import Write
from logmesh.processor.writer import Writer
from logmesh.processor.writer.prepare import Prepared
from logmesh.runtime import metrics
from logmesh.runtime.guard import Guard, only
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
_QUESTIONS = 100  # at once, beside streams, tails and writes


async def run_processor(settings: ProcessorSettings, stop: asyncio.Event) -> None:
    """Serve until `stop` is set, then drain: streams leave, waiting batches are written, what is left stays in the log.

    Raises OSError when a port is taken, JournalLocked when another process has the log.
    """
    journal = await asyncio.to_thread(
        Journal.open,
        settings.buffer_dir,
        segment_bytes=settings.wal_segment_bytes,
        max_bytes=settings.wal_max_bytes,
        ballast_bytes=settings.wal_ballast_bytes,
    )
    metrics.WAL_QUARANTINED.set(len(journal.quarantined))
    for path in journal.quarantined:
        log.error(
            "recovery set a damaged part of the write-ahead log aside", event_name="wal_quarantined", path=str(path)
        )
    pool = await open_pool(
        settings.database_dsn.get_secret_value(),
        application=f"logmesh-processor {settings.name} streams",
        size=4,
        seconds=settings.database_seconds,
    )
    sessions = Sessions()
    recent = RecentTraces(settings.redis_url.get_secret_value(), settings.cache_seconds) if settings.redis_url else None

    def settled(unwritten: Unwritten, prepared: Prepared) -> None:
        sessions.committed(unwritten.origin.key, unwritten.origin.seq)
        write.settled(unwritten, prepared)
        if recent is not None:
            recent.put(prepared)

    def lost(unwritten: Unwritten) -> None:
        sessions.lost(unwritten.origin.key, unwritten.origin.seq)

    def forked(unwritten: Unwritten) -> None:
        sessions.forked(unwritten.origin.key, unwritten.origin.seq)
        forks.add(unwritten.origin.key)

    writer = Writer(settings, journal, pool, settled, lost, forked, with_traces=recent is not None)
    fanout = Fanout(writer.spool_of, writer.moment)
    wal = Wal(journal, fanout.offer, writer.unwritten, settings.wal_max_batches)
    write = Write(settings, wal, writer)
    continuity, forks = Continuity(pool, sessions), Forks()
    ingest = Ingest(settings, pool, sessions, wal, writer, continuity, forks)
    pipeline = Pipeline(settings, sessions, journal, writer, fanout)
    schema = Schema(settings)

    # Producers of any identity may append: what they append to is theirs alone. The rest is for gateways.
    server, health = build_server(
        [SERVICE, PIPELINE, TAIL],
        reflect=settings.reflection,
        interceptors=[Guard(ASKED, only(settings.callers)), Guard([SERVICE], schema.check)],
        limit=CallLimit(
            settings.max_streams + settings.max_tails + settings.max_writes + _QUESTIONS,
            {f"/{SERVICE}/Append": settings.max_streams, f"/{SERVICE}/Write": settings.max_writes},
        ),
        max_connection_age_seconds=settings.max_connection_age_seconds,
    )
    server.add_generic_rpc_handlers((_ingest_handlers(ingest, write), tail_handlers(Tail(settings, fanout).tail)))
    add_PipelineServiceServicer_to_server(pipeline, server)
    for port in (settings.port, settings.direct_port):
        bind(server, f"{settings.listen_address}:{port}", settings.tls)

    database = DatabaseCheck(pool, schema, continuity, forks)
    readiness = Readiness(database, writer, wal, ingest, pipeline, health)

    async def work() -> None:
        """What needs a schema to write to."""
        await schema.bring_up_to_date()
        async with asyncio.TaskGroup() as group:
            group.create_task(replay(journal, writer))
            group.create_task(readiness.keep())
            group.create_task(keep_maintained(settings))
            group.create_task(schema.build_indexes())
            group.create_task(schema.catch_up())

    async with _background(writer.run(), wal.run(), fanout.run(), *([recent.run()] if recent else [])):
        await health.set_serving(False)  # its own default is SERVING
        await server.start()
        log.info("processor is up", event_name="started", name=settings.name, port=settings.direct_port)
        async with _background(work()):
            await stop.wait()
            await _drain(settings, server, health, ingest, sessions, writer)
    await writer.close()
    wal.close()
    fanout.close()
    if recent is not None:
        await recent.close()
    pool.terminate()
    log.info("processor has stopped", event_name="stopped", unwritten_batches=writer.unwritten())


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
    server: grpc.aio.Server,
    health: Health,
    ingest: Ingest,
    sessions: Sessions,
    writer: Writer,
) -> None:
    """Turn not ready, ask streams to leave, store what waits; at most `drain_seconds`."""
    ingest.draining = True
    await health.set_serving(False)
    metrics.ACTIVE_PROCESSORS.set(0)
    ends = time.monotonic() + settings.drain_seconds
    sessions.drain(time.time() + settings.drain_seconds)
    log.info("draining", event_name="draining", streams=len(sessions), unwritten_batches=writer.unwritten())
    while (len(sessions) or writer.unwritten()) and time.monotonic() < ends:
        await asyncio.sleep(0.05)
    await server.stop(grace=1)


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
