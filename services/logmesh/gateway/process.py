"""Builds a gateway from its settings, downstream first, and runs it until it is told to stop.

pool ─► reader ─► stores: store, recent traces ─► query, pipeline, tokens, tail ─► server
"""

import asyncio

import structlog

from logmesh.gateway.answers.json_service import Behaviour, json_handlers
from logmesh.gateway.callers.receivers import only_receivers
from logmesh.gateway.callers.tenant import may_see, with_token
from logmesh.gateway.pipeline.ledger import Ledger
from logmesh.gateway.pipeline.service import PipelineServicer
from logmesh.gateway.query.service import QueryServicer
from logmesh.gateway.readiness import keep_ready
from logmesh.gateway.settings import GatewaySettings
from logmesh.gateway.stores import stores_of
from logmesh.gateway.tail.service import TailServicer
from logmesh.gateway.tokens.service import ReceiverServicer, TokenServicer
from logmesh.live.frames import SERVICE as TAIL
from logmesh.live.frames import tail_handlers
from logmesh.rows.reader import Reader
from logmesh.runtime.access_tokens import tokens_of
from logmesh.runtime.guard import Check, Guard, only
from logmesh.runtime.json_api import SERVICE as JSON
from logmesh.runtime.json_api import json_calls
from logmesh.runtime.limits import CallLimit
from logmesh.runtime.server import REFLECTION, bind, build_server
from logmesh.storage.postgres import open_pool
from logmesh.v1.pipeline_service_pb2_grpc import add_PipelineServiceServicer_to_server
from logmesh.v1.query_service_pb2_grpc import add_QueryServiceServicer_to_server
from logmesh.v1.receiver_service_pb2_grpc import add_ReceiverServiceServicer_to_server
from logmesh.v1.token_service_pb2_grpc import add_TokenServiceServicer_to_server

log = structlog.get_logger()

SERVICES = ("logmesh.v1.QueryService", "logmesh.v1.PipelineService", "logmesh.v1.TokenService", TAIL)
"""What health and reflection name. JSON's service is the edge's alone."""
_RECEIVERS = "logmesh.v1.ReceiverService"
_QUESTIONS = 500  # at once, beside the tails
_TAIL_CONNECTIONS = 2  # of their own: tails ask often and little


async def run_gateway(settings: GatewaySettings, stop: asyncio.Event) -> int | None:
    """Serve until `stop` is set, then let answers under way end. Returns 1 where it must not start, and has logged why. Raises OSError
    when the port is taken."""
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
    reader, tail_reader = Reader(pool, may_see), Reader(tail_pool, may_see)
    stores = stores_of(settings)
    recent = stores.recent_traces(settings.redis_url.get_secret_value(), reader) if settings.redis_url else None
    tails = TailServicer(settings, stores.store(tail_reader), tail_reader)
    guard = Guard([*SERVICES, JSON, REFLECTION], await _check(settings))
    receivers = Guard([_RECEIVERS], only_receivers(settings.receivers, settings.mesh))
    limit = CallLimit(settings.max_tails + _QUESTIONS)
    server, health = build_server(SERVICES, reflect=settings.reflects, interceptors=[guard, receivers], limit=limit)
    queries, pipeline = QueryServicer(settings, stores.store(reader), recent), PipelineServicer(settings, reader)
    ledger = Ledger(reader)
    tokens = TokenServicer(settings, ledger)
    add_QueryServiceServicer_to_server(queries, server)
    add_PipelineServiceServicer_to_server(pipeline, server)
    add_TokenServiceServicer_to_server(tokens, server)
    add_ReceiverServiceServicer_to_server(ReceiverServicer(settings, ledger), server)
    json = json_handlers(_behaviours(queries, pipeline, tokens, tails))
    server.add_generic_rpc_handlers((tail_handlers(tails.tail), json))
    bind(server, settings.listen_address, settings.port, settings.served_tls)
    # gRPC's health service begins as SERVING.
    await health.set_serving(False)
    await server.start()
    probed = await health.serve(settings.listen_address, settings.health_port)
    log.info("gateway is up", event_name="started", name=settings.name, port=settings.port)
    watch, stopped = asyncio.create_task(keep_ready(settings, health)), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((watch, stopped), return_when=asyncio.FIRST_COMPLETED)
        code = None if stop.is_set() else 1
        if watch.done():
            await watch
    finally:
        watch.cancel()
        stopped.cancel()
        await health.set_serving(False)
        tails.stop()
        await server.stop(grace=settings.drain_seconds)
        if probed is not None:
            await probed.stop(None)
        await pipeline.close()
        tail_pool.terminate()
        if recent is not None:
            await recent.close()
        await stores.close()
        pool.terminate()
    log.info("gateway has stopped", event_name="stopped")
    return code


def _behaviours(
    queries: QueryServicer, pipeline: PipelineServicer, tokens: TokenServicer, tails: TailServicer
) -> dict[str, Behaviour]:
    """By the name of an RPC, what answers it."""
    servicers = {"QueryService": queries, "PipelineService": pipeline, "TokenService": tokens}
    rpcs = (call.rpc for call in json_calls() if call.rpc.containing_service.name in servicers)
    return {"Tail": tails.tail} | {rpc.name: getattr(servicers[rpc.containing_service.name], rpc.name) for rpc in rpcs}


async def _check(settings: GatewaySettings) -> Check:
    """What a call must show: the identity of a caller, and a token where an issuer is named."""
    callers = only(settings.callers, settings.mesh)
    if not settings.jwt_issuer:
        return callers
    return with_token(callers, await tokens_of(settings))
