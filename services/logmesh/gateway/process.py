"""Builds a gateway from its settings, downstream first, and runs it until it is told to stop.

pool, cache ─► query, pipeline, tail ─► server
"""

import asyncio

import asyncpg
import structlog

from logmesh.gateway.keys import Keys
from logmesh.gateway.pipeline import PipelineServicer
from logmesh.gateway.service import QueryServicer
from logmesh.gateway.settings import GatewaySettings
from logmesh.gateway.tail.service import TailServicer
from logmesh.gateway.tenant import with_token
from logmesh.gateway.tokens import Tokens
from logmesh.gateway.trace_cache import TraceCache
from logmesh.live.frames import SERVICE as TAIL
from logmesh.live.frames import tail_handlers
from logmesh.runtime.guard import Check, Guard, only
from logmesh.runtime.limits import CallLimit
from logmesh.runtime.server import REFLECTION, Health, bind, build_server
from logmesh.storage.postgres import open_pool
from logmesh.v1.pipeline_service_pb2_grpc import add_PipelineServiceServicer_to_server
from logmesh.v1.query_service_pb2_grpc import add_QueryServiceServicer_to_server

log = structlog.get_logger()

SERVICES = ("logmesh.v1.QueryService", "logmesh.v1.PipelineService", TAIL)
_CHECK_SECONDS = 2.0
_QUESTIONS = 500  # at once, beside the tails
_TAIL_CONNECTIONS = 2  # of their own: tails ask often and little


async def run_gateway(settings: GatewaySettings, stop: asyncio.Event) -> None:
    """Serve until `stop` is set, then let answers under way end. Raises OSError when the port is taken."""
    pool = await open_pool(
        settings.database_dsn.get_secret_value(),
        application=f"logmesh-gateway {settings.name}",
        size=settings.database_connections,
    )
    tail_pool = await open_pool(
        settings.database_dsn.get_secret_value(),
        application=f"logmesh-gateway {settings.name} tails",
        size=_TAIL_CONNECTIONS,
    )
    tails = TailServicer(settings, tail_pool)
    cache = TraceCache(settings.redis_url.get_secret_value()) if settings.redis_url else None
    guard = Guard([*SERVICES, REFLECTION], await _check(settings))
    limit = CallLimit(settings.max_tails + _QUESTIONS)
    server, health = build_server(SERVICES, reflect=settings.reflection, interceptors=[guard], limit=limit)
    add_QueryServiceServicer_to_server(QueryServicer(settings, pool, cache), server)
    pipeline = PipelineServicer(settings, pool)
    add_PipelineServiceServicer_to_server(pipeline, server)
    server.add_generic_rpc_handlers((tail_handlers(tails.tail),))
    bind(server, f"{settings.listen_address}:{settings.port}", settings.tls if settings.serve_tls else None)
    # gRPC's health service begins as SERVING.
    await health.set_serving(False)
    await server.start()
    log.info("gateway is up", event_name="started", name=settings.name, port=settings.port)
    watch = asyncio.create_task(_watch(settings, health))
    try:
        await stop.wait()
    finally:
        watch.cancel()
        await health.set_serving(False)
        tails.stop()
        await server.stop(grace=settings.drain_seconds)
        await pipeline.close()
        tail_pool.terminate()
        if cache is not None:
            await cache.close()
        pool.terminate()
    log.info("gateway has stopped", event_name="stopped")


async def _check(settings: GatewaySettings) -> Check:
    """What a call must show: the identity of a caller, and a token where an issuer is named."""
    callers = only(settings.callers)
    if not settings.jwt_issuer:
        return callers
    keys = Keys(settings.jwt_jwks)
    await keys.open()
    tokens = Tokens(
        settings.jwt_issuer,
        settings.jwt_audience,
        keys,
        tenant_claim=settings.jwt_tenant_claim,
        roles_claim=settings.jwt_roles_claim,
    )
    return with_token(callers, tokens)


async def _watch(settings: GatewaySettings, health: Health) -> None:
    """Ready while the database answers, on a connection of its own: busy queries are no reason to turn away."""
    ready: bool | None = None
    check = await open_pool(
        settings.database_dsn.get_secret_value(), application=f"logmesh-gateway {settings.name} health", size=1
    )
    try:
        while True:
            now_ready = await _answers(check)
            if now_ready is not ready:
                log.info("readiness changed", event_name="readiness", ready=now_ready)
            ready = now_ready
            await health.set_serving(ready)
            await asyncio.sleep(_CHECK_SECONDS if ready else 0.2)
    finally:
        check.terminate()


async def _answers(pool: "asyncpg.Pool") -> bool:
    try:
        async with asyncio.timeout(_CHECK_SECONDS):
            return bool(await pool.fetchval("SELECT 1") == 1)
    except Exception:  # noqa: BLE001  # whatever it is, the database did not answer
        return False
