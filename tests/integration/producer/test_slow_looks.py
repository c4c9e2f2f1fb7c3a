"""Looks at files that take too long now and then, while the files are rotated: each line comes once all the same."""

import asyncio
import os
import random
import shutil
import time
from pathlib import Path

import pytest
from tests.integration.producer.shipper import append, numbers

from logmesh.producer.sources import Position, reading_thread
from logmesh.producer.sources.file import FileSource

STUCK_SECONDS = 0.02


class Slowness:
    """Some looks, wherever they happen, come back after a thread counts as stuck."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, chance: random.Random) -> None:
        self.rate, self.met, self.pending = 0.03, 0, 0
        leave = reading_thread._Worker.leave

        def leave_late(worker: reading_thread._Worker) -> None:
            if chance.random() < self.rate:
                self.met += 1
                self.pending += 1
                time.sleep(3 * STUCK_SECONDS)
                self.pending -= 1
            leave(worker)

        monkeypatch.setattr(reading_thread._Worker, "leave", leave_late)


class Reader:
    """Reads all files below a folder, and keeps positions as a spool would."""

    def __init__(self, folder: Path, chance: random.Random) -> None:
        self._folder, self._chance = folder, chance
        self._kept: dict[str, Position] = {}
        self.bodies: list[bytes] = []
        self._source = self._open()

    def _open(self) -> FileSource:
        patterns = [f"{self._folder}/*/app.log*"]
        return FileSource(patterns, self._kept, scan_seconds=0.02, stuck_seconds=STUCK_SECONDS, poll_seconds=0.005)

    async def restart(self) -> None:
        await self._source.close()
        self._source = self._open()

    async def read(self, seconds: float) -> None:
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            chunk = await self._source.read(self._chance.randint(1, 100), 0.01)
            assert chunk is not None
            self.bodies += chunk.bodies
            for key, position in chunk.positions.items():
                if position is None:
                    self._kept.pop(key, None)
                else:
                    self._kept[key] = position

    async def read_all(self, count: int) -> None:
        ends = time.monotonic() + 20
        while len(self.bodies) < count and time.monotonic() < ends:
            await self.read(0.05)

    async def close(self) -> None:
        await self._source.close()


async def test_every_line_comes_once_though_looks_are_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(5)
    slowness, reader = Slowness(monkeypatch, chance), Reader(tmp_path, chance)
    logs = [tmp_path / name / "app.log" for name in ("a", "b", "c")]
    for log in logs:
        log.parent.mkdir()
    written = 0
    for step in range(10):
        log, count = chance.choice(logs), chance.randint(1, 60)
        append(log, *numbers(written, written + count))
        written += count
        await reader.read(chance.choice([0, 0.05]))
        if chance.random() < 0.4:
            # One look between two rotations of a file, without which what was in it was never seen.
            await reader.read_all(written)
            append(log, *numbers(written, written + 5))
            written += 5
            if chance.random() < 0.5:
                log.rename(log.with_name(f"app.log.{step}"))
            else:
                shutil.copyfile(log, log.with_name(f"app.log.{step}"))
                os.truncate(log, 0)
        if chance.random() < 0.1:
            await reader.restart()
    slowness.rate = 0
    await reader.read_all(written)
    await reader.read(0.2)
    await reader.close()
    assert sorted(reader.bodies) == sorted(line.encode() for line in numbers(0, written))
    assert slowness.met > 3
    while slowness.pending:  # their threads belong to this test
        await asyncio.sleep(0.01)
