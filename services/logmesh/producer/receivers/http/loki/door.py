"""`POST /loki/api/v1/push`, and `GET /ready`, which senders ask before."""

import time
from typing import Final

from aiohttp import web

from logmesh.producer.receivers.callers import Callers
from logmesh.producer.receivers.http.loki.json_push import read_json
from logmesh.producer.receivers.http.loki.messages import read_message
from logmesh.producer.receivers.http.loki.records import read_streams
from logmesh.producer.receivers.http.refusals import Refusal, UnknownMediaType
from logmesh.producer.receivers.http.taking import Taker
from logmesh.producer.receivers.http.unpacking import unpack_block
from logmesh.producer.receivers.inlet import Inlet
from logmesh.producer.receivers.limits import MOST_BODY_BYTES
from logmesh.producer.receivers.received import Received

_JSON: Final = "application/json"
_PROTOBUF: Final = ("application/x-protobuf", "application/protobuf", "application/octet-stream")
_SNAPPY: Final = "snappy"


def routes(inlet: Inlet, callers: Callers) -> list[web.RouteDef]:
    """The door's routes."""
    taker = Taker(inlet, callers, "loki", _refused)

    async def push(request: web.Request, tenant: str) -> web.Response:
        media_type = request.content_type
        if media_type != _JSON and media_type not in _PROTOBUF:
            raise UnknownMediaType(f"{media_type} is not read here: send application/x-protobuf or application/json")
        # Some name snappy in a header, too; it is there once all the same.
        is_unpacked = request.headers.get("Content-Encoding", "").strip().lower() == _SNAPPY

        def read(body: bytes) -> Received:
            if media_type == _JSON:
                return read_streams(read_json(body), time.time_ns())
            message = body if is_unpacked else unpack_block(body, MOST_BODY_BYTES)
            return read_streams(read_message(message), time.time_ns())

        await taker.take(request, tenant, read)
        return web.Response(status=204)

    return [web.post("/loki/api/v1/push", taker.guarded(push)), web.get("/ready", _ready)]


async def _ready(_request: web.Request) -> web.Response:
    return web.Response(text="ready\n")


def _refused(_request: web.Request, refusal: Refusal) -> web.Response:
    return web.Response(text=refusal.message + "\n", status=refusal.status, headers=refusal.headers)
