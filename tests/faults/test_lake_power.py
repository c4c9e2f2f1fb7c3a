"""The power goes between any two steps of what writes into the lake and tends it: all that is stored is there once, and whole.

The database keeps what it committed, so that nothing excuses a file that is missing. Without fdatasync these tests must fail.
"""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.conftest import Database
from tests.faults.lake_steps import MOST_STEPS, Process, holds, running
from tests.faults.power import Disk


class Machine:
    """Whose power goes after each thing that it is told to do; every other time, blocks that nobody synchronised are there all the
    same."""

    def __init__(self, process: Process, disk: Disk) -> None:
        self.process, self._disk, self._choice, self._torn = process, disk, random.Random(1), True

    async def run(self, what: str, last: int = 0, seq: int = 0) -> bool:
        """Whether it was done before the power went."""
        done = await self.process.run(what, last, seq)
        self._torn = not self._torn
        self._disk.lose_power(self._choice if self._torn else None)
        return done

    async def begin_anew(self) -> None:
        """Nothing is stored, and no folder is there."""
        await self.process.owner.execute("TRUNCATE logmesh.files, logmesh.pending, logmesh.hot, logmesh.spools CASCADE")
        self._disk.empty()

    async def has(self, flushes: int) -> bool:
        """Whether it has all records of so many flushes once."""
        return holds(await self.process.contents(), flushes)


@asynccontextmanager
async def machine(database: Database, folder: Path, shim: Path, *, lies: bool = False) -> AsyncIterator[Machine]:
    disk = Disk(shim, folder / "lake")
    async with running(database, folder / "lake", disk.environment(lies=lies)) as process:
        yield Machine(process, disk)


@pytest.fixture
async def losing(database: Database, tmp_path: Path, shim: Path) -> AsyncIterator[Machine]:
    async with machine(database, tmp_path, shim) as opened:
        yield opened


@pytest.mark.timeout(600)
async def test_power_goes_at_each_step_of_a_flush(losing: Machine) -> None:
    for last in range(1, MOST_STEPS):
        await losing.begin_anew()
        done = await losing.run("flush", last, 1)
        if last % 2:
            await losing.run("sweep")
        assert await losing.run("flush", 0, 1)
        assert await losing.has(1), f"after step {last}"
        if done:
            break
    assert 30 < last < MOST_STEPS - 1


@pytest.mark.timeout(600)
async def test_power_goes_at_each_step_of_a_seal(losing: Machine) -> None:
    for last in range(1, MOST_STEPS):
        await losing.begin_anew()
        assert await losing.run("flush", 0, 1)
        done = await losing.run("seal", last)
        assert await losing.has(1), f"after step {last}"
        assert await losing.run("seal")
        assert await losing.has(1), f"sealed after step {last}"
        if done:
            break
    assert 30 < last < MOST_STEPS - 1


@pytest.mark.timeout(600)
async def test_power_goes_at_each_step_of_a_merge_and_of_a_sweep(losing: Machine) -> None:
    """What a sweep deleted may come back, and is deleted by the next one."""
    for last in range(1, MOST_STEPS):
        await losing.begin_anew()
        assert await losing.process.run("flush+flush", 0, 1)
        merged = await losing.run("merge", last)
        assert await losing.has(2), f"after step {last} of a merge"
        swept = await losing.run("sweep", last)
        assert await losing.run("merge+sweep")
        found = await losing.process.contents()
        assert holds(found, 2), f"after step {last} of a sweep"
        assert await losing.process.run("sweep")
        assert {int(path.stem) for path in losing.process.root.rglob("*.parquet")} == set(found.files)
        if merged and swept:
            break
    assert 30 < last < MOST_STEPS - 1


@pytest.mark.timeout(120)
async def test_a_folder_that_a_dead_process_made_is_durable_before_records_in_it_count(losing: Machine) -> None:
    """The first process dies between making the folder and having its name survive."""
    for last in range(1, MOST_STEPS):
        await losing.process.run("flush", last, 1)
        if any(losing.process.root.glob("*/*")):
            break
    assert await losing.run("flush", 0, 1)
    assert await losing.has(1)


@pytest.mark.timeout(120)
async def test_without_fdatasync_a_loss_of_power_damages_files(database: Database, tmp_path: Path, shim: Path) -> None:
    async with machine(database, tmp_path, shim, lies=True) as lying:
        assert await lying.run("flush", 0, 1)
        with pytest.raises(AssertionError):
            await lying.has(1)
