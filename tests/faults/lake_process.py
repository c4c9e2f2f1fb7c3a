"""A process that flushes into the lake, seals, merges or sweeps, and is killed at its nth step. Reads what to do from stdin, a line
each, and answers `killed` or `done`; each is done by a child of its own, forked, so that a hundred take no start of an interpreter.

A step is each statement to the database and each change of the disk; there is one before it, and one after it."""

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any, NoReturn

import asyncpg
import numpy as np
from tests.integration.lake.batches import columns
from tests.integration.lake.storing import Spool, Storing

from logmesh.lake.tending.merge import merge
from logmesh.lake.tending.seal import seal
from logmesh.lake.tending.sweep import sweep
from logmesh.lake.writing.filing import FILE_BYTES
from logmesh.processor.writer.opened import Opened
from logmesh.storage.sql import load

FILED, HOT = (
    Spool("large", "5d7f7a39-2a0b-4a52-8c9c-0f5b7b1f3f11"),
    Spool("small", "5d7f7a39-2a0b-4a52-8c9c-0f5b7b1f3f12"),
)
FILED_ROWS, HOT_ROWS = 5, 3
BEGAN = 1_790_000_000 * 10**9


class Steps:
    """Kills the process at step `last`; never for 0."""

    def __init__(self, last: int) -> None:
        self._last, self._numbers = last, count(1)

    def step(self) -> None:
        if next(self._numbers) == self._last:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def stepping(*args: Any, **kwargs: Any) -> Any:
            self.step()
            result = function(*args, **kwargs)
            self.step()
            return result

        return stepping

    def around_async(self, function: Callable[..., Any]) -> Callable[..., Any]:
        async def stepping(*args: Any, **kwargs: Any) -> Any:
            self.step()
            result = await function(*args, **kwargs)
            self.step()
            return result

        return stepping

    def watch(self) -> None:
        """Count the statements and the changes of the disk from now on."""
        for name in ("fdatasync", "fsync"):
            setattr(os, name, self.around(getattr(os, name)))
        for name in ("open", "unlink", "mkdir"):
            setattr(Path, name, self.around(getattr(Path, name)))
        for name in ("fetch", "fetchval", "fetchrow", "execute", "copy_to_table", "copy_records_to_table"):
            setattr(asyncpg.Connection, name, self.around_async(getattr(asyncpg.Connection, name)))


def batches(seq: int) -> list[Opened]:
    """The same for the same number: of one tenant a file, of another hot rows."""
    return [
        FILED.batch(columns(FILED_ROWS, at=BEGAN, name=f"filed {seq}".ljust(FILE_BYTES // FILED_ROWS)), seq),
        HOT.batch(columns(HOT_ROWS, at=BEGAN, name=f"hot {seq}"), seq),
    ]


async def do(connection: "asyncpg.Connection", root: Path, what: str, seq: int) -> None:
    """One thing, or several joined by `+`, to their end; a flush until the batches of this number, and of the next number for the next
    flush, are stored, as from a log. `connection` is a writer's for flushes, else an owner's."""
    for each in what.split("+"):
        if each == "flush":
            storing, group = Storing(connection, root), batches(seq)
            while (await storing.store(*group)).locked:
                await asyncio.sleep(0.01)
            seq += 1
        elif each == "seal":
            await seal(connection, root, "merger", seal_seconds=0)
        elif each == "merge":
            await merge(connection, root, "merger", files=2)
        else:
            await sweep(connection, root, pending_seconds=0, dead_seconds=0, unknown_seconds=0)


async def do_until(steps: Steps, dsn: str, root: Path, what: str, seq: int) -> None:
    connection = await asyncpg.connect(dsn)
    steps.watch()
    await do(connection, root, what, seq)
    await connection.close()


def rehearse() -> None:
    """Have what numpy and importlib import when it is first needed: a child that imports it takes twice the CPU."""
    np.unique(np.arange(2))
    load("list_mergeable")
    gc.freeze()


def main(writer: str, owner: str, folder: str) -> NoReturn:
    rehearse()
    for line in sys.stdin:
        what, last, seq = line.split()
        child = os.fork()
        if not child:
            dsn = writer if what.startswith("flush") else owner
            asyncio.run(do_until(Steps(int(last)), dsn, Path(folder), what, int(seq)))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print({0: "done", signal.SIGKILL: "killed"}.get(status, f"status {status}"), flush=True)
    sys.exit()


if __name__ == "__main__":
    main(*sys.argv[1:])
