"""Unpacks bodies, never to more than a request may have: what would be larger is refused once so much of it is there."""

import zlib
from collections.abc import Callable
from typing import Final, Protocol

import cramjam
import zstandard

from logmesh.producer.receivers.http.refusals import TooLarge, UnknownMediaType
from logmesh.producer.receivers.received import RequestRefused

_GZIP: Final = 31
_ZLIB: Final = 15
_BARE: Final = -15
_LONGEST_LENGTH: Final = 5
_PIECE: Final = 64 << 10
_ZSTD_PIECE: Final = 512
"""What gives 16 MiB at most: a block of four bytes may be 128 KiB."""
_MOST_MEMBERS: Final = 1_000
"""Of one body. Each costs something, and a million empty ones are few bytes."""
_LARGEST_WINDOW: Final = 8 << 20
"""What a decoder must be able to remember, and what most encoders keep to."""


def is_packed(encoding: str) -> bool:
    """Whether a body of this `Content-Encoding` is another once it is unpacked."""
    return encoding.strip().lower() not in ("", "identity")


def unpack(body: bytes, encoding: str, most: int) -> bytes:
    """A body of `Content-Encoding` `encoding`, of `most` bytes at most.

    Raises TooLarge, UnknownMediaType for an encoding that is not known or for several, RequestRefused for a body that is not in it.
    """
    name = encoding.strip().lower()
    if not is_packed(encoding):
        return body
    unpacker = _UNPACKERS.get(name)
    if unpacker is None:
        several = "several encodings of one body are" if "," in name else f"encoding {name[:100]!r} is"
        raise UnknownMediaType(f"{several} not read here: send {', '.join(_UNPACKERS)} or none")
    return _unpacked(body, name, unpacker, most)


def unpack_block(body: bytes, most: int) -> bytes:
    """A block of snappy, as Loki has it. Raises as `unpack`."""
    return _unpacked(body, "snappy", _unpack_snappy, most)


def _unpacked(body: bytes, name: str, unpacker: Callable[[bytes, int], bytes], most: int) -> bytes:
    try:
        unpacked = unpacker(body, most)
    except (zlib.error, zstandard.ZstdError, cramjam.DecompressionError, EOFError) as error:
        raise RequestRefused(f"the body is not {name}: {error}") from error
    if len(unpacked) > most:
        raise TooLarge(_too_large(most))
    return unpacked


def _too_large(most: int) -> str:
    return f"the body is larger than {most} bytes once it is unpacked; send less at once"


def _unpack_snappy(body: bytes, most: int) -> bytes:
    """Of one block, which begins with its length."""
    length = shift = 0
    for byte in body[:_LONGEST_LENGTH]:
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            break
    else:
        raise EOFError("it does not begin with a length")
    if length > most:
        raise TooLarge(_too_large(most))
    return bytes(cramjam.snappy.decompress_raw(body))


def _unpack_gzip(body: bytes, most: int) -> bytes:
    """Of one member or of several, as `cat a.gz b.gz` makes them."""
    return _joined(body, most, lambda: zlib.decompressobj(_GZIP))


class _Stream(Protocol):
    """Unpacks one member of gzip, or one frame of zstd."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, most: int = 0, /) -> bytes: ...


def _joined(body: bytes, most: int, begin: Callable[[], _Stream], piece_bytes: int = _PIECE) -> bytes:
    """What all members of a body unpack to, or a little more than `most` bytes of it. A stream is given a piece at a time, for it
    copies what is behind its end, and zstd's knows no bound."""
    parts: list[bytes] = []
    room = most + 1
    at, members, stream = 0, 1, begin()
    while at < len(body) and room > 0:
        piece = body[at : at + piece_bytes]
        parts.append(stream.decompress(piece, room))
        room -= len(parts[-1])
        at += len(piece)
        if stream.eof:
            at -= len(stream.unused_data)
            if at < len(body):
                members, stream = members + 1, begin()
                if members > _MOST_MEMBERS:
                    raise RequestRefused(f"the body is of more than {_MOST_MEMBERS} parts that were packed one by one")
    if room > 0 and not stream.eof:
        raise EOFError("it ends too early")
    return b"".join(parts)


def _unpack_deflate(body: bytes, most: int) -> bytes:
    """With zlib's header, as HTTP has it, or without, as some send it."""
    try:
        return _inflated(body, most, _ZLIB)
    except zlib.error:
        return _inflated(body, most, _BARE)


def _inflated(body: bytes, most: int, window: int) -> bytes:
    stream = zlib.decompressobj(window)
    data = stream.decompress(body, most + 1)
    if not stream.eof and len(data) <= most:
        raise EOFError("it ends too early")
    return data


def _unpack_zstd(body: bytes, most: int) -> bytes:
    """Of one frame or of several."""
    return _joined(body, most, _ZstdFrame, _ZSTD_PIECE) if body else body


class _ZstdFrame:
    """A `_Stream`. It unpacks all that it is given."""

    def __init__(self) -> None:
        self._stream = zstandard.ZstdDecompressor(max_window_size=_LARGEST_WINDOW).decompressobj()

    @property
    def eof(self) -> bool:
        return self._stream.eof

    @property
    def unused_data(self) -> bytes:
        return self._stream.unused_data

    def decompress(self, data: bytes, _most: int = 0, /) -> bytes:
        return self._stream.decompress(data)


_UNPACKERS: Final[dict[str, Callable[[bytes, int], bytes]]] = {
    "gzip": _unpack_gzip,
    "x-gzip": _unpack_gzip,
    "deflate": _unpack_deflate,
    "zstd": _unpack_zstd,
    "snappy": _unpack_snappy,
}
