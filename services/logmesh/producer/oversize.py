"""Records that are larger than one may be, or became so on the way: bodies in parts, attributes without the largest of them. Pure."""

import re
import zlib
from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Final

from logmesh.producer.attributes import without_largest
from logmesh.producer.parsed import Parsed
from logmesh.producer.sources import Chunk
from logmesh.record.limits import MAX_ATTRIBUTES_BYTES, MAX_BODY_BYTES
from logmesh.record.rare import NOTHING_RARE

_COLUMNS: Final = tuple(field.name for field in fields(Chunk) if field.name != "positions")
_PART: Final = re.compile(rb'\{"logmesh\.part":\d+,"logmesh\.line":"[^"]*"')
"""How the attributes of a part begin, see `Parsed.with_part`."""


def within_limits(chunk: Chunk) -> Chunk:
    """The same with every record within the limits; the chunk itself where all are."""
    chunk = split_long(chunk)
    if max(map(len, chunk.attributes), default=0) <= MAX_ATTRIBUTES_BYTES:
        return chunk
    return replace(
        chunk,
        attributes=[text if len(text) <= MAX_ATTRIBUTES_BYTES else without_largest(text) for text in chunk.attributes],
    )


def split_long(chunk: Chunk) -> Chunk:
    """The same with bodies that are too long for one record in parts, as those of files are; a body of JSON is a text then."""
    if max(map(len, chunk.bodies), default=0) <= MAX_BODY_BYTES:
        return chunk
    split = Chunk(positions=chunk.positions)
    for at, body in enumerate(chunk.bodies):
        one = records_of(chunk, at, at + 1)
        if len(body) > MAX_BODY_BYTES:
            one = _parts_of(one, body)
        for name in _COLUMNS:
            getattr(split, name).extend(getattr(one, name))
    return split


def records_of(chunk: Chunk, begin: int, end: int) -> Chunk:
    """The records at these places, without positions."""
    return Chunk(**{name: getattr(chunk, name)[begin:end] for name in _COLUMNS})


def _parts_of(one: Chunk, body: bytes) -> Chunk:
    bodies = list(_cut_text(body))
    count = len(bodies)
    parts = Chunk(**{name: getattr(one, name) * count for name in _COLUMNS})
    parts.bodies = bodies
    parts.attributes = _attributes_of_parts(one.attributes[0], body, count)
    if parts.rares:
        parts.rares = [one.rares[0]._replace(structured=False)] + [NOTHING_RARE] * (count - 1)
    return parts


def _attributes_of_parts(attributes: bytes, body: bytes, count: int) -> list[bytes]:
    if said := _PART.match(attributes):
        # A part of a line already, and the next one has its number: these share theirs, and stay in order by their places.
        return [attributes] + [said[0] + b"}"] * (count - 1)
    line = f"{zlib.crc32(body):08x}{len(body):08x}"  # the same when it comes again
    first = Parsed(attributes=attributes)
    return [(first if part == 1 else Parsed()).with_part(part, line).attributes for part in range(1, count + 1)]


def _cut_text(body: bytes) -> Iterator[bytes]:
    """Parts of a body, none of which ends within a character of UTF-8."""
    begin = 0
    while begin < len(body):
        end = begin + MAX_BODY_BYTES
        while end < len(body) and body[end] & 0xC0 == 0x80 and end > begin + MAX_BODY_BYTES - 4:
            end -= 1
        yield body[begin:end]
        begin = end
