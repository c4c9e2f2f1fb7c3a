"""What is durable and waits to be stored, a line for each spool; groups are cut from all of them in turn.

A turn brings a part of a group, however many batches that is, and whoever had more has it taken from later turns: spools share
the database by what they store. One that had nothing waiting goes first, with up to a quarter of a group, unless its batch is more
than a turn: so a quiet producer's records wait neither behind the backlog of busy ones nor behind the first large batches of fifty
others. (It is fq_codel's order, which routers use for the same.)
"""

import asyncio
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from logmesh.processor.frame import Unwritten
from logmesh.storage.ledger import SpoolKey

_FIRST_PAUSE_SECONDS = 0.1
_MAX_PAUSE_SECONDS = 5.0
_TURNS = 20
"""Of a group."""
_QUIET_TURNS = 4
"""Of a group, for a spool that is quiet: what came while a few flushes were slow is taken at once, and it stays quiet."""
_LEAST_TURN_BYTES = 64 << 10
_ROW_BYTES = 1_600
"""A row counts as so many bytes at least."""


@dataclass(slots=True)
class _Line:
    """What waits of a spool, and what the spool had beyond its turns, in bytes."""

    batches: deque[Unwritten] = field(default_factory=deque)
    owes: int = 0


class Cut(NamedTuple):
    """The batches of a group, in the order in which they are to be stored: those of quiet spools, and all others."""

    quiet: list[Unwritten]
    others: list[Unwritten]


