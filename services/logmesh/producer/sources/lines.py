"""Cuts a stream of bytes into records: lines, those that continue a record joined to it, over-long ones split. No byte is lost but
for holes, where none was written.

What has not been handed out stays here and counts as unread: `position` is all that a restart needs.
"""

import zlib
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from logmesh.producer.container_lines import IN_JSON
from logmesh.producer.joining import learned
from logmesh.producer.joining.ahead import Ahead, NotYet
from logmesh.producer.joining.joiner import Joiner
from logmesh.producer.joining.learned import Streams
from logmesh.producer.joining.streams import stream_of
from logmesh.producer.sources.encodings import UTF_8, Utf16, find_encoding
from logmesh.producer.sources.holes import Holes
from logmesh.record.limits import MAX_BODY_BYTES

JOIN_SECONDS: Final = 0.3
"""How long the last record waits for lines that continue it."""

UNFINISHED_SECONDS: Final = 5.0
"""How long a line waits for its end, and one that a container's runtime split for its rest; then it is handed out, and what follows of
it becomes its next part, or another record."""

_NULS: Final = memoryview(bytes(64 * 1024))


class Line(NamedTuple):
    """A record's body; where it is too large for one, which part of it this is, from 1, 0 means the whole; and where it begins."""

    body: bytes
    part: int
    offset: int


