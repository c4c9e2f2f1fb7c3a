"""A bit that flips in a file of the lake is named, and never part of an answer."""

import os
import random
import time
from collections.abc import Awaitable
from pathlib import Path

import asyncpg
import pytest
from tests.conftest import Database
from tests.faults.lake_reader import Asking, asking
from tests.integration.lake.batches import columns
from tests.integration.lake.conftest import owner, storing
from tests.integration.lake.storing import Spool, Storing

from logmesh.lake.folder import path_of
from logmesh.lake.tending.merge import merge
from logmesh.lake.tending.merging import Damaged, check_file
from logmesh.lake.tending.tend import tend
from logmesh.lake.writing.filing import FILE_ROWS
from logmesh.store.errors import Broken
from logmesh.store.time_range import TimeRange

__all__ = ["owner", "storing"]
FLIPS = 300
DAY = 86_400 * 10**9
TEXTS = ("77", "")
QUESTIONS = ("found", "by_service", "by_time")


class Flips:
    """Bits of files, flipped and put back; every other one so that the time of the last change stays."""

    def __init__(self, paths: list[Path]) -> None:
        self.paths, self._choice, self._number = paths, random.Random(7), 0

    def flip(self) -> tuple[Path, int]:
        path = self._choice.choice(self.paths)
        bit = self._choice.randrange(path.stat().st_size * 8)
        self._turn(path, bit)
        return path, bit

    def put_back(self, path: Path, bit: int) -> None:
        self._turn(path, bit)

    def _turn(self, path: Path, bit: int) -> None:
        state = path.stat()
        with path.open("r+b") as file:
            file.seek(bit // 8)
            (byte,) = file.read(1)
            file.seek(bit // 8)
            file.write(bytes([byte ^ 1 << bit % 8]))
        self._number += 1
        if self._number % 2:
            os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))


async def _ask(asked: Asking, at: int) -> object:
    question: Awaitable[object] = getattr(asked, QUESTIONS[at % 3])(TEXTS[0] if at % 3 == 0 else TEXTS[at // 3 % 2])
    return await question


@pytest.mark.timeout(300)
async def test_no_answer_has_a_flipped_bit_and_each_is_named(
    storing: Storing, owner: asyncpg.Connection, database: Database
) -> None:
    spool, now = Spool(), time.time_ns()
    for each in range(6):
        await storing.store(spool.batch(columns(FILE_ROWS, at=now + each * FILE_ROWS, name=f"batch {each}")))
        if each == 3:
            assert await merge(owner, storing.root, "keeper", files=4)
    catalog = {
        path_of(storing.root, row["incarnation"], row["file"]): row
        for row in await owner.fetch("SELECT * FROM logmesh.files WHERE dead_xid IS NULL")
    }
    assert sorted(row["level"] for row in catalog.values()) == [0, 0, 1]
    flips, answered, refused = Flips(list(catalog)), 0, 0
    async with asking(database, storing.root, "acme", TimeRange(now - DAY, now + DAY)) as asked:
        truth = [await _ask(asked, at) for at in range(6)]
        for at in range(FLIPS):
            path, bit = flips.flip()
            row = catalog[path]
            with pytest.raises(Damaged, match=f"file {row['file']} is damaged"):
                check_file(path, row["file"], row["bytes"], row["crc32c"])
            try:
                assert await _ask(asked, at % 6) == truth[at % 6], f"bit {bit} of {path}"
            except Broken as error:
                refused += str(path) in error.detail
            else:
                answered += 1
            flips.put_back(path, bit)
        assert [await _ask(asked, at) for at in range(6)] == truth
    print(f"{FLIPS} bits flipped: {refused} questions refused with the file's name, {answered} answered right, 0 wrong")
    assert refused + answered == FLIPS and refused > FLIPS // 4


@pytest.mark.timeout(120)
async def test_a_file_that_is_gone_for_good_is_named(
    storing: Storing, owner: asyncpg.Connection, database: Database
) -> None:
    now = time.time_ns()
    await storing.store(Spool().batch(columns(FILE_ROWS, at=now)))
    (row,) = await owner.fetch("SELECT * FROM logmesh.files")
    path = path_of(storing.root, row["incarnation"], row["file"])
    async with asking(database, storing.root, "acme", TimeRange(now - DAY, now + DAY)) as asked:
        path.unlink()
        for question in (asked.found, asked.by_service):
            with pytest.raises(Broken, match="a file of the lake is gone") as caught:
                await question("77")
            assert str(path) in caught.value.detail
    done = await tend(owner, storing.root, "keeper", retention_days=30)
    assert done and not done.postponed, "one file is no reason to merge"
