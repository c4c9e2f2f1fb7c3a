"""How many connections there may be at once; one too many is told to come again before a byte of it is read."""

import asyncio
from typing import Final, cast

from aiohttp import web

from logmesh.runtime import metrics

_REASON: Final = b"there are as many connections as this receiver takes\n"
_ANSWER: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\nContent-Type: text/plain\r\n"
    b"Content-Length: %d\r\n\r\n%b" % (len(_REASON), _REASON)
)


class Connections:
    """Makes the protocol of each new connection."""

    def __init__(self, server: web.Server, most: int) -> None:
        self._server, self._most = server, most

    def __call__(self) -> asyncio.Protocol:
        """The protocol of the next one."""
        if len(self._server.connections) < self._most:
            return self._server()
        metrics.RECEIVED_REFUSED.labels("http", "connections").inc()
        return _Full()


class _Full(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        to_sender = cast(asyncio.Transport, transport)
        to_sender.write(_ANSWER)
        to_sender.close()
