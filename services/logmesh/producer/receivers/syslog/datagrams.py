"""Listens for messages over UDP, one a datagram.

Nothing tells a sender that a datagram was not taken: what finds the kernel's buffer full is dropped, and counted here.
"""

import asyncio
import contextlib
import socket
import struct
from typing import Final

import structlog

from logmesh.producer.receivers.syslog.connection import address_of
from logmesh.producer.receivers.syslog.gathering import Gatherer
from logmesh.producer.receivers.syslog.messages import Sent
from logmesh.runtime import metrics
from logmesh.runtime.listening import ANYWHERE, addresses

log = structlog.get_logger()

_RECEIVE_BUFFER_BYTES: Final = 4 << 20
_LARGEST: Final = 65_535
_AT_ONCE: Final = 500
_LAST: Final = 100
"""How often so many are taken when it closes, as long as there are any: more than the kernel has room for."""
_TRAILERS: Final = b"\r\n\0"
_SO_MEMINFO: Final = 55
_MEMINFO: Final = struct.Struct("9I")
_DROPS: Final = 8
"""Which number of SO_MEMINFO counts the datagrams that were dropped."""


class Datagrams:
    """A port of UDP."""

    def __init__(self, host: str, port: int, gatherer: Gatherer) -> None:
        self._host, self._port, self._gatherer = host, port, gatherer
        self._sockets: list[_Socket] = []

    def start(self) -> None:
        """Listen. Raises OSError."""
        for address in addresses(self._host):
            self._sockets.append(_Socket(address, self._port, self._gatherer))
            self._gatherer.join(self._sockets[-1])

    def drain(self) -> None:
        """Take what has come in, and close."""
        for one in self._sockets:
            self._gatherer.leave(one)
            one.drain()


class _Socket:
    def __init__(self, address: str, port: int, gatherer: Gatherer) -> None:
        self._gatherer = gatherer
        self._dropped = 0
        self._sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
        if ":" in address:
            self._sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, address != ANYWHERE)
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER_BYTES)
        self._sock.setblocking(False)
        self._sock.bind((address, port))
        given = self._sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // 2
        if given < _RECEIVE_BUFFER_BYTES:
            log.info(
                "the kernel gives a small buffer for datagrams, so that bursts of syslog may be dropped: sysctl net.core.rmem_max",
                event_name="small_receive_buffer",
                bytes=given,
                wanted=_RECEIVE_BUFFER_BYTES,
            )
        self.release()

    def hold(self) -> None:
        """See `Sender`."""
        asyncio.get_running_loop().remove_reader(self._sock.fileno())

    def release(self) -> None:
        """See `Sender`."""
        asyncio.get_running_loop().add_reader(self._sock.fileno(), self._read)

    def drain(self) -> None:
        self.hold()
        for _ in range(_LAST):
            if not self._read():
                break
        self._sock.close()

    def _read(self) -> int:
        """Take the datagrams that are there, a good number at most; how many."""
        sent: list[Sent] = []
        taken = size = 0
        receive = self._sock.recvfrom
        with contextlib.suppress(BlockingIOError):
            while taken < _AT_ONCE:
                data, peer = receive(_LARGEST)
                taken += 1
                size += len(data)
                if message := data.rstrip(_TRAILERS):
                    sent.append((message, address_of(peer)))
        self._count_dropped()
        if sent:
            self._gatherer.add(sent, size)
        return taken

    def _count_dropped(self) -> None:
        with contextlib.suppress(OSError):
            found = self._sock.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, _MEMINFO.size)
            dropped = _MEMINFO.unpack(found)[_DROPS]
            metrics.SYSLOG_DROPPED.inc((dropped - self._dropped) & 0xFFFF_FFFF)
            self._dropped = dropped
