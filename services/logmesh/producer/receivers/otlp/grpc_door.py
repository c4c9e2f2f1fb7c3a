"""OTLP over gRPC: `opentelemetry.proto.collector.logs.v1.LogsService/Export`."""

from typing import Any, Final

import grpc
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse

from logmesh.producer.receivers.callers import Callers
from logmesh.producer.receivers.credentials import Forbidden, Unauthenticated
from logmesh.producer.receivers.identities import identity_of_call
from logmesh.producer.receivers.inlet import Inlet
from logmesh.producer.receivers.limits import MOST_BODY_BYTES
from logmesh.producer.receivers.otlp.answers import answer_to
from logmesh.producer.receivers.otlp.records import read_request
from logmesh.producer.receivers.received import Overloaded, RequestRefused
from logmesh.producer.receivers.turns import Turns
from logmesh.producer.settings import ProducerSettings
from logmesh.runtime import metrics
from logmesh.runtime.channel import END_OF_STREAM
from logmesh.runtime.limits import CallLimit, refuse
from logmesh.runtime.server import Health, bind, build_server

SERVICE: Final = "opentelemetry.proto.collector.logs.v1.LogsService"
DOOR: Final = "otlp-grpc"
_READ_AT_ONCE: Final = 8
_LARGE_BYTES: Final = 512 << 10
"""Of a larger request others don't wait for the reader, which takes ten milliseconds for it and half a second for the largest. A thread
that reads beside the event loop takes a fifth longer."""
_LOOKAHEAD_BYTES: Final = 64 << 10
"""Of a request that waits for its turn, and there may be as many as connections. Once it is read, all of it may come: a request of more
than this has one round trip to wait."""
_READ_SECONDS: Final = 30.0
_LEAST_READ_SECONDS: Final = 1.0
_ROOM_SECONDS: Final = 5.0
_DRAIN_SECONDS: Final = 5.0
_CONNECTION_SECONDS: Final = 600.0
"""After which senders connect anew, so that receivers which were started since get their share."""


class OtlpGrpc:
    """The door; see `Door`."""

    def __init__(self, settings: ProducerSettings, inlet: Inlet, callers: Callers) -> None:
        self._settings, self._inlet, self._callers = settings, inlet, callers
        self._reading = Turns(
            _READ_AT_ONCE, least_seconds=_LEAST_READ_SECONDS, most_seconds=_READ_SECONDS, wait_seconds=_ROOM_SECONDS
        )
        self._server: grpc.aio.Server | None = None
        self._health: Health | None = None

    async def start(self) -> None:
        """See `Door`."""
        self._server, self._health = build_server(
            (SERVICE,),
            reflect=False,
            limit=CallLimit(self._settings.max_connections),
            max_connection_age_seconds=_CONNECTION_SECONDS,
            most_bytes=MOST_BODY_BYTES,
            lookahead_bytes=_LOOKAHEAD_BYTES,
        )
        # It takes its one request as a stream would, which is the same on the wire: then it is read when there is room for it.
        export = grpc.stream_unary_rpc_method_handler(
            self._export, response_serializer=ExportLogsServiceResponse.SerializeToString
        )
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, {"Export": export}),))
        bind(self._server, self._settings.listen_address, self._settings.otlp_port, self._settings.door_tls)
        await self._server.start()
        await self._health.set_serving(True)

    async def drain(self) -> None:
        """See `Door`."""
        if self._server is not None and self._health is not None:
            await self._health.set_serving(False)
            await self._server.stop(_DRAIN_SECONDS)

    async def _export(self, _requests: Any, context: Any) -> ExportLogsServiceResponse:
        tenant = await self._tenant_of(context)
        try:
            async with self._reading.turn():
                raw = await context.read()
        except Overloaded as error:
            await self._overloaded(context, error)
        except TimeoutError:
            await context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, "the request came in too slowly")
        return await self._take(tenant, b"" if raw is END_OF_STREAM else raw, context)

    async def _tenant_of(self, context: Any) -> str:
        shown = dict(context.invocation_metadata() or ()).get("authorization", "")
        identity = identity_of_call(context, self._callers.mesh)
        try:
            return await self._callers.admit(shown, identity=identity, door=DOOR)
        except Unauthenticated as error:
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, str(error))
        except Forbidden as error:
            await context.abort(grpc.StatusCode.PERMISSION_DENIED, str(error))
        except Overloaded as error:
            await self._overloaded(context, error)
        raise AssertionError("abort raises")

    async def _take(self, tenant: str, raw: bytes, context: Any) -> ExportLogsServiceResponse:
        try:
            with self._inlet.room(len(raw)):
                received = await self._inlet.take(tenant, DOOR, raw, b"", read_request, _LARGE_BYTES)
        except RequestRefused as error:
            metrics.RECEIVED_REFUSED.labels(DOOR, "invalid").inc()
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
        except Overloaded as error:
            await self._overloaded(context, error)
        return answer_to(received)

    async def _overloaded(self, context: Any, error: Overloaded) -> None:
        metrics.RECEIVED_REFUSED.labels(DOOR, "overload").inc()
        await refuse(context, str(error), error.retry_after_seconds)
