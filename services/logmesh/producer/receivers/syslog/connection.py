"""One connection that brings messages, over TCP or TLS."""

import asyncio
import contextlib
import fcntl
import socket
import struct
import termios
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from logmesh.producer.receivers.syslog.framing import Framer, Message, Part
from logmesh.producer.receivers.syslog.gathering import Gatherer
from logmesh.runtime import metrics

_MOST_UNFINISHED_BYTES: Final = 32 << 20
_LONG_BYTES: Final = 16 << 10
_MOST_REMEMBERED: Final = 4_096

GathererOf = Callable[[asyncio.BaseTransport], Gatherer | None]
"""Who takes what comes over a connection; None: nobody, for its sender may not send."""


class Unfinished:
    """How many bytes all connections of a port hold of messages whose rest is still to come."""

    def __init__(self) -> None:
        self._bytes = 0

    def add(self, size: int) -> None:
        """So many more, or less."""
        self._bytes += size

    @property
    def is_too_much(self) -> bool:
        """Whether long messages must come in parts before they have to."""
        return self._bytes > _MOST_UNFINISHED_BYTES


class Connection(asyncio.Protocol):
    """Reads messages until the other end closes it. `began` and `ended` are called with it."""

    def __init__(
        self,
        sock: socket.socket,
        gatherer_of: GathererOf,
        unfinished: Unfinished,
        began: Callable[["Connection"], None],
        ended: Callable[["Connection"], None],
    ) -> None:
        """Raises OSError for a socket whose other end is gone."""
        self._sock, self._gatherer_of, self._unfinished = sock, gatherer_of, unfinished
        self._began, self._ended = began, ended
        self._address = address_of(sock.getpeername())
        self._framer = Framer()
        self._gatherer: Gatherer | None = None
        self._transport: Any = None
        self._is_held = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._began(self)
        self._gatherer = self._gatherer_of(transport)
        if self._gatherer is None:
            self._transport.abort()
        else:
            self._gatherer.join(self)

    def data_received(self, data: bytes) -> None:
        before = len(self._framer)
        messages = self._framer.feed(data)
        unfinished = len(self._framer)
        self._unfinished.add(unfinished - before)
        if self._unfinished.is_too_much and unfinished > _LONG_BYTES:
            messages += self._framer.let_go()
            self._unfinished.add(len(self._framer) - unfinished)
        self._add(messages, before + len(data) - len(self._framer))

    def connection_lost(self, _error: Exception | None) -> None:
        size = len(self._framer)
        self._unfinished.add(-size)
        messages = self._framer.end()
        if any(isinstance(message, Part) and message.is_cut_short for message in messages):
            metrics.SYSLOG_CUT_SHORT.inc()
        self._add(messages, size)
        if self._gatherer is not None:
            self._gatherer.leave(self)
        self._ended(self)

    def hold(self) -> None:
        """See `Sender`."""
        self._is_held = True
        if not self._transport.is_closing():
            self._transport.pause_reading()

    def release(self) -> None:
        """See `Sender`."""
        self._is_held = False
        if not self._transport.is_closing():
            self._transport.resume_reading()

    @property
    def is_read(self) -> bool:
        """Whether all that has come was read, and no message is in the middle of coming. Where a connection is reset, by a sender that
        hears of its end or by this one, the rest is lost."""
        with contextlib.suppress(OSError, ValueError):  # the latter of a socket that is closed by now
            (waiting,) = struct.unpack("i", fcntl.ioctl(self._sock, termios.FIONREAD, bytes(4)))
            return not (waiting or self._is_held or len(self._framer))
        return True

    def close_its_half(self) -> None:
        """Let the sender know that it is to come again elsewhere: it closes its half once it looks, and all that it sent is read."""
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """Close it so that a sender that does not look fails to write at once: after an ordinary close it has sent something that
        nobody reads before it fails."""
        with contextlib.suppress(OSError):
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()

    def _add(self, messages: list[Message], size: int) -> None:
        if messages and self._gatherer is not None:
            address = self._address
            self._gatherer.add([(message, address) for message in messages], size)


@lru_cache(_MOST_REMEMBERED)
def address_of(peer: Any) -> bytes:
    """The address of a socket's other end, IPv4's as such."""
    return str(peer[0]).removeprefix("::ffff:").encode()
