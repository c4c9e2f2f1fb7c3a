"""What is durable and waits to be stored, a line for each spool; groups are cut from all of them in turn.

A spool that had nothing waiting goes first: a quiet producer's record does not wait behind the backlog of busy ones.
"""

import asyncio
import time
from collections import deque
from collections.abc import Iterable, Sequence

from logmesh.processor.frame import Unwritten
from logmesh.storage.ledger import SpoolKey

_FIRST_PAUSE_SECONDS = 0.1
_MAX_PAUSE_SECONDS = 5.0


class Backlog:
    """Batches in the order of their spools' turns. Pure: times are arguments, in seconds of one clock."""

    def __init__(self) -> None:
        self.rows = 0
        """Records that may be taken; those of paused spools are not among them."""
        self.size = 0
        """Bytes that these have in the log."""
        self._batches = 0
        self._lines: dict[SpoolKey, deque[Unwritten]] = {}
        self._quiet: deque[SpoolKey] = deque()
        self._busy: deque[SpoolKey] = deque()
        self._standing: set[SpoolKey] = set()  # in one of these two
        self._paused: dict[SpoolKey, float] = {}  # until when
        self._pauses: dict[SpoolKey, float] = {}  # how long the last one was

    def __len__(self) -> int:
        """Batches, those of paused spools included."""
        return self._batches

    def put(self, unwritten: Unwritten) -> None:
        """Take a batch at the end of its spool's line."""
        key = unwritten.origin.key
        if key not in self._lines:
            self._lines[key] = deque()
            self._stand(key, self._quiet)
        self._lines[key].append(unwritten)
        self._batches += 1
        self._count(key, [unwritten], 1)

    def put_back(self, batches: Sequence[Unwritten]) -> None:
        """Take batches of the last group again, in the order they had, at the head of their lines."""
        for unwritten in reversed(batches):
            key = unwritten.origin.key
            if key not in self._lines:
                self._lines[key] = deque()
            self._stand(key, self._busy, first=True)
            self._lines[key].appendleft(unwritten)
            self._count(key, [unwritten], 1)
        self._batches += len(batches)

    def pause(self, keys: Iterable[SpoolKey], now: float) -> None:
        """Leave these spools alone for a while, longer each time until they are `stored`."""
        for key in keys:
            if key not in self._paused:
                self._count(key, self._lines.get(key, ()), -1)
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
            self._count(key, self._lines.get(key, ()), 1)
        return min(self._paused.values(), default=None)

    def cut(self, most_rows: int, most_bytes: int) -> list[Unwritten]:
        """A group: a batch of each spool in turn, at least one if there is any.

        The quiet have half of the group before the busy come, so that many of the one keep none of the other away.
        """
        group: list[Unwritten] = []
        rows = size = 0
        while rows < most_rows and size < most_bytes and (self._quiet or self._busy):
            first = self._quiet if rows * 2 < most_rows else self._busy
            key = (first or self._quiet or self._busy).popleft()
            self._standing.discard(key)
            line = self._lines.get(key)
            if line is None or key in self._paused:
                continue
            unwritten = line.popleft()
            group.append(unwritten)
            rows += unwritten.origin.count
            size += unwritten.ref.length
            if line:
                self._stand(key, self._busy)
            else:
                del self._lines[key]
        self.rows -= rows
        self.size -= size
        self._batches -= len(group)
        return group

    def oldest_unix_nano(self) -> int | None:
        """When the first of what waits was received."""
        return min((line[0].origin.received_unix_nano for line in self._lines.values()), default=None)

    def _stand(self, key: SpoolKey, queue: deque[SpoolKey], *, first: bool = False) -> None:
        if key in self._standing or key in self._paused:
            return
        self._standing.add(key)
        if first:
            queue.appendleft(key)
        else:
            queue.append(key)

    def _count(self, key: SpoolKey, batches: Iterable[Unwritten], sign: int) -> None:
        if key not in self._paused:
            for unwritten in batches:
                self.rows += sign * unwritten.origin.count
                self.size += sign * unwritten.ref.length


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
        self.backlog.pause({unwritten.origin.key for unwritten in batches}, time.monotonic())
        self.put_back(batches)

    async def something(self) -> None:
        """Wait for a batch that may be taken."""
        while True:
            wakes = self.backlog.resume(time.monotonic())
            if self.backlog.rows:
                return
            await self._change(wakes)

    async def group(self, most_rows: int, most_bytes: int) -> list[Unwritten]:
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
