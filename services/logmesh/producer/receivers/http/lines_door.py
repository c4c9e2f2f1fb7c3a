"""`POST /lines`, also `PUT`, as `curl --data-binary @app.log` and `curl -T app.log` send them."""

import time
from typing import Final

from aiohttp import web

from logmesh.producer.receivers.callers import Callers
from logmesh.producer.receivers.http.lines import JSON, read_lines, whose
from logmesh.producer.receivers.http.refusals import Refusal
from logmesh.producer.receivers.http.taking import Taker
from logmesh.producer.receivers.inlet import Inlet
from logmesh.producer.timestamps.zones import Zone

_UNSAID: Final = "application/octet-stream"


def routes(inlet: Inlet, callers: Callers, zone: Zone) -> list[web.RouteDef]:
    """The door's routes; `zone` is that of times that name none."""
    taker = Taker(inlet, callers, "lines", _refused)

    async def lines(request: web.Request, tenant: str) -> web.Response:
        of = whose(request.query, request.headers, zone)
        media_type, charset = request.content_type, request.charset or ""
        received = await taker.take(
            request,
            tenant,
            lambda body: read_lines(body, "" if media_type == _UNSAID else media_type, charset, of, time.time_ns()),
            f"{media_type == JSON}\0{charset}\0{of.origin}",
        )
        return web.json_response({"accepted": len(received.chunk)})

    handler = taker.guarded(lines)
    return [web.post("/lines", handler), web.put("/lines", handler)]


def _refused(_request: web.Request, refusal: Refusal) -> web.Response:
    return web.json_response({"error": refusal.message}, status=refusal.status, headers=refusal.headers)