class LineBuffer:
    """The bytes of one stream from `offset` on. `part` counts the parts of the line at `offset` handed out before; `piece`, of the
    record that goes on there with another line; `crc` is the CRC-32 of all bytes before `offset`, None where they are not known."""

    __slots__ = (
        "_data",
        "_encoding",
        "_head",
        "_holes",
        "_joiner",
        "_streams",
        "_utf16",
        "crc",
        "end",
        "offset",
        "part",
        "piece",
    )

    def __init__(self, offset: int = 0, part: int = 0, crc: int | None = 0, *, join: bool = True) -> None:
        """Without `join` every line is a record of its own, stack traces too; lines that a container's runtime split are whole."""
        self.offset = offset
        self.part = part
        self.piece = 0
        self.crc = crc
        self.end = offset
        """Where in the stream the next bytes fed to it belong."""
        self._joiner = Joiner() if join else None
        self._streams: Streams = {}
        self._encoding = UTF_8 if offset or part else ""
        self._utf16: Utf16 | None = None
        # What came before it could be told how it is encoded, and, in UTF-8, what came since.
        self._head = self._data = b""
        self._holes = Holes()
        """Of `_data`, which has none."""

    @classmethod
    def at(cls, position: Mapping[str, Any], *, join: bool = True) -> "LineBuffer":
        """One that begins at a position, with nothing in it. One of an older release has learned nothing yet."""
        buffer = cls(position["offset"], position["part"], position.get("crc"), join=join)
        buffer.piece = position.get("piece", 0)
        buffer._streams = learned.from_json(position.get("begins", {}))
        if encoding := position.get("encoding"):
            buffer._encoding, buffer._utf16 = encoding, Utf16(encoding)
        return buffer

    def position(self) -> dict[str, Any]:
        """Where it stands after what was handed out, as JSON."""
        position: dict[str, Any] = {"offset": self.offset, "part": self.part, "crc": self.crc}
        if self.piece:
            position["piece"] = self.piece
        if self._streams:
            position["begins"] = learned.to_json(self._streams)
        if self._utf16 is not None:
            position["encoding"] = self._encoding
        return position

    def unread(self, *, join: bool) -> "LineBuffer":
        """One that begins where this one was left, without what it holds."""
        return LineBuffer.at(self.position(), join=join)

    def join_lines(self, join: bool) -> None:
        """Whether lines that continue a record are joined to it from here on."""
        self._joiner = Joiner() if join else None

    def __len__(self) -> int:
        """How many bytes it holds; none only where there are none."""
        return len(self._data) + len(self._head) + (0 if self._utf16 is None else len(self._utf16))

    def feed(self, data: bytes) -> None:
        """Adds the next bytes of the stream."""
        self.end += len(data)
        if not self._encoding:
            self._head += data
            self._find_encoding(final=False)
        elif self._utf16 is None:
            self._add(data)
        else:
            self._data += self._utf16.decode(data)

    def _find_encoding(self, final: bool) -> None:
        found = find_encoding(self._head, final)
        if found is None:
            return
        self._encoding, mark = found
        if self._encoding != UTF_8:
            self._utf16 = Utf16(self._encoding)
        self._consume(self._head[:mark])
        data, self._head = self._head[mark:], b""
        if self._utf16 is None:
            self._add(data)
        else:
            self._data = self._utf16.decode(data)

    def _add(self, data: bytes) -> None:
        begins_line = self._data.endswith(b"\n") if self._data else not self.part
        self._data += self._holes.cut_out(data, len(self._data), begins_line)

    def _consume(self, data: bytes | memoryview) -> None:
        """These bytes are done with."""
        self.offset += len(data)
        if self.crc is not None:
            self.crc = zlib.crc32(data, self.crc)

    def _consume_with_holes(self, data: memoryview) -> None:
        at = 0
        for place, length in self._holes.take(len(data)):
            self._consume(data[at:place])
            at = place
            for begin in range(0, length, len(_NULS)):
                self._consume(_NULS[: length - begin])
        self._consume(data[at:])

    def take(self, limit: int, max_bytes: int, quiet_seconds: float, ended: bool) -> list[Line]:
        """At most `limit` records, of `max_bytes` and one more record at most.

        `quiet_seconds` is for how long no byte came, and `ended` says that none will.
        """
        if self._head and (ended or quiet_seconds >= JOIN_SECONDS):
            self._find_encoding(final=True)
        if self._utf16 is not None and ended:
            self._data += self._utf16.decode(b"", final=True)
        lines: list[Line] = []
        consumed = size = 0
        data, base, part, piece, streams = self._data, self.offset, self.part, self.piece, self._streams
        for begin, stop, following, goes_on, before_next in self._spans(quiet_seconds, ended):
            start = begin
            while stop - start > MAX_BODY_BYTES and len(lines) < limit and size < max_bytes:
                cut = character_start(data, start + MAX_BODY_BYTES)
                part += 1
                lines.append(Line(data[start:cut], part, base + start))
                size += cut - start
                start = consumed = cut
            if len(lines) >= limit or size >= max_bytes or following < 0:
                break
            finished = following > stop
            body = data[start:stop]
            if goes_on or piece:
                piece += 1
                lines.append(Line(body, piece, base + start))
                size += len(body)
                piece = piece if goes_on else 0
            elif body or not part:
                lines.append(Line(body, part + 1 if part else 0, base + start))
                size += len(body)
            part = 0 if finished else part + 1
            consumed, streams = following, before_next
        self._data = data[consumed:]
        self.part, self.piece, self._streams = part, piece, streams
        if self._utf16 is None:
            if self._holes:
                lengths = self._holes.before([line.offset - base for line in lines])
                lines = [
                    line._replace(offset=line.offset + length) for line, length in zip(lines, lengths, strict=True)
                ]
            self._consume_with_holes(memoryview(data)[:consumed])
            return lines
        places = self._utf16.offsets(data, [line.offset - base for line in lines])
        lines = [line._replace(offset=base + place) for line, place in zip(lines, places, strict=True)]
        self._consume(self._utf16.encode(data[:consumed]))
        if ended and not self._data and len(self._utf16) and len(lines) < limit:
            rest = self._utf16.take_rest()
            lines.append(Line(rest, 0, self.offset))
            self._consume(rest)
        return lines

    def _spans(self, quiet_seconds: float, ended: bool) -> Iterator["_Span"]:
        if self._joiner is None:
            return _lines(self._data, quiet_seconds, ended, self._streams)
        self._joiner.begin_anew(self._streams)
        return _records(self._data, self.part > 0, quiet_seconds, ended, self._joiner)


