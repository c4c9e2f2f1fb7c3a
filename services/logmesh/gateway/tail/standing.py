"""How far a tail has come, as an opaque text that any gateway can go on from. See the package for why it is enough."""

import base64
import hashlib
import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from logmesh.gateway.tail.coverage import Positions, add_spans, spans_of
from logmesh.live.chunk import Span

_HEAD: Final = struct.Struct(">B8s")
_VERSION: Final = 1
_MAX_BYTES: Final = 1 << 20
_MAX_RANGES_A_SPOOL: Final = 64
"""Below that many, holes are taken for batches that will never come: a producer numbers without gaps."""


class ResumeTokenError(ValueError):
    """The token is not one of ours, or belongs to a tail with another filter."""


class StoredAt(NamedTuple):
    """A place in the order in which rows were stored: microseconds since 1970, spool, position."""

    received: int
    spool: int = 0
    position: int = 0


@dataclass(slots=True)
class Standing:
    """All that was received before `watermark` (microseconds since 1970 by the database) is dealt with, and `covered` is.
    `due` is being loaded from the store, in the order of storing, and has come as far as `after`."""

    watermark: int
    covered: Positions = field(default_factory=dict)
    due: Positions = field(default_factory=dict)
    after: StoredAt | None = None

    def token(self, filter_text: str) -> str:
        """This, for `read_token`."""
        after = self.after or StoredAt(self.watermark)
        numbers = [self.watermark, *after, *_numbers(self.covered), *_numbers(self.due)]
        packed = _HEAD.pack(_VERSION, _digest(filter_text)) + zlib.compress(b"".join(map(_varint, numbers)), 1)
        return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def read_token(token: str, filter_text: str) -> Standing:
    """The standing that a token holds. Raises ResumeTokenError."""
    try:
        packed = base64.b64decode(token + "=" * (-len(token) % 4), b"-_", validate=True)
        version, digest = _HEAD.unpack_from(packed)
        unpacking = zlib.decompressobj()
        numbers = _read_varints(unpacking.decompress(packed[_HEAD.size :], _MAX_BYTES))
        if version != _VERSION or not unpacking.eof:
            raise ValueError
        watermark, *after = (next(numbers) for _ in range(4))
        standing = Standing(watermark, _positions(numbers), _positions(numbers), StoredAt(*after))
        if any(numbers) or watermark >= 1 << 55 or after[0] >= 1 << 55:
            raise ValueError
    except (ValueError, struct.error, zlib.error, StopIteration, RuntimeError):
        raise ResumeTokenError("resume_token is not one that a tail returned") from None
    if digest != _digest(filter_text):
        raise ResumeTokenError("resume_token belongs to a tail with another filter")
    return standing


def _numbers(positions: Positions) -> Iterator[int]:
    """Count of ranges; then for each its spool, the distance from the range before, and its length."""
    spans = [
        span for spool, ranges in sorted(positions.items()) for span in spans_of({spool: ranges})[-_MAX_RANGES_A_SPOOL:]
    ]
    closed = _close_lowest(positions, spans)
    yield len(closed)
    spool = last = 0
    for span in closed:
        if span.spool != spool:
            last = 0
        yield span.spool
        yield span.first - last
        yield span.last - span.first
        spool, last = span.spool, span.last


def _close_lowest(positions: Positions, spans: list[Span]) -> list[Span]:
    """Let a spool's lowest range begin where the ranges that were left out began."""
    seen: set[int] = set()
    closed = []
    for span in spans:
        first = span.first if span.spool in seen else next(iter(positions[span.spool]))[0]
        seen.add(span.spool)
        closed.append(Span(span.spool, first, span.last))
    return closed


def _positions(numbers: Iterator[int]) -> Positions:
    positions: Positions = {}
    before = last = 0
    for _ in range(next(numbers)):
        spool, distance, length = next(numbers), next(numbers), next(numbers)
        first = (last if spool == before else 0) + distance
        before, last = spool, first + length
        if spool >= 1 << 31 or last >= 1 << 63 or not first:
            raise ValueError
        add_spans(positions, [Span(spool, first, last)])
    return positions


def _varint(number: int) -> bytes:
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def _read_varints(data: Iterable[int]) -> Iterator[int]:
    number = shift = 0
    for byte in data:
        number |= (byte & 0x7F) << shift
        shift += 7
        if shift > 70:
            raise ValueError
        if not byte & 0x80:
            yield number
            number = shift = 0


def _digest(filter_text: str) -> bytes:
    return hashlib.sha256(filter_text.encode("utf-8", "surrogatepass")).digest()[:8]
