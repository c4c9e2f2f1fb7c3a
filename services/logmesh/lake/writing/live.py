"""Numbers of files from the catalog, and files into it."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

from logmesh.lake.folder import unlink_all
from logmesh.lake.writing.filing import NewFile
from logmesh.storage.sql import load


async def reserve(connection: "asyncpg.Connection", owner: str, count: int) -> deque[int]:
    """Give out numbers for files to `owner`. Raises what asyncpg raises."""
    return deque(row["file"] for row in await connection.fetch(load("reserve_files"), owner, count))


@asynccontextmanager
async def committing(connection: "asyncpg.Connection", paths: Sequence[Path]) -> AsyncIterator[None]:
    """A transaction that is to make the files at these paths live. Where the body fails they are deleted: it is tried again soon, and
    what each try leaves would fill the disk before a sweep takes the numbers back. After a COMMIT that fails nobody knows whether they
    are live, and they stay. Raises what asyncpg raises, and OSError."""
    undone = False
    try:
        async with connection.transaction():
            try:
                yield
            except BaseException:
                undone = True
                raise
    except BaseException:
        if undone:
            await asyncio.to_thread(unlink_all, paths)
        raise


async def make_live(connection: "asyncpg.Connection", incarnation: str, files: Sequence[NewFile]) -> bool:
    """Make files live, in the transaction in which their records count as stored.

    False where a number is not pending any more: then the transaction is to be rolled back. Raises what asyncpg raises.
    """
    if not files:
        return True
    columns = zip(*[
        (file.file, file.tenant, file.level, file.min_time, file.max_time, file.newest, file.rows, file.size, file.crc32c,
         file.counts, file.traces, file.columns.decode(), file.trigrams)
        for file in files
    ], strict=True)  # fmt: skip
    made = await connection.execute(load("store_files"), incarnation, *map(list, columns))
    return made == f"INSERT 0 {len(files)}"