_Span = tuple[int, int, int, bool, Streams]
"""Start and end of a record that is ready; where the next one starts, -1 when only parts of this one are ready; whether that one is
the rest of this, which is full; and what had been learned before it."""


def _records(data: bytes, continued: bool, quiet_seconds: float, ended: bool, joiner: Joiner) -> Iterator[_Span]:
    lines = data.split(b"\n")
    tail = lines.pop()
    start = position = 0
    if continued and lines:
        position = len(lines.pop(0)) + 1
        yield 0, position - 1, position, False, joiner.streams
        start = position
    whole = [*lines, tail] if ended else lines
    ahead = Ahead(whole, ended or quiet_seconds >= JOIN_SECONDS, len(tail))
    for at, line in enumerate(lines):
        if len(line) > MAX_BODY_BYTES:
            # It comes in parts, perhaps before its end is there: it is a record of its own, of which nothing is learned.
            if position > start:
                yield start, position - 1, position, False, joiner.streams
            start, position = position, position + len(line) + 1
            yield start, position - 1, position, False, joiner.streams
            start = position
            joiner.begin_anew(joiner.streams)
            continue
        try:
            joins = joiner.continues(ahead, at)
        except NotYet:
            return
        if position > start and not (joins and position + len(line) - start <= MAX_BODY_BYTES):
            yield start, position - 1, position, joins, joiner.streams if joins else joiner.before
            start = position
            if joins:
                joiner.begin_anew(joiner.streams)
                joiner.continues(ahead, at)
        position += len(line) + 1
    if position > start:
        joins = ended and bool(tail) and len(tail) <= MAX_BODY_BYTES and joiner.continues(ahead, len(lines))
        if joins and len(data) - start <= MAX_BODY_BYTES:
            yield start, len(data), len(data), False, joiner.streams
            return
        wait_seconds = UNFINISHED_SECONDS if joiner.is_split else JOIN_SECONDS
        if not ended and quiet_seconds < wait_seconds and len(tail) <= MAX_BODY_BYTES:
            return
        yield start, position - 1, position, joins, joiner.streams
    if tail and (ended or quiet_seconds >= UNFINISHED_SECONDS):
        yield position, len(data), len(data), False, joiner.streams
    elif len(tail) > MAX_BODY_BYTES:
        yield position, len(data), -1, False, joiner.streams


def _lines(data: bytes, quiet_seconds: float, ended: bool, streams: Streams) -> Iterator[_Span]:
    """As `_records`, with each line as a record, and those that a container's runtime split as one."""
    start = position = 0
    split_of = b""
    while (stop := data.find(b"\n", position)) >= 0:
        stream, is_split = _split(data, position, stop)
        if split_of:
            is_rest = stream == split_of
            if not is_rest or stop - start > MAX_BODY_BYTES:
                yield start, position - 1, position, is_rest, streams
                start = position
        split_of = stream if is_split else b""
        position = stop + 1
        if not is_split:
            yield start, stop, position, False, streams
            start = position
    tail = len(data) - position
    if split_of and (ended or quiet_seconds >= UNFINISHED_SECONDS):
        yield start, position - 1, position, False, streams
    elif split_of:
        return
    if tail and (ended or quiet_seconds >= UNFINISHED_SECONDS):
        yield position, len(data), len(data), False, streams
    elif tail > MAX_BODY_BYTES:
        yield position, len(data), -1, False, streams


def _split(data: bytes, start: int, stop: int) -> tuple[bytes, bool]:
    """Of a line that a container's runtime wrote: its stream, and whether the runtime split it so that its rest follows."""
    if data.find(b" std", start + 19, start + 42) < 0 and not data.startswith(IN_JSON, start):
        return b"", False
    stream, is_split, _ = stream_of(data[start:stop])
    return stream, is_split


def character_start(data: bytes, cut: int) -> int:
    """The start of the UTF-8 character that `cut` falls into; `cut` itself where there is none."""
    for back in range(4):
        byte = data[cut - back]
        if byte & 0xC0 != 0x80:
            return cut - back if byte >= 0xC0 or back == 0 else cut
    return cut
