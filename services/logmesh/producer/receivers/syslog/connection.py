"""One connection that brings messages, over TCP or TLS."""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from typing import Any

from logmesh.producer.receivers.syslog.framing import Framer, Message, Part
from logmesh.producer.receivers.syslog.gathering import Gatherer
from logmesh.runtime import metrics

GathererOf = Callable[[asyncio.BaseTransport], Gatherer | None]
"""Who takes what comes over a connection; None: nobody, for its sender may not send."""


class Connection(asyncio.Protocol):
    """Reads messages until the other end closes it. `began` and `ended` are called with it."""

    def __init__(
        self,
        sock: socket.socket,
        gatherer_of: GathererOf,
        began: Callable[["Connection"], None],
        ended: Callable[["Connection"], None],
    ) -> None:
        """Raises OSError for a socket whose other end is gone."""
        self._sock, self._gatherer_of, self._began, self._ended = sock, gatherer_of, began, ended
        self._address = address_of(sock.getpeername())
        self._framer = Framer()
        self._gatherer: Gatherer | None = None
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._began(self)
        self._gatherer = self._gatherer_of(transport)
        if self._gatherer is None:
            self._transport.abort()
        else:
            self._gatherer.join(self)

    def data_received(self, data: bytes) -> None:
        self._add(self._framer.feed(data), len(data))

    def connection_lost(self, _error: Exception | None) -> None:
        size = len(self._framer)
        messages = self._framer.end()
        if any(isinstance(message, Part) and message.is_cut_short for message in messages):
            metrics.SYSLOG_CUT_SHORT.inc()
        self._add(messages, size)
        if self._gatherer is not None:
            self._gatherer.leave(self)
        self._ended(self)

    def hold(self) -> None:
        """See `Sender`."""
        if not self._transport.is_closing():
            self._transport.pause_reading()

    def release(self) -> None:
        """See `Sender`."""
        if not self._transport.is_closing():
            self._transport.resume_reading()

    def close_its_half(self) -> None:
        """Let the sender know that it is to come again elsewhere: it closes its half once it looks, and all that it sent is read."""
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_WR)

    def abort(self) -> None:
        """Close it with what was not read."""
        self._transport.abort()

    def _add(self, messages: list[Message], size: int) -> None:
        if messages and self._gatherer is not None:
            address = self._address
            self._gatherer.add([(message, address) for message in messages], size)


def address_of(peer: Any) -> bytes:
    """The address of a socket's other end, IPv4's as such."""
    return str(peer[0]).removeprefix("::ffff:").encode()
