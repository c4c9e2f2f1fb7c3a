"""Takes a request in, whatever protocol it is in: who sends it, its body, its records, and once they are durable the answer."""

from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from logmesh.producer.receivers.callers import Callers
from logmesh.producer.receivers.credentials import Forbidden, Unauthenticated
from logmesh.producer.receivers.http.body import body_of
from logmesh.producer.receivers.http.refusals import REFUSED, Refusal, refusal_of
from logmesh.producer.receivers.identities import identity_of_request
from logmesh.producer.receivers.inlet import Inlet, Taken
from logmesh.runtime import metrics

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Shape = Callable[[web.Request, Refusal], web.StreamResponse]

_LARGE_BYTES: Final = 32 << 10
"""Of a larger body others don't wait for the reader, which takes milliseconds for it."""


class Taker:
    """Of one protocol. `door` is its word in metrics, `shape` makes its answer of a request's refusal."""

    def __init__(self, inlet: Inlet, callers: Callers, door: str, shape: Shape) -> None:
        self._inlet, self._callers = inlet, callers
        self._door, self._shape = door, shape

    def guarded(self, handle: Callable[[web.Request, str], Awaitable[web.StreamResponse]]) -> Handler:
        """A handler that calls `handle` with the tenant of whoever asks, and answers refusals."""

        async def handler(request: web.Request) -> web.StreamResponse:
            try:
                return await handle(request, await self._tenant_of(request))
            except (Unauthenticated, Forbidden) as error:  # the callers have counted it
                return self._shape(request, refusal_of(error))
            except REFUSED as error:
                refusal = refusal_of(error)
                metrics.RECEIVED_REFUSED.labels(self._door, refusal.reason).inc()
                return self._shape(request, refusal)

        return handler

    async def take(
        self, request: web.Request, tenant: str, read: Callable[[bytes], Taken], said_elsewhere: str = ""
    ) -> Taken:
        """Make what `read` finds in the body durable, and return it.

        `said_elsewhere` is what a request says beside its path, parameters and body, so that it tells it from others.
        """
        async with body_of(request, self._inlet) as body:
            said = b"%b\0%b\0" % (request.path_qs.encode(), said_elsewhere.encode("utf-8", "replace"))
            return await self._inlet.take(tenant, self._door, body, said, read, _LARGE_BYTES)

    async def discard(self, request: web.Request) -> None:
        """Read a body that nothing is made of."""
        async with body_of(request, self._inlet):
            pass

    async def _tenant_of(self, request: web.Request) -> str:
        identity = identity_of_request(request, self._callers.mesh)
        return await self._callers.admit(request.headers.get("Authorization", ""), identity=identity, door=self._door)
