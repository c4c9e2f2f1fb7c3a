"""A `lake_process`, told step by step, with its database and its folder; and what must be true after each of its deaths."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import MappingProxyType

import asyncpg
from tests.conftest import Database
from tests.faults.lake_process import FILED_ROWS, HOT_ROWS, do
from tests.integration.lake.storing import Contents, Known, contents

MOST_STEPS = 200


class Process:
    """See `lake_process`."""

    def __init__(
        self, process: asyncio.subprocess.Process, owner: asyncpg.Connection, writer: asyncpg.Connection, root: Path
    ) -> None:
        self._process, self.owner, self._writer, self.root = process, owner, writer, root
        self._known: Known = {}

    async def run(self, what: str, last: int = 0, seq: int = 0) -> bool:
        """Whether it was done, and not killed before."""
        answer = await self.answer(what, last, seq)
        assert answer in ("done", "killed"), answer
        return answer == "done"

    async def run_here(self, what: str, seq: int = 0) -> None:
        """In this process, where nothing kills it, and connections and caches are warm: in a tenth of the CPU."""
        await do(self._writer if what.startswith("flush") else self.owner, self.root, what, seq)

    async def answer(self, what: str, last: int = 0, seq: int = 0) -> str:
        """What became of it: done, killed, or what it said of its failure."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(f"{what} {last} {seq}\n".encode())
        return (await asyncio.wait_for(self._process.stdout.readline(), 60)).decode().strip()

    async def contents(self) -> Contents:
        return await contents(self.owner, self.root, self._known)


@asynccontextmanager
async def running(
    database: Database, root: Path, environment: Mapping[str, str] = MappingProxyType({})
) -> AsyncIterator[Process]:
    """A process that waits to be told what to do in `root`."""
    owner = await asyncpg.connect(database.owner_dsn)
    writer = await asyncpg.connect(database.writer_dsn)
    started = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.faults.lake_process", database.writer_dsn, database.owner_dsn, str(root)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, **environment},
    )
    yield Process(started, owner, writer, root)
    assert started.stdin
    started.stdin.close()
    assert await started.wait() == 0
    await writer.close()
    await owner.close()


def holds(found: Contents, flushes: int) -> bool:
    """Whether all records of so many flushes are there once."""
    return (
        found.stored == flushes * (FILED_ROWS + HOT_ROWS) == sum(found.identities().values())
        and set(found.identities().values()) == {1}
        and sum(file["rows"] for file in found.catalog if file["tenant"] == "large") == flushes * FILED_ROWS
    )
