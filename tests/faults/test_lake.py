"""Processes that write into the lake and tend it are killed between any two of their steps: no record is lost, none is there twice."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from tests.conftest import Database
from tests.faults.lake_process import FILED_ROWS, HOT_ROWS
from tests.integration.lake.storing import Contents, contents

from logmesh.storage.migrate import migrate

MOST_STEPS = 200


class Process:
    """See `lake_process`."""

    def __init__(self, process: asyncio.subprocess.Process, owner: asyncpg.Connection, root: Path) -> None:
        self._process, self.owner, self.root = process, owner, root

    async def run(self, what: str, last: int = 0, seq: int = 0) -> bool:
        """Whether it was done, and not killed before."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(f"{what} {last} {seq}\n".encode())
        answer = (await asyncio.wait_for(self._process.stdout.readline(), 60)).decode().strip()
        assert answer in ("done", "killed"), answer
        return answer == "done"

    async def contents(self) -> Contents:
        return await contents(self.owner, self.root)


@pytest.fixture
async def process(database: Database, tmp_path: Path) -> AsyncIterator[Process]:
    """With its database and an empty folder."""
    owner = await asyncpg.connect(database.owner_dsn)
    await migrate(owner)
    arguments = ("-m", "tests.faults.lake_process", database.writer_dsn, database.owner_dsn, str(tmp_path / "lake"))
    started = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    yield Process(started, owner, tmp_path / "lake")
    assert started.stdin
    started.stdin.close()
    assert await started.wait() == 0
    await owner.close()


def holds(found: Contents, flushes: int) -> bool:
    """Whether all records of so many flushes are there once."""
    return (
        found.stored == flushes * (FILED_ROWS + HOT_ROWS) == sum(found.identities().values())
        and set(found.identities().values()) == {1}
        and sum(file["rows"] for file in found.catalog if file["tenant"] == "large") == flushes * FILED_ROWS
    )


@pytest.mark.timeout(600)
async def test_a_flush_is_killed_at_each_step(process: Process) -> None:
    for last in range(1, MOST_STEPS):
        done = await process.run("flush", last, last)
        if last % 2:  # whoever sweeps may be there before the log is read again
            await process.run("sweep")
        assert await process.run("flush", 0, last)
        assert holds(await process.contents(), last), f"after a kill at step {last}"
        if done:
            break
    else:
        pytest.fail("it has more steps")
    assert last > 30
    await process.run("sweep")
    assert {int(path.stem) for path in process.root.rglob("*.parquet")} == set((await process.contents()).files)


@pytest.mark.timeout(600)
async def test_a_seal_is_killed_at_each_step(process: Process) -> None:
    for last in range(1, MOST_STEPS):
        assert await process.run("flush", 0, last)
        done = await process.run("seal", last)
        assert holds(await process.contents(), last), f"after a kill at step {last}"
        await process.run("sweep")
        assert await process.run("flush", 0, last)
        if last % 2:
            assert await process.run("seal")
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
            assert await process.run("flush", 0, seq)
        done = await process.run("merge", last)
        assert holds(await process.contents(), 2 * last), f"after a kill at step {last}"
        await process.run("sweep")
        assert await process.run("merge")
        assert holds(await process.contents(), 2 * last), f"after a kill at step {last}"
        if done:
            break
    else:
        pytest.fail("it has more steps")
    assert last > 20


@pytest.mark.timeout(600)
async def test_a_sweep_is_killed_at_each_step(process: Process) -> None:
    assert await process.run("flush", 0, 1)
    for last in range(1, MOST_STEPS):
        # A flush that dies in its transaction leaves a file, for the sweep to die over.
        await process.run("flush", 40, last + 1)
        done = await process.run("sweep", last)
        assert await process.run("flush", 0, last + 1)
        assert holds(await process.contents(), last + 1), f"after a kill at step {last}"
        if done:
            break
    else:
        pytest.fail("it has more steps")
    assert last > 8
    await process.run("sweep")
    assert {int(path.stem) for path in process.root.rglob("*.parquet")} == set((await process.contents()).files)
