"""Where nothing was ever written a file has NULs: a writer that doesn't append goes on where it was when its file is emptied, and a
crash can leave some. Those that a line begins with are cut out, so that the line is what was written, and are counted, for positions.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from logmesh.record.limits import MAX_BODY_BYTES

_BEHIND_A_LINE: Final = re.compile(rb"\n(\0+)")


class Holes:
    """Holes that were cut out of some bytes: by the places that they were at in what is left, and with their lengths in bytes."""

    __slots__ = ("_lengths", "_places")

    def __init__(self) -> None:
        self._places: list[int] = []
        self._lengths: list[int] = []

    def __bool__(self) -> bool:
        return bool(self._places)

    def cut_out(self, data: bytes, place: int, begins_line: bool) -> bytes:
        """Bytes without their holes. They come to be at `place`; `begins_line` says whether that is where a line begins."""
        if b"\0" not in data:
            return data
        pieces: list[bytes] = []
        at = 0
        if begins_line and (length := len(data) - len(data.lstrip(b"\0"))):
            self._add(place, length)
            at = length
        for match in _BEHIND_A_LINE.finditer(data, at):
            begin, end = match.span(1)
            pieces.append(data[at:begin])
            place += begin - at
            self._add(place, end - begin)
            at = end
        return b"".join((*pieces, data[at:]))

    def before(self, starts: Sequence[int]) -> Iterator[int]:
        """How many bytes of holes come before each of these places, which ascend; one that is at a place comes before it."""
        hole = length = 0
        for start in starts:
            while hole < len(self._places) and self._places[hole] <= start:
                length += self._lengths[hole]
                hole += 1
            yield length

    def take(self, end: int) -> list[tuple[int, int]]:
        """Forgets those before `end`, where what is left begins now, and gives their places and lengths.

        One at `end` goes with the line behind it; a long one at once, so that a restart does not read it again.
        """
        count = 0
        while count < len(self._places) and (
            self._places[count] < end or (self._places[count] == end and self._lengths[count] > MAX_BODY_BYTES)
        ):
            count += 1
        taken = list(zip(self._places[:count], self._lengths[:count], strict=True))
        self._places = [place - end for place in self._places[count:]]
        self._lengths = self._lengths[count:]
        return taken

    def _add(self, place: int, length: int) -> None:
        if self._places and self._places[-1] == place:
            self._lengths[-1] += length
        else:
            self._places.append(place)
            self._lengths.append(length)
