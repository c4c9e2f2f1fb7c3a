"""How far a tail has come, as an opaque text that any gateway can go on from. See the package for why it is enough."""

import base64
import hashlib
import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from logmesh.gateway.tail.sent import Sent
from logmesh.gateway.tail.snapshot import Place, Snapshot
from logmesh.live.offer import Span
from logmesh.store.flushes import StoredAt

_HEAD: Final = struct.Struct(">B8s")
_VERSION: Final = 2
_INCARNATION_BYTES: Final = 8
_MAX_CHARACTERS: Final = 64 << 10
_MAX_OLD_CHARACTERS: Final = 2 << 20
_MAX_RANGES: Final = 64
_LIMIT: Final = 1 << 63


class ResumeTokenError(ValueError):
    """The token is not one of ours, or belongs to a tail with another filter."""


class Loading(NamedTuple):
    """What `until` sees beyond a place is being loaded from the store, in the order of storing, and has come as far as `after`."""

    until: Place
    after: StoredAt


@dataclass(slots=True)
class Standing:
    """The client was told of all flushes that `place` sees, and of what is `sent` beyond them.

    Without a place, nothing but a moment is known (microseconds since 1970): what was stored `since` then is to be told.
    `outdated` tells a token of an earlier release, which does not say enough to go on from it.
    """

    place: Place | None
    since: int = 0
    sent: Sent = field(default_factory=Sent)
    loading: Loading | None = None
    outdated: bool = False

    def token(self, filter_text: str) -> str:
        """This, for `read_token`."""
        place = self.place or Place(bytes(_INCARNATION_BYTES), Snapshot(0), self.since)
        numbers = [place.moment, *_snapshot_numbers(place.snapshot)]
        numbers.append(int(self.loading is not None))
        if self.loading is not None:
            until, after = self.loading
            numbers += [until.moment, *_snapshot_numbers(until.snapshot), *after]
        numbers += _span_numbers(sorted(self.sent.newest(_MAX_RANGES)))
        packed = _HEAD.pack(_VERSION, _digest(filter_text)) + place.incarnation + b"".join(map(_varint, numbers))
        return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def read_token(token: str, filter_text: str) -> Standing:
    """The standing that a token holds. Raises ResumeTokenError."""
    try:
        if len(token) > _MAX_OLD_CHARACTERS:
            raise ValueError
        packed = base64.b64decode(token + "=" * (-len(token) % 4), b"-_", validate=True)
        version, digest = _HEAD.unpack_from(packed)
        if version == 1:
            standing = _read_version_1(packed[_HEAD.size :])
        elif version == _VERSION and len(token) <= _MAX_CHARACTERS:
            standing = _read(packed[_HEAD.size :])
        else:
            raise ValueError
    except (ValueError, struct.error, zlib.error, StopIteration, RuntimeError):
        raise ResumeTokenError("resume_token is not one that a tail returned") from None
    if digest != _digest(filter_text):
        raise ResumeTokenError("resume_token belongs to a tail with another filter")
    return standing


def _read(packed: bytes) -> Standing:
    incarnation, numbers = packed[:_INCARNATION_BYTES], _read_varints(packed[_INCARNATION_BYTES:])
    moment, snapshot = next(numbers), _snapshot(numbers)
    standing = Standing(Place(incarnation, snapshot, moment) if snapshot.xmax else None, moment)
    if next(numbers):
        until = Place(incarnation, Snapshot(0), next(numbers))._replace(snapshot=_snapshot(numbers))
        standing.loading = Loading(until, StoredAt(next(numbers), next(numbers), next(numbers)))
        if standing.loading.until.snapshot.xmax < snapshot.xmax or not snapshot.xmax:
            raise ValueError
    standing.sent.add(_spans(numbers))
    if next(numbers, None) is not None:
        raise ValueError
    return standing


def _read_version_1(packed: bytes) -> Standing:
    """Its first number is the moment before which all that was stored had been told."""
    unpacking = zlib.decompressobj()
    return Standing(None, next(_read_varints(unpacking.decompress(packed, 64))), outdated=True)


def _snapshot_numbers(snapshot: Snapshot) -> list[int]:
    return [snapshot.xmax, len(snapshot.running), *(snapshot.xmax - xid for xid in snapshot.running)]


def _snapshot(numbers: Iterator[int]) -> Snapshot:
    xmax = next(numbers)
    running = tuple(xmax - next(numbers) for _ in range(next(numbers)))
    if any(xid <= 0 for xid in running) or list(running) != sorted(set(running)):
        raise ValueError
    return Snapshot(xmax, running)


def _span_numbers(spans: list[Span]) -> list[int]:
    """Count of ranges; then for each the distance of its spool and, in a spool, of its first position, and its length."""
    numbers = [len(spans)]
    spool = last = 0
    for span in spans:
        if span.spool != spool:
            last = 0
        numbers += [span.spool - spool, span.first - last, span.last - span.first]
        spool, last = span.spool, span.last
    return numbers


def _spans(numbers: Iterator[int]) -> list[Span]:
    spans = []
    spool = last = 0
    for _ in range(next(numbers)):
        distance, first, length = next(numbers), next(numbers), next(numbers)
        if distance:
            spool, last = spool + distance, 0
        first += last
        last = first + length
        if not 0 < spool < _LIMIT or not 0 < first <= last < _LIMIT:
            raise ValueError
        spans.append(Span(spool, first, last))
    return spans


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
        if not byte & 0x80:
            if number >= _LIMIT:
                raise ValueError
            yield number
            number = shift = 0
        elif shift > 63:
            raise ValueError


def _digest(filter_text: str) -> bytes:
    return hashlib.sha256(filter_text.encode("utf-8", "surrogatepass")).digest()[:8]
