"""OTLP over HTTP: `POST /v1/logs`, as protobuf and as JSON. An answer, a refusal too, is of the kind that the request was."""

from collections.abc import Callable
from typing import Final

from aiohttp import web
from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message
from google.rpc.code_pb2 import INVALID_ARGUMENT, PERMISSION_DENIED, RESOURCE_EXHAUSTED, UNAUTHENTICATED
from google.rpc.status_pb2 import Status

from logmesh.producer.receivers.callers import Callers
from logmesh.producer.receivers.http.refusals import Refusal, UnknownMediaType
from logmesh.producer.receivers.http.taking import Taker
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
    taker = Taker(inlet, callers, DOOR, _refused)

    async def logs(request: web.Request, tenant: str) -> web.Response:
        kind = request.content_type
        if (read := _READERS.get(kind)) is None:
            raise UnknownMediaType(f"{kind[:100]!r} is not read here: send {_PROTOBUF} or {_JSON}")
        return _response(answer_to(await taker.take(request, tenant, read, kind)), kind)

    return [web.post("/v1/logs", taker.guarded(logs))]


def _read_json(body: bytes) -> Received:
    return read_request(from_json(body))


_READERS: Final[dict[str, Callable[[bytes], Received]]] = {_PROTOBUF: read_request, _JSON: _read_json}


def _refused(request: web.Request, refusal: Refusal) -> web.Response:
    status = Status(code=_CODES.get(refusal.status, INVALID_ARGUMENT), message=refusal.message)
    kind = request.content_type if request.content_type in _READERS else _JSON
    return _response(status, kind, refusal.status, refusal.headers)


def _response(message: Message, kind: str, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    body = MessageToJson(message, indent=None).encode() if kind == _JSON else message.SerializeToString()
    return web.Response(body=body, status=status, headers=headers, content_type=kind)
