"""Turns at reading requests: so many are read at once, and a slow one makes way for whoever waits."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from logmesh.producer.receivers.received import Overloaded


class Turns:
    """At most `most` turns at once, each of `most_seconds`, for each of which others wait `wait_seconds`.

    While others wait, a turn is of `least_seconds`: a few senders that send nothing on would keep out all others otherwise.
    """

    def __init__(self, most: int, *, least_seconds: float, most_seconds: float, wait_seconds: float) -> None:
        self._free = asyncio.Semaphore(most)
        self._least_seconds, self._most_seconds, self._wait_seconds = least_seconds, most_seconds, wait_seconds
        self._waiting = 0
        self._long: dict[asyncio.Timeout, float] = {}  # turns that need not end yet, and when they began; oldest first

    @contextlib.asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """A turn. Raises Overloaded when none came, TimeoutError out of its body when it is over."""
        await self._wait()
        try:
            now = asyncio.get_running_loop().time()
            async with asyncio.timeout(self._least_seconds if self._waiting else self._most_seconds) as limit:
                if not self._waiting:
                    self._long[limit] = now
                try:
                    yield
                finally:
                    self._long.pop(limit, None)
        finally:
            self._free.release()

    async def _wait(self) -> None:
        if self._free.locked():
            self._shorten()
        self._waiting += 1
        try:
            async with asyncio.timeout(self._wait_seconds):
                await self._free.acquire()
        except TimeoutError:
            raise Overloaded("too many requests are being read") from None
        finally:
            self._waiting -= 1

    def _shorten(self) -> None:
        """Have the oldest long turn make way."""
        if self._long:
            limit, began = next(iter(self._long.items()))
            del self._long[limit]
            limit.reschedule(max(began + self._least_seconds, asyncio.get_running_loop().time()))
