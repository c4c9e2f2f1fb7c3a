"""A bounded line of chunks for one reader. A reader that is too slow loses the oldest, and is told how many."""

import asyncio
from collections import deque
from typing import Final

from logmesh.live.chunk import Chunk, Gap, Span
from logmesh.record.ranges import RangeSet

MAX_RECORDS: Final = 20_000
MAX_CHUNKS: Final = 10_000
"""Chunks without a matching record take room too."""


class Ring:
    """Holds at most `max_bytes` bytes of records, 20,000 records and 10,000 chunks. Pure but for the events that wake its ends."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.changed = asyncio.Event()
        self._room = asyncio.Event()
        self._chunks: deque[Chunk] = deque()
        self._records = self._bytes = 0
        self._dropped = self._looked = 0
        self._passed: dict[int, RangeSet] = {}
        self._start = self._end = 0
        self._arrived = 0

    def put(self, chunk: Chunk) -> None:
        """Take a chunk; drop the oldest ones when there is no room."""
        self._chunks.append(chunk)
        self._arrived += 1
        self._records += len(chunk.records)
        self._bytes += chunk.size
        while len(self._chunks) > 1 and self._is_over():
            oldest = self._pop()
            came = oldest.came_unix_nano
            self._leave_out(Gap(oldest.spans, len(oldest.records), oldest.looked, came, came))
        self.changed.set()

    def is_crowded(self) -> bool:
        """Whether more than half of it is taken."""
        return self._bytes > self.max_bytes // 2

    async def room(self) -> None:
        """Wait while it is crowded: for whom may leave records where they are and need not lose them."""
        while self.is_crowded():
            self._room.clear()
            await self._room.wait()

    def lose(self, gap: Gap) -> None:
        """Take a gap that was made before."""
        self._leave_out(gap)
        self.changed.set()

    def mark(self) -> int:
        """A place behind all that is in line now, for `has_said`."""
        return self._arrived

    def has_said(self, mark: int) -> bool:
        """Whether all that was in line before `mark` has been taken."""
        return not self._passed and self._arrived - len(self._chunks) >= mark

    def take(self) -> Chunk | Gap | None:
        """What comes next: the gap that was made, or the oldest chunk, or nothing."""
        if self._passed:
            return self._take_gap()
        return self._pop() if self._chunks else None

    def __len__(self) -> int:
        """Chunks in line."""
        return len(self._chunks) + bool(self._passed)

    @property
    def size(self) -> int:
        """Bytes of the records in line."""
        return self._bytes

    def _is_over(self) -> bool:
        return self._records > MAX_RECORDS or self._bytes > self.max_bytes or len(self._chunks) > MAX_CHUNKS

    def _pop(self) -> Chunk:
        chunk = self._chunks.popleft()
        self._records -= len(chunk.records)
        self._bytes -= chunk.size
        self._room.set()
        return chunk

    def _leave_out(self, gap: Gap) -> None:
        if not self._passed:
            self._start, self._end = gap.start_unix_nano, gap.end_unix_nano
        self._start, self._end = min(self._start, gap.start_unix_nano), max(self._end, gap.end_unix_nano)
        self._dropped += gap.dropped
        self._looked += gap.looked
        for spool, first, last in gap.spans:
            self._passed.setdefault(spool, RangeSet()).add(first, last)

    def _take_gap(self) -> Chunk | Gap:
        spans = [Span(spool, first, last) for spool, ranges in self._passed.items() for first, last in ranges]
        dropped, looked, self._passed, self._dropped, self._looked = self._dropped, self._looked, {}, 0, 0
        if not dropped:  # nothing that matched was lost
            return Chunk(spans, (), looked, self._start, 0)
        # Records that came in one nanosecond are a range, too: its end is not included.
        return Gap(spans, dropped, looked, self._start, self._end + 1)
