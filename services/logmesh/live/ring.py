"""A bounded line of offers for one reader. A reader that is too slow loses the oldest, and is told how many."""

import asyncio
from collections import deque
from typing import Final

from logmesh.live.offer import LeftOut, Offer, Span
from logmesh.record.ranges import RangeSet

MAX_RECORDS: Final = 20_000
MAX_OFFERS: Final = 10_000
"""Offers without a matching record take room too."""


class Ring:
    """Holds at most `max_bytes` bytes of records, 20,000 records and 10,000 offers. Pure but for the events that wake its ends."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.changed = asyncio.Event()
        self._room = asyncio.Event()
        self._offers: deque[Offer] = deque()
        self._records = self._bytes = 0
        self._dropped = self._looked = 0
        self._passed: dict[int, RangeSet] = {}
        self._start = self._end = 0
        self._arrived = 0

    def put(self, offer: Offer) -> None:
        """Take an offer; drop the oldest ones when there is no room."""
        self._offers.append(offer)
        self._arrived += 1
        self._records += len(offer.records)
        self._bytes += offer.size
        while len(self._offers) > 1 and self._is_over():
            oldest = self._pop()
            came = oldest.came_unix_nano
            self._leave_out(LeftOut(oldest.spans, len(oldest.records), oldest.looked, came, came))
        self.changed.set()

    def is_crowded(self) -> bool:
        """Whether more than half of it is taken."""
        return self._bytes > self.max_bytes // 2

    async def room(self) -> None:
        """Wait while it is crowded: for whom may leave records where they are and need not lose them."""
        while self.is_crowded():
            self._room.clear()
            await self._room.wait()

    def lose(self, left_out: LeftOut) -> None:
        """Take what was left out before it came here."""
        self._leave_out(left_out)
        self.changed.set()

    def mark(self) -> int:
        """A place behind all that is in line now, for `has_said`."""
        return self._arrived

    def has_said(self, mark: int) -> bool:
        """Whether all that was in line before `mark` has been taken."""
        return not self._passed and self._arrived - len(self._offers) >= mark

    def take(self) -> Offer | LeftOut | None:
        """What comes next: what was left out, or the oldest offer, or nothing."""
        if self._passed:
            return self._take_left_out()
        return self._pop() if self._offers else None

    def __len__(self) -> int:
        """Offers in line."""
        return len(self._offers) + bool(self._passed)

    @property
    def size(self) -> int:
        """Bytes of the records in line."""
        return self._bytes

    def _is_over(self) -> bool:
        return self._records > MAX_RECORDS or self._bytes > self.max_bytes or len(self._offers) > MAX_OFFERS

    def _pop(self) -> Offer:
        offer = self._offers.popleft()
        self._records -= len(offer.records)
        self._bytes -= offer.size
        self._room.set()
        return offer

    def _leave_out(self, left_out: LeftOut) -> None:
        if not self._passed:
            self._start, self._end = left_out.start_unix_nano, left_out.end_unix_nano
        self._start, self._end = min(self._start, left_out.start_unix_nano), max(self._end, left_out.end_unix_nano)
        self._dropped += left_out.dropped
        self._looked += left_out.looked
        for spool, first, last in left_out.spans:
            self._passed.setdefault(spool, RangeSet()).add(first, last)

    def _take_left_out(self) -> Offer | LeftOut:
        spans = [Span(spool, first, last) for spool, ranges in self._passed.items() for first, last in ranges]
        dropped, looked, self._passed, self._dropped, self._looked = self._dropped, self._looked, {}, 0, 0
        if not dropped:  # nothing that matched was lost
            return Offer(spans, (), looked, self._start, 0)
        # Records that came in one nanosecond are a range, too: its end is not included.
        return LeftOut(spans, dropped, looked, self._start, self._end + 1)
