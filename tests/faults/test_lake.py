"""Processes that write into the lake and tend it are killed between any two of their steps: no record is lost, none is there twice."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.conftest import Database
from tests.faults.lake_steps import MOST_STEPS, Process, holds, running


@pytest.fixture
async def process(database: Database, tmp_path: Path) -> AsyncIterator[Process]:
    """With its database and an empty folder."""
    async with running(database, tmp_path / "lake") as process:
        yield process


@pytest.mark.timeout(600)
async def test_a_flush_is_killed_at_each_step(process: Process) -> None:
    for last in range(1, MOST_STEPS):
        done = await process.run("flush", last, last)
        if last % 2:  # whoever sweeps may be there before the log is read again
            await process.run_here("sweep")
        await process.run_here("flush", last)
        assert holds(await process.contents(), last), f"after a kill at step {last}"
        if done:
            break
    else:
        pytest.fail("it has more steps")
    assert last > 30
    await process.run_here("sweep")
    assert {int(path.stem) for path in process.root.rglob("*.parquet")} == set((await process.contents()).files)


@pytest.mark.timeout(600)
async def test_a_seal_is_killed_at_each_step(process: Process) -> None:
    for last in range(1, MOST_STEPS):
        await process.run_here("flush", last)
        done = await process.run("seal", last)
        assert holds(await process.contents(), last), f"after a kill at step {last}"
        await process.run_here("sweep")
        await process.run_here("flush", last)
        if last % 2:
            await process.run_here("seal")
            assert not (await process.contents()).hot
        assert holds(await process.contents(), last), f"after a kill at step {last}"
        if done:
            break
    else:
        pytest.fail("it has more steps")
    assert last > 30


@pytest.mark.timeout(600)
async def test_a_merge_is_killed_at_each_step(process: Process) -> None:
    for last in range(1, MOST_STEPS):
        for seq in (2 * last - 1, 2 * last):
            await process.run_here("flush", seq)
        done = await process.run("merge", last)
        assert holds(await process.contents(), 2 * last), f"after a kill at step {last}"
        await process.run_here("sweep")
        await process.run_here("merge")
        assert holds(await process.contents(), 2 * last), f"after a kill at step {last}"
        if done:
            break
    else:
        pytest.fail("it has more steps")
    assert last > 20


@pytest.mark.timeout(600)
async def test_a_sweep_is_killed_at_each_step(process: Process) -> None:
    await process.run_here("flush", 1)
    for last in range(1, MOST_STEPS):
        # A flush that dies in its transaction leaves a file, for the sweep to die over.
        await process.run("flush", 40, last + 1)
        done = await process.run("sweep", last)
        await process.run_here("flush", last + 1)
        assert holds(await process.contents(), last + 1), f"after a kill at step {last}"
        if done:
            break
    else:
        pytest.fail("it has more steps")
    assert last > 8
    await process.run_here("sweep")
    assert {int(path.stem) for path in process.root.rglob("*.parquet")} == set((await process.contents()).files)
