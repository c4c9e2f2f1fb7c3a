"""OTLP over HTTP: `POST /v1/logs`, as protobuf and as JSON. An answer, a refusal too, is of the kind that the request was."""

from typing import Final

from aiohttp import web
from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message
from google.rpc.code_pb2 import INVALID_ARGUMENT, PERMISSION_DENIED, RESOURCE_EXHAUSTED, UNAUTHENTICATED
from google.rpc.status_pb2 import Status

from logmesh.producer.receivers.callers import Callers
from logmesh.producer.receivers.http.refusals import Refusal, UnknownMediaType
from logmesh.producer.receivers.http.taking import Handler, Taker
from logmesh.producer.receivers.inlet import Inlet
from logmesh.producer.receivers.otlp.answers import answer_to
from logmesh.producer.receivers.otlp.json import from_json
from logmesh.producer.receivers.otlp.records import read_request
from logmesh.producer.receivers.received import Received

DOOR: Final = "otlp-http"
_PROTOBUF: Final = "application/x-protobuf"
_JSON: Final = "application/json"
_CODES: Final = {401: UNAUTHENTICATED, 403: PERMISSION_DENIED, 429: RESOURCE_EXHAUSTED}


def routes(inlet: Inlet, callers: Callers) -> list[web.RouteDef]:
    """The door's routes."""
    of_kind = {kind: _handler(inlet, callers, kind) for kind in (_PROTOBUF, _JSON)}
    unknown = _unknown(Taker(inlet, callers, DOOR, lambda refusal: _refused(refusal, _JSON)))

    async def logs(request: web.Request) -> web.StreamResponse:
        return await of_kind.get(request.content_type, unknown)(request)

    return [web.post("/v1/logs", logs)]


def _handler(inlet: Inlet, callers: Callers, kind: str) -> Handler:
    taker = Taker(inlet, callers, DOOR, lambda refusal: _refused(refusal, kind))
    read = _read_json if kind == _JSON else read_request

    async def logs(request: web.Request, tenant: str) -> web.StreamResponse:
        return _response(answer_to(await taker.take(request, tenant, read, kind)), kind)

    return taker.guarded(logs)


def _unknown(taker: Taker) -> Handler:
    async def logs(request: web.Request, _tenant: str) -> web.StreamResponse:
        await taker.discard(request)
        raise UnknownMediaType(f"{request.content_type[:100]!r} is not read here: send {_PROTOBUF} or {_JSON}")

    return taker.guarded(logs)


def _read_json(body: bytes) -> Received:
    return read_request(from_json(body))


def _refused(refusal: Refusal, kind: str) -> web.Response:
    status = Status(code=_CODES.get(refusal.status, INVALID_ARGUMENT), message=refusal.message)
    return _response(status, kind, refusal.status, refusal.headers)


def _response(message: Message, kind: str, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    body = MessageToJson(message, indent=None).encode() if kind == _JSON else message.SerializeToString()
    return web.Response(body=body, status=status, headers=headers, content_type=kind)
