"""Reads standard input, or any other descriptor, to its end. What was read can't be read again after a restart."""

import asyncio
import os
import stat
import time
from typing import Final

from logmesh.producer.parsing import NOTHING, parse_line
from logmesh.producer.sources import Chunk, Position
from logmesh.producer.sources.lines import JOIN_SECONDS, LineBuffer
from logmesh.record.columns import OriginKey

_BLOCK_BYTES: Final = 128 * 1024
_CHUNK_BYTES: Final = 256 * 1024


class StdinSource:
    """Lines from a pipe, a terminal, a socket or a redirected file."""

    def __init__(self, *, service: str = "", instance: str = "", descriptor: int = 0, join: bool = True) -> None:
        self._descriptor = descriptor
        self._is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)
        self._origin = OriginKey(service.encode(), instance.encode())
        self._buffer = LineBuffer(join=join)
        self._ended = False
        self._fed_at = time.monotonic()

    async def read(self, limit: int, wait_seconds: float) -> Chunk | None:
        """See `Source.read`."""
        deadline = time.monotonic() + wait_seconds
        while True:
            quiet = time.monotonic() - self._fed_at
            if chunk := self._take(limit, quiet):
                return chunk
            if self._ended and not len(self._buffer):
                return None
            left = deadline - time.monotonic()
            pending = JOIN_SECONDS if len(self._buffer) else left
            if not await self._readable(max(0.0, min(left, pending))):
                if left <= 0:
                    return Chunk()
                continue
            self._feed()

    def positions(self) -> dict[str, Position]:
        """Always empty: a stream has no place to go back to."""
        return {}

    async def close(self) -> None:
        """Leaves the descriptor to who opened it."""
        self._ended = True

    def _take(self, limit: int, quiet: float) -> Chunk | None:
        lines = self._buffer.take(limit, _CHUNK_BYTES, quiet, self._ended)
        if not lines:
            return None
        chunk = Chunk()
        observed = time.time_ns()
        for body, part in lines:
            parsed = parse_line(body.partition(b"\n")[0], observed) if part <= 1 else NOTHING
            if part:
                parsed = parsed.with_part(part)
            chunk.append(body, parsed, self._origin)
        return chunk

    def _feed(self) -> None:
        data = os.read(self._descriptor, _BLOCK_BYTES)
        if data:
            self._buffer.feed(data)
            self._fed_at = time.monotonic()
        else:
            self._ended = True

    async def _readable(self, wait_seconds: float) -> bool:
        """Whether a read would not block. Only one that surely doesn't is made, so nothing is lost on cancellation."""
        if self._is_file:
            return True
        loop = asyncio.get_running_loop()
        ready = asyncio.Event()
        loop.add_reader(self._descriptor, ready.set)
        try:
            async with asyncio.timeout(wait_seconds):
                await ready.wait()
        except TimeoutError:
            return False
        finally:
            loop.remove_reader(self._descriptor)
        return True
