"""Senders that begin a large request, send a megabyte of it, and stop: many connections of them at once, over HTTP or gRPC."""

import asyncio
import contextlib
from struct import Struct
from typing import Final

_BYTES: Final = 1_000_000
_ANNOUNCED: Final = 2_000_000
_HTTP_HEAD: Final = b"POST /lines HTTP/1.1\r\nHost: receiver\r\nContent-Length: %d\r\n\r\n" % _ANNOUNCED
_PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _RESET, _SETTINGS, _PING, _GO_AWAY, _WINDOW = 0, 1, 3, 4, 6, 7, 8
_END, _ACKNOWLEDGED, _HEADERS_END = 1, 1, 4
_STREAM: Final = 1
_FRAME: Final = Struct(">HBBBI")
_SETTING: Final = Struct(">HI")
_FIRST_WINDOW, _FRAME_BYTES = 65_535, 16_384
_WINDOW_OF_STREAM: Final = 4
_CALL: Final = (
    (b":method", b"POST"),
    (b":scheme", b"http"),
    (b":path", b"/opentelemetry.proto.collector.logs.v1.LogsService/Export"),
    (b":authority", b"receiver"),
    (b"te", b"trailers"),
    (b"content-type", b"application/grpc"),
)


async def stall_over_http(host: str, port: int, enough: asyncio.Event) -> None:
    """One sender's connection, until `enough`."""
    reader, writer = await asyncio.open_connection(host, port)
    answering = asyncio.create_task(reader.read())
    writer.write(_HTTP_HEAD + bytes(_BYTES))
    await enough.wait()
    answering.cancel()
    writer.transport.abort()


async def stall_over_grpc(host: str, port: int, enough: asyncio.Event) -> None:
    """The same of a call, as far as the receiver lets it send."""
    reader, writer = await asyncio.open_connection(host, port)
    headers = b"".join(b"\0%c%b%c%b" % (len(name), name, len(value), value) for name, value in _CALL)
    writer.write(_PREFACE + _frame(_SETTINGS, 0, 0) + _frame(_HEADERS, _HEADERS_END, _STREAM, headers))
    sending = asyncio.create_task(_send(reader, writer, b"\0" + _ANNOUNCED.to_bytes(4) + bytes(_BYTES)))
    await enough.wait()
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    writer.transport.abort()


async def _send(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, message: bytes) -> None:
    """Send what the other side's windows have room for, until it ends the call."""
    of_stream = of_connection = _FIRST_WINDOW
    sent = 0
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            while sent < len(message) and (room := min(of_stream, of_connection, _FRAME_BYTES)) > 0:
                part = message[sent : sent + room]
                writer.write(_frame(_DATA, 0, _STREAM, part))
                sent += len(part)
                of_stream, of_connection = of_stream - len(part), of_connection - len(part)
            high, low, kind, flags, stream = _FRAME.unpack(await reader.readexactly(_FRAME.size))
            payload = await reader.readexactly(high << 8 | low)
            if kind == _SETTINGS and not flags & _ACKNOWLEDGED:
                wanted = dict(_SETTING.iter_unpack(payload)).get(_WINDOW_OF_STREAM, _FIRST_WINDOW)
                of_stream += wanted - _FIRST_WINDOW
                writer.write(_frame(_SETTINGS, _ACKNOWLEDGED, 0))
            elif kind == _WINDOW and stream:
                of_stream += int.from_bytes(payload)
            elif kind == _WINDOW:
                of_connection += int.from_bytes(payload)
            elif kind == _PING and not flags & _ACKNOWLEDGED:
                writer.write(_frame(_PING, _ACKNOWLEDGED, 0, payload))
            elif kind in (_RESET, _GO_AWAY) or (kind == _HEADERS and flags & _END):
                return


def _frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return _FRAME.pack(len(payload) >> 8, len(payload) & 0xFF, kind, flags, stream) + payload
