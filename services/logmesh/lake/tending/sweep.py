"""Deletes what no catalog names: files of flushes that failed or died, and those that others took the place of.

The reservation goes first, and is committed: a late flush finds it gone and writes anew. What is on the disk then, and neither live nor
pending, nobody will ever make live. The disk is looked at before the catalog: who writes a file has its number pending before.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg

from logmesh.lake.folder import path_of, unlink_all
from logmesh.storage.sql import load

PENDING_SECONDS: Final = 900
"""For how long a number may be given out. Whoever took it uses it within five minutes; for that nothing depends on this."""
DEAD_SECONDS: Final = 600
"""For how long a file stays whose place others took. A reader that finds it gone asks the catalog again."""
_AT_ONCE: Final = 5_000


@dataclass(slots=True)
class Swept:
    """How many numbers were taken back, dead files forgotten, and files deleted from the disk."""

    expired: int = 0
    forgotten: int = 0
    deleted: int = 0


async def sweep(
    connection: "asyncpg.Connection",
    root: Path,
    *,
    pending_seconds: float = PENDING_SECONDS,
    dead_seconds: float = DEAD_SECONDS,
) -> Swept:
    """Do all of it. `connection` is an owner's. Only files of this database's own incarnation are ever deleted: others may be of a
    copy of it. Raises what asyncpg raises, and OSError."""
    incarnation: str = await connection.fetchval("SELECT logmesh.incarnation()")
    swept = Swept()
    swept.expired = len(await connection.fetch(load("expire_files"), pending_seconds))
    swept.forgotten = len(await connection.fetch(load("forget_files"), incarnation, dead_seconds))
    for found in await asyncio.to_thread(lambda: list(_on_disk(root / incarnation))):
        unknown = [row["file"] for row in await connection.fetch(load("list_unknown_files"), found)]
        paths = [path_of(root, incarnation, file) for file in unknown]
        swept.deleted += await asyncio.to_thread(unlink_all, paths)
    return swept


def _on_disk(folder: Path) -> Iterator[list[int]]:
    """Numbers of files, some at a time."""
    found: list[int] = []
    for path in folder.glob("*/*.parquet"):
        if path.stem.isdecimal():
            found.append(int(path.stem))
        if len(found) >= _AT_ONCE:
            yield found
            found = []
    if found:
        yield found
