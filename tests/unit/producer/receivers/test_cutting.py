"""Whatever a request brings, each of its pieces fits into a processor's message, and has a name that only the same records have."""

from dataclasses import replace
from typing import Any

import pytest

from logmesh.producer.receivers import cutting
from logmesh.producer.receivers.cutting import columns_of, cut, size_of
from logmesh.producer.receivers.received import Received, RequestRefused
from logmesh.producer.sources import Chunk
from logmesh.record.batch import encode_link
from logmesh.record.columns import OriginKey
from logmesh.record.limits import MAX_ATTRIBUTES_BYTES, MAX_BODY_BYTES
from logmesh.record.origin_more import OriginMore
from logmesh.record.rare import Rare
from logmesh.runtime.server import MAX_MESSAGE_BYTES

SPOOL_ID = "123e4567-e89b-42d3-a456-426614174000"


def chunk_of(count: int, **columns: Any) -> Chunk:
    """Records that say little, but for these columns."""
    chunk = Chunk(
        times=list(range(1, count + 1)),
        severities=[9] * count,
        severity_texts=[b""] * count,
        bodies=[b"%d" % number for number in range(count)],
        attributes=[b""] * count,
        trace_ids=[bytes(range(1, 17))] * count,
        span_ids=[bytes(range(1, 9))] * count,
        origins=[OriginKey(b"shop")] * count,
    )
    return replace(chunk, **columns)


def large_resources(count: int) -> list[OriginKey]:
    """As many origins, all of them different."""
    more = OriginMore(b'{"s":"%b"}' % (b"s" * 300), b"https://opentelemetry.io/schemas/1.30.0", b"u" * 100)
    return [
        OriginKey(b"shop", b"%d" % number, b'{"r":"%b"}' % (b"r" * 600), b"scope", b"1", more)
        for number in range(count)
    ]


@pytest.mark.parametrize(
    "chunk",
    [
        chunk_of(10_000, origins=large_resources(10_000)),
        chunk_of(20_000, origins=large_resources(10) * 2_000),
        chunk_of(10_000, rares=[Rare(5, False, b"e" * 255, 1, 1)] * 10_000, severity_texts=[b"s" * 64] * 10_000),
        chunk_of(30_000),
        chunk_of(40, bodies=[b"b" * MAX_BODY_BYTES] * 40, attributes=[b'{"a":"%b"}' % (b"a" * 65_000)] * 40),
        chunk_of(3, bodies=[b"b" * (3 << 20)] * 3),
    ],
    ids=["resources", "few resources", "what few say", "many", "large", "long bodies"],
)
def test_every_piece_fits_into_a_message(chunk: Chunk) -> None:
    pieces = list(cut(Received(chunk, told_apart=True), "door", b"identity"))
    for piece in pieces:
        message, _ = encode_link(1, columns_of(piece.chunk, 1), False, SPOOL_ID, 0, piece.request)
        assert len(message) <= size_of(piece.chunk) + 200 <= MAX_MESSAGE_BYTES - (1 << 20)
    assert b"".join(body for piece in pieces for body in piece.chunk.bodies) == b"".join(chunk.bodies)
    assert len({piece.request for piece in pieces}) == len(pieces)


def test_a_record_that_fits_into_no_message_is_refused() -> None:
    chunk = chunk_of(2, attributes=[b"", b'{"a":"%b"}' % (b"a" * (3 << 20))])
    with pytest.raises(RequestRefused, match="bytes with its resource"):
        list(cut(Received(chunk, told_apart=True), "door", b"identity"))


def test_the_largest_record_that_may_be_is_taken() -> None:
    origin = OriginKey(b"shop", resource_attributes=b'{"r":"%b"}' % (b"r" * 2 * MAX_ATTRIBUTES_BYTES))
    chunk = chunk_of(1, bodies=[b"b" * MAX_BODY_BYTES], attributes=[b"a" * MAX_ATTRIBUTES_BYTES], origins=[origin])
    assert len(list(cut(Received(chunk, told_apart=True), "door", b"identity"))) == 1


def test_pieces_that_are_cut_elsewhere_are_called_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    """As two releases may cut them while one takes the other's place: a record under a name that is known already would be lost."""
    received = Received(chunk_of(30_000), told_apart=True)
    named: dict[bytes, list[bytes]] = {}
    for most in (10_000, 9_000, 7_000):
        monkeypatch.setattr(cutting, "MAX_BATCH_RECORDS", most)
        for piece in cut(received, "door", b"identity"):
            assert named.setdefault(piece.request, piece.chunk.bodies) == piece.chunk.bodies
