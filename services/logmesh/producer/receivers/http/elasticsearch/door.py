"""`/_bulk` and `/_doc` with what belongs to them, of Elasticsearch's interface."""

import time
from collections.abc import Callable
from typing import Any, Final

from aiohttp import web

from logmesh.producer.receivers.callers import Callers
from logmesh.producer.receivers.http.elasticsearch.actions import Action
from logmesh.producer.receivers.http.elasticsearch.bulk import read_bulk, read_one
from logmesh.producer.receivers.http.elasticsearch.handshakes import HANDSHAKES, answered
from logmesh.producer.receivers.http.refusals import Refusal
from logmesh.producer.receivers.http.taking import Taker
from logmesh.producer.receivers.inlet import Inlet
from logmesh.producer.receivers.received import RequestRefused
from logmesh.record.json_text import dump_json

_MOST_NAME: Final = 255
_ERRORS: Final = {
    401: "security_exception",
    403: "security_exception",
    408: "timeout_exception",
    413: "content_too_long_exception",
    415: "media_type_header_exception",
    429: "es_rejected_execution_exception",
}


def routes(inlet: Inlet, callers: Callers) -> list[web.RouteDef]:
    """The door's routes."""
    taker = Taker(inlet, callers, "elasticsearch", refused)

    async def bulk(request: web.Request, tenant: str) -> web.Response:
        index = _name(request, "index")
        began = time.monotonic()
        taken = await taker.take(request, tenant, lambda body: read_bulk(body, index, time.time_ns()))
        took = round((time.monotonic() - began) * 1000)
        failed = b"true" if taken.refused else b"false"
        items = b",".join(taken.items)
        return answered(b'{"took":%d,"errors":%b,"items":[%b]}' % (took, failed, items))

    async def document(request: web.Request, tenant: str) -> web.Response:
        index, identifier = _name(request, "index"), _name(request, "id")
        await taker.take(request, tenant, lambda body: read_one(body, index, identifier, time.time_ns()))
        return answered(Action("create", index, identifier, "").document(), status=201)

    def handshake(answer: Callable[[str], dict[str, Any]]) -> Callable[..., Any]:
        async def handle(request: web.Request, _tenant: str) -> web.Response:
            await taker.discard(request)
            return answered(dump_json(answer(request.match_info.get("name", ""))))

        return handle

    take_bulk, take_document = taker.guarded(bulk), taker.guarded(document)
    return [
        *(web.route(method, path, take_bulk) for path in ("/_bulk", "/{index}/_bulk") for method in ("POST", "PUT")),
        web.post("/{index}/_doc", take_document),
        *(
            web.route(method, f"/{{index}}/{kind}/{{id}}", take_document)
            for kind in ("_doc", "_create")
            for method in ("POST", "PUT")
        ),
        *(web.route(method, path, taker.guarded(handshake(answer))) for method, path, answer in HANDSHAKES),
    ]


def refused(_request: web.Request, refusal: Refusal) -> web.Response:
    """A refusal as Elasticsearch says it."""
    cause = {"type": _ERRORS.get(refusal.status, "illegal_argument_exception"), "reason": refusal.message}
    body = dump_json({"error": {"root_cause": [cause], **cause}, "status": refusal.status})
    return answered(body, refusal.status, refusal.headers)


def _name(request: web.Request, part: str) -> str:
    name = request.match_info.get(part, "")
    if len(name) > _MOST_NAME:
        raise RequestRefused(f"the path's {part} is longer than {_MOST_NAME} characters")
    return name
