"""Cuts what a request brought into pieces that each become a batch, with what tells each from those of any other request. Pure.

Where pieces begin depends on the request alone: the same request gives the same ones, at this receiver and at any other.
"""

import hashlib
from collections.abc import Iterator
from itertools import repeat
from typing import Final, NamedTuple

from logmesh.producer.oversize import records_of, split_long
from logmesh.producer.receivers.received import Received, RequestRefused
from logmesh.producer.sources import Chunk
from logmesh.record.columns import ColumnsBuilder, OriginKey, origin_size
from logmesh.record.limits import MAX_BATCH_RECORDS, REQUEST_BYTES
from logmesh.record.rare import Rare, add_rare
from logmesh.v1.record_pb2 import LogColumns

MOST_BYTES: Final = 2 << 20
"""Of a piece. A processor takes messages of 4 MiB, and rules may add to a piece."""
_RECORD_BYTES: Final = 60
"""What a record takes beside its texts, their lengths included."""
_RARE_BYTES: Final = 30
"""The same of what few records say."""


class Piece(NamedTuple):
    """Records of one request, and `Batch.request` for them: no bytes where the request can't be told from a repeated one. `size`: see
    `size_of`."""

    chunk: Chunk
    request: bytes
    size: int


def cut(received: Received, door: str, identity: bytes) -> Iterator[Piece]:
    """The pieces of `received`, in order. `identity`: bytes that are the same when the sender repeats the request, which is looked at
    where it is told apart. Raises RequestRefused for a record that is too large to be sent on."""
    chunk = received.chunk
    if not len(chunk):
        return
    name = b""
    if received.told_apart:
        digest = hashlib.sha256(b"%b\0" % door.encode())
        digest.update(identity)
        name = digest.digest()[:REQUEST_BYTES]
    chunk = split_long(chunk)
    if len(chunk) <= MAX_BATCH_RECORDS and (size := size_of(chunk)) <= MOST_BYTES:
        yield Piece(chunk, name, size)
        return
    begin = 0
    for end in _ends(chunk):
        # Named by where it begins and ends: another release may cut elsewhere, and what it calls the same has to be the same records.
        request = hashlib.sha256(b"%b%d-%d" % (name, begin, end)).digest()[:REQUEST_BYTES] if name else b""
        part = records_of(chunk, begin, end)
        yield Piece(part, request, size_of(part))
        begin = end


def size_of(chunk: Chunk) -> int:
    """About how many bytes the columns of a chunk that has records take, and never many less."""
    origins = chunk.origins
    different = {origins[0]} if origins.count(origins[0]) == len(origins) else set(origins)
    own = sum(map(len, chunk.bodies)) + sum(map(len, chunk.attributes)) + sum(map(len, chunk.severity_texts))
    events = sum(len(rare.event_name) for rare in chunk.rares)
    each = _RECORD_BYTES + (_RARE_BYTES if chunk.rares else 0)
    return own + events + each * len(origins) + sum(map(origin_size, different))


def _ends(chunk: Chunk) -> Iterator[int]:
    """Where each piece ends, the last one included. Raises RequestRefused for a record that fits in none."""
    sizes = list(map(_record_size, chunk.bodies, chunk.attributes, chunk.severity_texts, chunk.rares or repeat(None)))
    size, begin, before = 0, 0, None
    known: set[OriginKey] = set()
    for at, (own, origin) in enumerate(zip(sizes, chunk.origins, strict=True)):
        is_new = origin is not before and origin not in known
        if at > begin and (at - begin == MAX_BATCH_RECORDS or size + own + is_new * origin_size(origin) > MOST_BYTES):
            yield at
            size, begin, is_new = 0, at, True
            known.clear()
        size += own + is_new * origin_size(origin)
        if at == begin and size > MOST_BYTES:
            raise RequestRefused(f"a record has {size} bytes with its resource, and {MOST_BYTES} are the most")
        known.add(origin)
        before = origin
    yield len(sizes)


def _record_size(body: bytes, attributes: bytes, severity_text: bytes, rare: Rare | None) -> int:
    more = 0 if rare is None else _RARE_BYTES + len(rare.event_name)
    return _RECORD_BYTES + len(body) + len(attributes) + len(severity_text) + more


def columns_of(chunk: Chunk, observed_unix_nano: int) -> LogColumns:
    """The columns of a chunk that has records, which were read at that time."""
    builder = ColumnsBuilder()
    builder.extend(
        chunk.times, chunk.severities, chunk.severity_texts, chunk.bodies,
        chunk.attributes, chunk.trace_ids, chunk.span_ids, chunk.origins,
    )  # fmt: skip
    columns = builder.build(observed_unix_nano)
    if chunk.rares:
        add_rare(columns, chunk.rares)
    return columns
