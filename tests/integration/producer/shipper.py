"""Reads real files as a producer does, with a clock that passes when told to, and keeps what a spool would."""

import json
import os
from pathlib import Path

from logmesh.producer.sources import Position
from logmesh.producer.sources.file import FileSource
from logmesh.producer.sources.troubles import Troubles


class Clock:
    """Time that passes when told to, so that no test waits."""

    now = 1000.0

    def __call__(self) -> float:
        self.now += 0.01
        return self.now


class Shipper:
    """Reads a source to its momentary end and keeps bodies and positions as a spool would."""

    def __init__(
        self, *patterns: Path, follow: bool = True, limit: int = 1000, troubles: Troubles | None = None
    ) -> None:
        self.patterns = [os.fspath(pattern) for pattern in patterns]
        self.follow = follow
        self.limit = limit
        self.troubles = troubles
        self.clock = Clock()
        self.kept: dict[str, Position] = {}
        self.bodies: list[bytes] = []
        self.attributes: list[bytes] = []
        self.times: list[int] = []
        self.source = self._open()

    def _open(self) -> FileSource:
        return FileSource(
            self.patterns,
            self.kept,
            follow=self.follow,
            troubles=self.troubles,
            scan_seconds=0,
            clock=self.clock,
        )

    async def restart(self) -> None:
        await self.source.close()
        # As from disk: what is kept is JSON.
        self.kept = json.loads(json.dumps(self.kept))
        self.source = self._open()

    async def ship(self, quiet_seconds: float = 10.0) -> list[bytes]:
        """Reads until nothing comes, and once more after the line's and the deleted file's time-outs."""
        before = len(self.bodies)
        for wait in (0.0, quiet_seconds, quiet_seconds):
            self.clock.now += wait
            while await self.ship_one():
                pass
        return self.bodies[before:]

    async def ship_one(self) -> bool:
        """Reads one chunk; whether anything came."""
        chunk = await self.source.read(self.limit, 0)
        if chunk is None:
            return False
        assert len(chunk) <= self.limit
        self.bodies += chunk.bodies
        self.attributes += chunk.attributes
        self.times += chunk.times
        for key, position in chunk.positions.items():
            if position is None:
                self.kept.pop(key, None)
            else:
                self.kept[key] = position
        assert self.source.positions() == self.kept
        return bool(len(chunk) or chunk.positions)


def append(path: Path, *lines: str) -> None:
    """Appends lines to a file."""
    with path.open("a") as file:
        file.writelines(f"{line}\n" for line in lines)


def numbers(start: int, stop: int) -> list[str]:
    """Lines that are told apart by a number."""
    return [f"2025-01-02T03:04:05Z INFO line {number}" for number in range(start, stop)]
