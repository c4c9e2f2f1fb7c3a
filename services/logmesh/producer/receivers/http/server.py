"""Listens for all that comes over HTTP, and keeps each connection within its bounds.

A head of more than `MOST_HEADER_BYTES`, a request that does not come, a connection too many: none of them reaches a door.
"""

import asyncio
import logging
import socket
from typing import Final

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from logmesh.producer.receivers.callers import Callers
from logmesh.producer.receivers.http import lines_door
from logmesh.producer.receivers.http.connections import Connections
from logmesh.producer.receivers.http.elasticsearch import door as elasticsearch
from logmesh.producer.receivers.http.loki import door as loki
from logmesh.producer.receivers.http.strays import answer_strays, send_in_time
from logmesh.producer.receivers.inlet import Inlet
from logmesh.producer.receivers.limits import MOST_HEADER_BYTES
from logmesh.producer.receivers.otlp import http_door as otlp
from logmesh.producer.settings import ProducerSettings
from logmesh.producer.timestamps.zones import zone_or_machines
from logmesh.runtime import metrics
from logmesh.runtime.listening import addresses, listening_socket
from logmesh.runtime.tls_context import server_context

_IDLE_SECONDS: Final = 60.0
"""How long a connection may be without a request, and a request's head may take to come."""

_LEFT_OVER_SECONDS: Final = 1.0
"""How long the rest of a body is read that was refused, so that its sender gets to read why."""

_READ_AHEAD_BYTES: Final = 16 << 10
"""Of a body, with more than which no more is read before the door takes it."""

_RECEIVE_BUFFER_BYTES: Final = 128 << 10
"""The kernel's, of a connection. It bounds what one read takes into memory, before any door has made room for it."""

_DRAIN_SECONDS: Final = 5.0
_BACKLOG: Final = 1_024


class Http:
    """The door; see `Door`."""

    def __init__(self, settings: ProducerSettings, inlet: Inlet, callers: Callers) -> None:
        self._settings = settings
        zone = zone_or_machines(settings.timezone)
        application = web.Application(middlewares=[send_in_time, answer_strays])
        application.add_routes(otlp.routes(inlet, callers))
        application.add_routes(lines_door.routes(inlet, callers, zone))
        application.add_routes(loki.routes(inlet, callers))
        application.add_routes(elasticsearch.routes(inlet, callers))
        self._runner = web.AppRunner(
            application,
            access_log=None,
            auto_decompress=False,
            keepalive_timeout=_IDLE_SECONDS,
            lingering_time=_LEFT_OVER_SECONDS,
            logger=_logger(),
            max_field_size=MOST_HEADER_BYTES,
            max_line_size=MOST_HEADER_BYTES,
            read_bufsize=_READ_AHEAD_BYTES,
            shutdown_timeout=_DRAIN_SECONDS,
        )
        self._listening: list[asyncio.Server] = []

    async def start(self) -> None:
        """See `Door`."""
        await self._runner.setup()
        server = self._runner.server
        if server is None:
            raise RuntimeError("it is there once it is set up")
        tls = server_context(self._settings.door_tls) if self._settings.door_tls is not None else None
        connections = Connections(server, self._settings.max_connections)
        for host in addresses(self._settings.listen_address):
            sock = listening_socket(host, self._settings.http_port, _BACKLOG)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER_BYTES)
            listening = await asyncio.get_running_loop().create_server(
                connections, sock=sock, ssl=tls, backlog=_BACKLOG
            )
            self._listening.append(listening)

    async def drain(self) -> None:
        """See `Door`."""
        for listening in self._listening:
            listening.close()
        await self._runner.cleanup()


class _Malformed(logging.Filter):
    """Counts what is no HTTP, which anybody can send, instead of a trace in the log for each."""

    def filter(self, record: logging.LogRecord) -> bool:
        """See logging.Filter."""
        error = record.exc_info[1] if record.exc_info else None
        if not isinstance(error, HttpProcessingError):
            return True
        metrics.RECEIVED_REFUSED.labels("http", "malformed").inc()
        return False


def _logger() -> logging.Logger:
    logger = logging.getLogger("logmesh.producer.receivers.http")
    if not any(isinstance(known, _Malformed) for known in logger.filters):
        logger.addFilter(_Malformed())
    return logger
