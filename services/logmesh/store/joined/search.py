"""Matches of a window from two stores, newest first.

Each side is known as far as a place; what both know is merged and given, then the side that has come less far is read on.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from functools import partial
from heapq import merge
from typing import Final, Protocol

from logmesh.filters.ast import Node
from logmesh.store.found import Found
from logmesh.store.joined.asking import AsksBoth, Deadline, Place, key_of, place_of
from logmesh.store.joined.found import MOST_BYTES, FoundRecords, parts_of
from logmesh.store.order import Cursor, Window
from logmesh.store.time_range import TimeRange
from logmesh.v1.record_pb2 import LogRecord

_FIRST_STEP: Final = 16
_LAST_STEP: Final = 512
"""Records that the older store is asked for at once."""


class _Ask(Protocol):
    """A store's search, but for where it goes on."""

    def __call__(self, *, window: Window, most: int, seconds: float, is_rare: bool) -> AsyncGenerator[Found, None]: ...


class SearchInBoth(AsksBoth):
    """Searches."""

    @property
    def first_look_nano(self) -> int:
        """See Store. Where the older store has records, by what was last known, what both can take in."""
        newer = self._newer.first_look_nano
        return newer if self._known is None else min(newer, self._older.first_look_nano)

    async def search(
        self, tenant: str, node: Node, window: Window, most: int, *, seconds: float, is_rare: bool = False
    ) -> AsyncGenerator[Found, None]:
        """See Store."""
        deadline = Deadline(seconds)
        span = TimeRange(window.start_unix_nano, window.before.unix_nano + (window.before.spool >= 0))
        newer = partial(self._newer.search, tenant, node)
        part = await self._in_older(span, deadline) if span.length_nano > 0 else None
        if part is None:
            async with aclosing(newer(window, most, seconds=deadline.left(), is_rare=is_rare)) as parts:
                async for found in parts:
                    yield found
            return
        older: _Ask = partial(self._older.search, tenant, node)
        opened = newer(window, most, seconds=seconds, is_rare=is_rare)
        async with aclosing(opened):
            one = _Opened(opened, window, most)
            other = _AskedAnew(older, window, part, most, seconds, is_rare)
            async with aclosing(_merged(one, other, most)) as parts:
                async for found in parts:
                    yield found


class _Side:
    """What is known of one side: everything down to `reached`, of which `records` are not given yet, newest first."""

    def __init__(self, window: Window, most: int) -> None:
        self.start, self._left = Cursor(window.start_unix_nano), most
        self.reached = window.before
        self.records: list[tuple[Place, LogRecord]] = []

    async def read(self) -> None:
        """Come farther. Raises StoreError."""
        raise NotImplementedError

    async def _take(self, part: Found) -> None:
        self.reached, self._left = part.reached, self._left - len(part)
        if len(part):
            self.records += [(place_of(record), record) for record in await asyncio.to_thread(list, part.records())]

    def known(self, down_to: Place) -> Sequence[tuple[Place, LogRecord]]:
        """Give the records down to a place."""
        count = next((at for at, (place, _) in enumerate(self.records) if place < down_to), len(self.records))
        given, self.records = self.records[:count], self.records[count:]
        return given


class _Opened(_Side):
    """A search that goes on where it is."""

    def __init__(self, parts: AsyncGenerator[Found, None], window: Window, most: int) -> None:
        super().__init__(window, most)
        self._parts = parts

    async def read(self) -> None:
        part = await anext(self._parts, None)
        if part is not None:
            await self._take(part)
        elif self._left:
            self.reached = self.start


class _AskedAnew(_Side):
    """A search that is begun anew for some records more, so that its store holds nothing while the other one is asked, or while a part
    is dealt with. Few records at first, so that the first one comes soon."""

    def __init__(self, ask: _Ask, window: Window, part: TimeRange, most: int, seconds: float, is_rare: bool) -> None:
        super().__init__(window, most)
        self._ask, self._part, self._seconds, self._is_rare = ask, part, seconds, is_rare
        self._step = _FIRST_STEP
        if key_of(end := Cursor(part.end_unix_nano)) < key_of(self.reached):
            self.reached = end

    async def read(self) -> None:
        most, size = min(self._left, self._step), 0
        left_before = self._left
        window = Window(self._part.start_unix_nano, self.reached)
        parts = self._ask(window=window, most=most, seconds=self._seconds, is_rare=self._is_rare)
        async with aclosing(parts):
            async for part in parts:
                size += part.size
                await self._take(part)
                if size > MOST_BYTES:
                    break
            else:
                if left_before - self._left < most:
                    self.reached = self.start
        self._step, self._is_rare = min(_LAST_STEP, self._step * 2), False


async def _merged(one: _Side, other: _Side, most: int) -> AsyncGenerator[Found, None]:
    """What both sides know, as far as they know it; they have `most` records each, at least, or all."""
    told = max(one.reached, other.reached, key=key_of)
    while most:
        behind = max(one, other, key=lambda side: key_of(side.reached))
        if behind.reached == one.start:
            return
        await behind.read()
        reached = max(one.reached, other.reached, key=key_of)
        sides = (one.known(key_of(reached)), other.known(key_of(reached)))
        records = [record for _, record in merge(*sides, key=lambda known: known[0], reverse=True)][:most]
        most -= len(records)
        for found in parts_of(records):
            yield found
        if not records and reached != told:
            yield FoundRecords([], reached)
        told = reached
