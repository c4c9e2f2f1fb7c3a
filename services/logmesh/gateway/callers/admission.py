"""How many calls of a kind run at once. Others wait in line for a moment; who finds no place in it is told when to come again."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from logmesh.store.errors import Busy


class Room:
    """Room for `running` calls at once and for `waiting` others, each for at most `wait_seconds`.

    What a call holds in memory is bounded, so that this bounds what all of its kind hold.
    """

    def __init__(self, calls: str, *, running: int, waiting: int = 0, wait_seconds: float = 2.0) -> None:
        self._calls, self._waiting, self._wait_seconds = calls, waiting, wait_seconds
        self._free = asyncio.Semaphore(running)
        self._in_line = 0

    @contextlib.asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Have room while the body runs. Raises Busy."""
        if self._free.locked():
            await self._wait()
        else:
            await self._free.acquire()
        try:
            yield
        finally:
            self._free.release()

    async def _wait(self) -> None:
        if self._in_line >= self._waiting:
            raise Busy(f"too many {self._calls} are running")
        self._in_line += 1
        try:
            async with asyncio.timeout(self._wait_seconds):
                await self._free.acquire()
        except TimeoutError as error:
            raise Busy(f"too many {self._calls} are running") from error
        finally:
            self._in_line -= 1
