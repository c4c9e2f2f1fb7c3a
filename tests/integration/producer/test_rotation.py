"""Logs that are rotated, compressed and deleted in any order, read by somebody who stops and starts again: every line comes once.

A file system gives the inodes of deleted files to new ones at once, so that a file's inode is soon another's.
"""

import gzip
import os
import random
import shutil
from collections import Counter
from pathlib import Path

import pytest
from tests.integration.producer.shipper import Shipper


class Log:
    """One that is rotated like a container's, or by copy and truncation; `keep` rotated files of it stay."""

    def __init__(self, folder: Path, by_copy: bool, keep: int) -> None:
        self.path, self._by_copy, self._keep = folder / "0.log", by_copy, keep
        folder.mkdir()
        self.lines: list[bytes] = []
        self._rotations = 0

    def write(self, count: int) -> None:
        name, first = self.path.parent.name, len(self.lines)
        new = [f"2025-01-02T03:04:05.000000006Z stdout F line {at:06d} of {name}" for at in range(first, first + count)]
        with self.path.open("a") as file:
            file.writelines(f"{line}\n" for line in new)
        self.lines += [line.encode() for line in new]

    def rotate(self) -> None:
        if not self.path.exists():
            return
        self._rotations += 1
        aside = self.path.with_name(f"0.log.{self._rotations:06d}")
        former = [path for path in self.path.parent.iterdir() if path.name[6:].isdigit()]
        if self._by_copy:
            shutil.copyfile(self.path, aside)
            os.truncate(self.path, 0)
        else:
            self.path.rename(aside)
        for path in former:
            packed = path.with_name(f"{path.name}.tmp")
            packed.write_bytes(gzip.compress(path.read_bytes(), 1))
            packed.rename(f"{path}.gz")
            path.unlink()
        for path in sorted(self.path.parent.glob("0.log.*"))[: -self._keep]:
            path.unlink()


@pytest.mark.parametrize("by_copy", [False, True])
@pytest.mark.parametrize(("limit", "keep"), [(1_000, 8), (7, 1_000)], ids=["keeps up", "falls behind"])
@pytest.mark.parametrize("seed", range(3))
async def test_every_line_comes_once_however_files_are_rotated_and_reading_is_stopped(
    tmp_path: Path, by_copy: bool, seed: int, limit: int, keep: int
) -> None:
    choice = random.Random(seed)
    logs = [Log(tmp_path / f"c{number}", by_copy, keep) for number in range(3)]
    shipper = Shipper(tmp_path / "*" / "0.log*", limit=limit)
    for _ in range(30):
        for log in logs:
            log.write(choice.randint(20, 60))
        for _ in range(choice.randint(0, 8)):
            await shipper.ship_one()
        if choice.random() < 0.25:
            await shipper.restart()
        for log in logs:
            if choice.random() < 0.7:
                log.rotate()
    for _ in range(3):
        await shipper.ship()
    await shipper.source.close()
    came = Counter(shipper.bodies)
    expected = Counter(line for log in logs for line in log.lines)
    assert {line: count for line, count in came.items() if count > 1} == {}
    assert came == expected
