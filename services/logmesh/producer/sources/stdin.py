"""Reads standard input, or any other descriptor, to its end. What was read can't be read again after a restart."""

import asyncio
import os
import secrets
import stat
import time
from typing import Final

from logmesh.producer.formats.stream import StreamParser
from logmesh.producer.sources import Chunk, Position
from logmesh.producer.sources.lines import JOIN_SECONDS, LineBuffer
from logmesh.producer.sources.parts import Parts
from logmesh.producer.sources.records import NEVER, Moment, read_records
from logmesh.producer.timestamps.zones import zone_or_machines
from logmesh.record.columns import OriginKey

LIVE_SECONDS: Final = 1.0
"""A pipe that had nothing for so long has been read up to now."""

_BLOCK_BYTES: Final = 128 * 1024
_CHUNK_BYTES: Final = 256 * 1024


class StdinSource:
    """Lines from a pipe, a terminal, a socket or a redirected file."""

    def __init__(
        self, *, service: str = "", instance: str = "", descriptor: int = 0, join: bool = True, timezone: str = ""
    ) -> None:
        self._descriptor = descriptor
        self._never_waits = not _may_wait(descriptor)
        self._origin = OriginKey(service.encode(), instance.encode())
        self._buffer = LineBuffer(join=join)
        self._parser = StreamParser(zone_or_machines(timezone), or_utc=not timezone)
        self._parts = Parts()
        self._id = secrets.token_hex(8)
        self._ended = False
        # Whether it was waited for: what comes since then is being written now.
        self._live = False
        self._waited = 0.0
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
            began = time.monotonic()
            readable = await self._readable(max(0.0, min(left, pending)))
            self._waited += time.monotonic() - began
            if not readable:
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
        now = time.time_ns()
        moment = Moment(now, now, 0 if self._live else NEVER)
        chunk = Chunk()
        chunk.extend(*read_records(lines, self._parser, self._parts, self._id, moment), self._origin)
        return chunk

    def _feed(self) -> None:
        data = os.read(self._descriptor, _BLOCK_BYTES)
        if data:
            self._buffer.feed(data)
            self._live = self._live or self._waited >= LIVE_SECONDS
            self._waited = 0.0
            self._fed_at = time.monotonic()
        else:
            self._ended = True

    async def _readable(self, wait_seconds: float) -> bool:
        """Whether a read would not block. Only one that surely doesn't is made, so nothing is lost on cancellation."""
        if self._never_waits:
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


def _may_wait(descriptor: int) -> bool:
    """Whether it can be waited for. A file and /dev/null can't, and never have to be."""
    mode = os.fstat(descriptor).st_mode
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or os.isatty(descriptor)
