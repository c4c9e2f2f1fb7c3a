"""Answers requests that are for no door, and sends every answer to its end, or not at all."""

import asyncio
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from logmesh.producer.receivers.http.elasticsearch.door import refused
from logmesh.producer.receivers.http.refusals import Refusal
from logmesh.runtime import metrics

_DOORS: Final = "POST /lines, /v1/logs (OTLP), /loki/api/v1/push (Loki), /_bulk (Elasticsearch)"
_SEND_SECONDS: Final = 30.0


@web.middleware
async def answer_strays(request: web.Request, handler: Handler) -> web.StreamResponse:
    """As the one whose path it looks like would."""
    try:
        return await handler(request)
    except web.HTTPNotFound:
        refusal = Refusal(404, "not_found", f"{request.path[:200]} is nothing here; doors are {_DOORS}")
    except web.HTTPMethodNotAllowed as error:
        allowed = ", ".join(sorted(error.allowed_methods))
        refusal = Refusal(
            405, "method", f"{request.method[:20]} is nothing that is done here: {allowed}", allowed=allowed
        )
    metrics.RECEIVED_REFUSED.labels("http", refusal.reason).inc()
    if request.path.startswith("/_"):
        return refused(request, refusal)
    return web.json_response({"error": refusal.message}, status=refusal.status, headers=refusal.headers)


@web.middleware
async def send_in_time(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A sender that does not read its answer keeps a connection no longer than this; one that has left wants none."""
    response = await handler(request)
    response.headers["Server"] = "logmesh"
    if not request.content.is_eof():
        # What is left of the body is not waited for, so that the connection will end: nobody must send another request on it.
        response.force_close()
    try:
        async with asyncio.timeout(_SEND_SECONDS):
            await response.prepare(request)
            await response.write_eof()
    except TimeoutError:
        metrics.RECEIVED_REFUSED.labels("http", "too_slow").inc()
        if request.transport is not None:
            request.transport.abort()
    except ConnectionError:
        pass
    return response
