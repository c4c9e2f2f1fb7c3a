"""Cuts a stream of bytes into records: lines, stack traces joined, over-long lines split. No byte is lost.

What has not been handed out stays here and counts as unread: `offset` and `part` are all that a restart needs.
"""

import zlib
from collections.abc import Iterator
from typing import Final, NamedTuple

from logmesh.producer.multiline import Joiner
from logmesh.record.limits import MAX_BODY_BYTES

JOIN_SECONDS: Final = 0.3
"""How long the last record waits for lines that continue it."""

UNFINISHED_SECONDS: Final = 5.0
"""How long a line waits for its end; then it is handed out, and what follows of it becomes its next part."""


class Line(NamedTuple):
    """A record's body and, for a line in several parts, which part of it this is, from 1. 0 means the whole."""

    body: bytes
    part: int


class LineBuffer:
    """The bytes of one stream from `offset` on. `part` counts the parts of the line at `offset` handed out before; `crc` is the
    CRC-32 of all bytes before `offset`, None where they are not known."""

    __slots__ = ("_data", "_join", "crc", "offset", "part")

    def __init__(self, offset: int = 0, part: int = 0, crc: int | None = 0, *, join: bool = True) -> None:
        """Without `join` every line is a record of its own, stack traces too."""
        self.offset = offset
        self.part = part
        self.crc = crc
        self._join = join
        self._data = b""

    def __len__(self) -> int:
        return len(self._data)

    @property
    def end(self) -> int:
        """Where in the stream the next bytes fed to it belong."""
        return self.offset + len(self._data)

    def feed(self, data: bytes) -> None:
        """Adds the next bytes of the stream."""
        self._data += data

    def take(self, limit: int, max_bytes: int, quiet_seconds: float, ended: bool) -> list[Line]:
        """At most `limit` records, of `max_bytes` and one more record at most.

        `quiet_seconds` is for how long no byte came, and `ended` says that none will.
        """
        lines: list[Line] = []
        consumed = size = 0
        data, part = self._data, self.part
        spans = _spans(data, part > 0, quiet_seconds, ended) if self._join else _lines(data, quiet_seconds, ended)
        for begin, stop, following in spans:
            start = begin
            while stop - start > MAX_BODY_BYTES and len(lines) < limit and size < max_bytes:
                cut = _character_start(data, start + MAX_BODY_BYTES)
                part += 1
                lines.append(Line(data[start:cut], part))
                size += cut - start
                start = consumed = cut
            if len(lines) >= limit or size >= max_bytes or following < 0:
                break
            finished = following > stop
            body = data[start:stop]
            if body or not part:
                lines.append(Line(body, part + 1 if part else 0))
                size += len(body)
            part = 0 if finished else part + 1
            consumed = following
        if self.crc is not None:
            self.crc = zlib.crc32(memoryview(data)[:consumed], self.crc)
        self._data = data[consumed:]
        self.offset += consumed
        self.part = part
        return lines


def _spans(data: bytes, continued: bool, quiet_seconds: float, ended: bool) -> Iterator[tuple[int, int, int]]:
    """Start and end of each record that is ready, and where the next one starts: -1 when only parts of it are ready."""
    lines = data.split(b"\n")
    tail = lines.pop()
    start = position = 0
    if continued and lines:
        position = len(lines.pop(0)) + 1
        yield 0, position - 1, position
        start = position
    joiner = Joiner()
    for line in lines:
        joins = joiner.continues(line)
        if position > start and not (joins and position + len(line) - start <= MAX_BODY_BYTES):
            yield start, position - 1, position
            start = position
            if joins:
                joiner = Joiner()
                joiner.continues(line)
        position += len(line) + 1
    if position > start:
        if ended and tail and len(data) - start <= MAX_BODY_BYTES and joiner.continues(tail):
            yield start, len(data), len(data)
            return
        if not ended and quiet_seconds < JOIN_SECONDS and len(tail) <= MAX_BODY_BYTES:
            return
        yield start, position - 1, position
    if tail and (ended or quiet_seconds >= UNFINISHED_SECONDS):
        yield position, len(data), len(data)
    elif len(tail) > MAX_BODY_BYTES:
        yield position, len(data), -1


def _lines(data: bytes, quiet_seconds: float, ended: bool) -> Iterator[tuple[int, int, int]]:
    """As `_spans`, with each line as a record."""
    position = 0
    while (stop := data.find(b"\n", position)) >= 0:
        yield position, stop, stop + 1
        position = stop + 1
    tail = len(data) - position
    if tail and (ended or quiet_seconds >= UNFINISHED_SECONDS):
        yield position, len(data), len(data)
    elif tail > MAX_BODY_BYTES:
        yield position, len(data), -1


def _character_start(data: bytes, cut: int) -> int:
    """The start of the UTF-8 character that `cut` falls into; `cut` itself where there is none."""
    for back in range(4):
        byte = data[cut - back]
        if byte & 0xC0 != 0x80:
            return cut - back if byte >= 0xC0 or back == 0 else cut
    return cut