class Backlog:
    """Batches in the order of their spools' turns. Pure: times are arguments, in seconds of one clock."""

    def __init__(self) -> None:
        self.rows = 0
        """Records that may be taken; those of paused spools are not among them."""
        self.size = 0
        """Bytes that these have in the log."""
        self._batches = 0
        self._turn = _LEAST_TURN_BYTES  # of the last group
        self._lines: dict[SpoolKey, _Line] = {}
        self._quiet: deque[SpoolKey] = deque()
        self._busy: deque[SpoolKey] = deque()
        self._queued: set[SpoolKey] = set()  # in one of these two
        self._paused: dict[SpoolKey, float] = {}  # until when
        self._pauses: dict[SpoolKey, float] = {}  # how long the last one was

    def __len__(self) -> int:
        """Batches, those of paused spools included."""
        return self._batches

    def put(self, unwritten: Unwritten) -> None:
        """Take a batch at the end of its spool's line."""
        key = unwritten.header.key
        line = self._lines.get(key)
        if line is None:
            line = self._lines[key] = _Line()
            self._stand(key, self._quiet if _cost(unwritten) <= self._turn else self._busy)
        line.batches.append(unwritten)
        self._batches += 1
        self._count(key, (unwritten,), 1)

    def put_back(self, batches: Sequence[Unwritten]) -> None:
        """Take batches of the last group again, in the order they had, at the head of their lines."""
        for unwritten in reversed(batches):
            key = unwritten.header.key
            line = self._lines.get(key)
            if line is None:
                line = self._lines[key] = _Line()
            self._stand(key, self._busy, first=True)
            line.batches.appendleft(unwritten)
            line.owes = max(0, line.owes - _cost(unwritten))
            self._batches += 1
            self._count(key, (unwritten,), 1)

    def pause(self, keys: Iterable[SpoolKey], now: float) -> None:
        """Leave these spools alone for a while, longer each time until they are `stored`."""
        for key in keys:
            if key not in self._paused:
                self._count(key, self._batches_of(key), -1)
            self._pauses[key] = min(self._pauses.get(key, _FIRST_PAUSE_SECONDS / 2) * 2, _MAX_PAUSE_SECONDS)
            self._paused[key] = now + self._pauses[key]

    def stored(self, keys: Iterable[SpoolKey]) -> None:
        """A batch of these spools was stored, so the next pause is a short one."""
        if self._pauses:
            for key in keys:
                self._pauses.pop(key, None)

    def resume(self, now: float) -> float | None:
        """Let those go on whose pause is over; return when the next one is, None when nobody is paused."""
        for key in [key for key, until in self._paused.items() if until <= now]:
            del self._paused[key]
            self._stand(key, self._busy)
            self._count(key, self._batches_of(key), 1)
        return min(self._paused.values(), default=None)

    def cut(self, most_rows: int, most_bytes: int) -> Cut:
        """A group: of each spool in turn, at least one batch if there is any.

        The quiet have half of the group before the busy come, so that many of the one keep none of the other away.
        """
        cut = Cut([], [])
        rows = size = spent = 0
        whole = min(most_rows * _ROW_BYTES, most_bytes)
        turn = self._turn = max(_LEAST_TURN_BYTES, whole // _TURNS)

        def fits(unwritten: Unwritten, part: list[Unwritten]) -> bool:
            """Whether the group comes nearer to its size with this batch. The first one is in it in any case, and so is the first
            of a busy spool: or a large batch would not fit behind the quiet ones for as long as these come."""
            return (
                not size
                or (part is cut.others and not part)
                or (rows + unwritten.header.count / 2 <= most_rows and size + unwritten.ref.length / 2 <= most_bytes)
            )

        while self._quiet or self._busy:
            first = (self._quiet if spent * 2 < whole else self._busy) or self._quiet or self._busy
            if first is self._quiet:
                group, most = cut.quiet, max(turn, whole // _QUIET_TURNS)
            else:
                group, most = cut.others, turn
            key = first[0]
            line = self._lines.get(key)
            if line and line.batches and not fits(line.batches[0], group):
                break
            first.popleft()
            self._queued.discard(key)
            if line is None or key in self._paused:
                continue
            left, batches = most - line.owes, line.batches
            while batches and left > 0 and fits(batches[0], group):
                unwritten = batches.popleft()
                group.append(unwritten)
                rows += unwritten.header.count
                size += unwritten.ref.length
                cost = _cost(unwritten)
                spent += cost
                left -= cost
            if left <= 0:  # also where nothing is left: else whoever sends large batches would always be a quiet one
                line.owes = most - turn - left
                self._stand(key, self._busy)
            elif batches:  # the group is full: the turn goes on with the next one
                line.owes = most - left
                self._stand(key, self._busy, first=True)
            else:
                del self._lines[key]
        self.rows -= rows
        self.size -= size
        self._batches -= len(cut.quiet) + len(cut.others)
        return cut

    def oldest_unix_nano(self) -> int | None:
        """When the first of what waits was received."""
        return min(
            (line.batches[0].header.received_unix_nano for line in self._lines.values() if line.batches), default=None
        )

    def _stand(self, key: SpoolKey, queue: deque[SpoolKey], *, first: bool = False) -> None:
        if key in self._queued or key in self._paused:
            return
        self._queued.add(key)
        if first:
            queue.appendleft(key)
        else:
            queue.append(key)

    def _count(self, key: SpoolKey, batches: Iterable[Unwritten], sign: int) -> None:
        if key not in self._paused:
            for unwritten in batches:
                self.rows += sign * unwritten.header.count
                self.size += sign * unwritten.ref.length

    def _batches_of(self, key: SpoolKey) -> Iterable[Unwritten]:
        return self._lines[key].batches if key in self._lines else ()


def _cost(unwritten: Unwritten) -> int:
    return max(unwritten.header.count * _ROW_BYTES, unwritten.ref.length)


class Gathering:
    """The room: waits until a group is worth a flush."""

    def __init__(self, interval_seconds: float) -> None:
        self.backlog = Backlog()
        self._interval = interval_seconds
        self._changed = asyncio.Event()

    def put(self, unwritten: Unwritten) -> None:
        """Take a durable batch."""
        self.backlog.put(unwritten)
        self._changed.set()

    def put_back(self, batches: Sequence[Unwritten]) -> None:
        """Take batches of the last group again, as the first of the next one."""
        self.backlog.put_back(batches)
        self._changed.set()

    def put_off(self, batches: Sequence[Unwritten]) -> None:
        """Take batches of the last group again, for later: somebody else has their spools."""
        self.backlog.pause({unwritten.header.key for unwritten in batches}, time.monotonic())
        self.put_back(batches)

    async def something(self) -> None:
        """Wait for a batch that may be taken."""
        while True:
            wakes = self.backlog.resume(time.monotonic())
            if self.backlog.rows:
                return
            await self._change(wakes)

    async def group(self, most_rows: int, most_bytes: int) -> Cut:
        """A group of about `most_rows` and `most_bytes`, or what came within the interval after its first batch."""
        await self.something()
        ends = time.monotonic() + self._interval
        while self.backlog.rows < most_rows and self.backlog.size < most_bytes and time.monotonic() < ends:
            await self._change(ends)
        self.backlog.resume(time.monotonic())
        return self.backlog.cut(most_rows, most_bytes)

    async def _change(self, until: float | None) -> None:
        self._changed.clear()
        try:
            async with asyncio.timeout(None if until is None else max(0.0, until - time.monotonic())):
                await self._changed.wait()
        except TimeoutError:
            pass
