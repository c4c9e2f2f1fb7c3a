"""Numbers of files from the catalog, and files into it."""

from collections import deque
from collections.abc import Sequence

import asyncpg

from logmesh.lake.writing.filing import NewFile
from logmesh.storage.sql import load


async def reserve(connection: "asyncpg.Connection", owner: str, count: int) -> deque[int]:
    """Give out numbers for files to `owner`. Raises what asyncpg raises."""
    return deque(row["file"] for row in await connection.fetch(load("reserve_files"), owner, count))


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
