"""Listens for connections that bring messages, over TCP or TLS.

A connection may be silent for days; one whose other end is gone is closed after two minutes. What the kernel has received and
this process has not read is lost when the process is killed: so the kernel's buffers are kept small.
"""

import asyncio
import contextlib
import socket
import ssl
from typing import Final

import structlog

from logmesh.producer.receivers.syslog.connection import Connection, GathererOf, Unfinished
from logmesh.producer.receivers.syslog.gathering import DOOR
from logmesh.runtime import metrics
from logmesh.runtime.listening import addresses, listening_socket

log = structlog.get_logger()

_RECEIVE_BUFFER_BYTES: Final = 128 << 10
_BACKLOG: Final = 128
_HANDSHAKE_SECONDS: Final = 10.0
_READ_SECONDS: Final = 3.0
"""For what has come of a connection before this end closes its half."""
_LOOK_SECONDS: Final = 0.005
_LAST_SECONDS: Final = 3.0
"""For what senders have sent before they hear that this end closes."""
_RESET_SECONDS: Final = 10.0
"""For what has come of a connection that its sender did not close, before it is reset: what is not read is lost then."""
_CLOSE_SECONDS: Final = 1.0
_FAILED_SECONDS: Final = 0.2
_KEEPALIVE: Final = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 60),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 20),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3),
)


class Connections:
    """A port of TCP, or of TLS with a `context`. At most `most` connections are open; more are closed at once."""

    def __init__(
        self, host: str, port: int, gatherer_of: GathererOf, most: int, context: ssl.SSLContext | None = None
    ) -> None:
        self._host, self._port, self._gatherer_of, self._most, self._context = host, port, gatherer_of, most, context
        self._unfinished = Unfinished()
        self._kind = "tcp" if context is None else "tls"
        self._sockets: list[socket.socket] = []
        self._listening: list[asyncio.Task[None]] = []
        self._opening: set[asyncio.Task[None]] = set()
        self._open: set[Connection] = set()
        self._none_open = asyncio.Event()
        self._none_open.set()

    def start(self) -> None:
        """Listen. Raises OSError."""
        for address in addresses(self._host):
            sock = listening_socket(address, self._port, _BACKLOG)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER_BYTES)
            sock.setblocking(False)
            self._sockets.append(sock)
        self._listening = [asyncio.create_task(self._listen(sock)) for sock in self._sockets]

    async def drain(self) -> None:
        """Listen no more, read what senders send until they hear of it, and close."""
        tasks = [*self._listening, *self._opening]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for sock in self._sockets:
            sock.close()
        await asyncio.gather(*(self._close_half(connection) for connection in self._open))
        await self._wait(_LAST_SECONDS)
        await asyncio.gather(*(self._reset(connection) for connection in self._open))
        await self._wait(_CLOSE_SECONDS)

    async def _close_half(self, connection: Connection) -> None:
        await _until_read(connection, _READ_SECONDS)
        connection.close_its_half()

    async def _reset(self, connection: Connection) -> None:
        await _until_read(connection, _RESET_SECONDS)
        connection.reset()

    async def _wait(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._none_open.wait()

    async def _listen(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                sock, _ = await loop.sock_accept(listening)
            except OSError as error:  # no descriptor is left, or the other end has gone again
                log.warning("a connection can't be taken", event_name="accept_failed", door=DOOR, error=str(error))
                await asyncio.sleep(_FAILED_SECONDS)
                continue
            if len(self._open) + len(self._opening) >= self._most:
                metrics.RECEIVED_REFUSED.labels(DOOR, "connections").inc()
                sock.close()
                continue
            task = asyncio.create_task(self._begin(sock))
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)

    async def _begin(self, sock: socket.socket) -> None:
        """Shake hands, if it is TLS."""
        seconds = None if self._context is None else _HANDSHAKE_SECONDS
        try:
            for option in _KEEPALIVE:
                sock.setsockopt(*option)
            connection = Connection(sock, self._gatherer_of, self._unfinished, self._began, self._ended)
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: connection, sock, ssl=self._context, ssl_handshake_timeout=seconds
            )
        except OSError as error:
            metrics.RECEIVED_REFUSED.labels(DOOR, "handshake").inc()
            if isinstance(error, ssl.SSLError):  # and not a probe that connects and leaves
                log.info("a sender does not come in by TLS", event_name="handshake_failed", door=DOOR, error=str(error))
            sock.close()
        except asyncio.CancelledError:
            sock.close()
            raise

    def _began(self, connection: Connection) -> None:
        self._open.add(connection)
        self._none_open.clear()
        metrics.SYSLOG_CONNECTIONS.labels(self._kind).set(len(self._open))

    def _ended(self, connection: Connection) -> None:
        self._open.discard(connection)
        if not self._open:
            self._none_open.set()
        metrics.SYSLOG_CONNECTIONS.labels(self._kind).set(len(self._open))


async def _until_read(connection: Connection, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while not connection.is_read:
                await asyncio.sleep(_LOOK_SECONDS)
