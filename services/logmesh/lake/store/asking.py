"""One question to the lake: files and rows of one snapshot, then an answer of them, planned again where a file is gone meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final, NamedTuple, TypeVar

import asyncpg
import pyarrow as pa

from logmesh.lake.reading.conditions import Conditions
from logmesh.lake.reading.errors import AllBusy, FileDamaged, FileGone, ReadError, TooLarge, WorkerLost
from logmesh.lake.reading.statement import Statement
from logmesh.lake.reading.workers import Workers
from logmesh.lake.store.catalog import Catalog, KnownFile
from logmesh.lake.store.plan import Plan
from logmesh.rows.reader import Reader
from logmesh.store.errors import Away, Broken, Busy, TooSlow
from logmesh.store.time_range import TimeRange

T = TypeVar("T")
Hot = TypeVar("Hot")

MOST_PLANS: Final = 5
_READ_BY_ONE: Final = 100_000
"""Records from which on two threads read."""


class Lake(NamedTuple):
    """What a question needs: PostgreSQL, the catalog in it, and the processes that read files."""

    reader: Reader
    catalog: Catalog
    workers: Workers


def statement_over(
    files: Sequence[KnownFile], sql: str, to: Conditions, given: pa.Table | None = None, *, threads: int | None = None
) -> Statement:
    """A statement that reads these files; `to` is what its conditions were written with, `given` what it is handed. Without `threads`,
    as many read as the files have records for."""
    if threads is None:
        threads = 1 if sum(file.rows for file in files) < _READ_BY_ONE else 2
    return Statement(sql, to.parameters, to.questions, [file.stored for file in files], threads, given)


class AsksLake:
    """One kind of a store's questions."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake

    async def snapshot(
        self,
        tenant: str,
        plan: Plan,
        span: TimeRange,
        seconds: float,
        hot: "Callable[[asyncpg.pool.PoolConnectionProxy], Awaitable[Hot]]",
    ) -> tuple[list[KnownFile], Hot]:
        """The files that may have a match in a range, and what `hot` reads of the rows beside them. Raises StoreError."""
        async with self._lake.reader.reading(tenant, seconds, replan=True, snapshot=True) as connection:
            files = plan.files(await self._lake.catalog.files(connection, span))
            for kind in plan.indexes:
                await self._lake.catalog.look(connection, kind, plan.unseen(kind, files), plan.see)
                files = plan.files(files)
            found = await hot(connection)
        return files, found

    async def ask(
        self,
        tenant: str,
        plan: Plan,
        span: TimeRange,
        seconds: float,
        hot: "Callable[[asyncpg.pool.PoolConnectionProxy], Awaitable[Hot]]",
        answer: Callable[[list[KnownFile], Hot], Awaitable[T]],
    ) -> T:
        """What `answer` makes of files and rows of one snapshot. Raises StoreError."""
        replans = Replans()
        async with answering(seconds):
            while True:
                files, found = await self.snapshot(tenant, plan, span, seconds, hot)
                try:
                    return await answer(files, found)
                except FileGone as error:
                    replans.count(error)


class Replans:
    """Counts how often one question was planned again, since a file was gone that it was to read."""

    def __init__(self) -> None:
        self._gone: list[str] = []

    def count(self, error: FileGone) -> None:
        """Raises a StoreError once they are enough. A file that every plan names was not merged: it is missing."""
        self._gone.append(error.path)
        if len(self._gone) < MOST_PLANS:
            return
        if len(set(self._gone)) == 1:
            raise Broken("a file of the lake is gone") from error
        raise Away("files of the lake are merged faster than they can be read") from error


@asynccontextmanager
async def answering(seconds: float) -> AsyncIterator[None]:
    """Bound what is done, and have a worker's errors say what they mean to somebody who asks a store; but for FileGone, after which
    the question is planned again."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise TooSlow("files were not read in time") from error
    except FileGone:
        raise
    except AllBusy as error:
        raise Busy("all processes that read files are in use") from error
    except FileDamaged as error:
        raise Broken("a file of the lake is damaged") from error
    except TooLarge as error:
        raise Broken("the question needs more memory than it may have") from error
    except WorkerLost as error:
        raise Away("a process that reads files ended") from error
    except ReadError as error:
        raise Broken("files of the lake can't be read") from error
