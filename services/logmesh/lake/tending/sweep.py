"""Deletes what no catalog names: files of flushes that failed or died, and those that others took the place of.

The reservation goes first, and is committed: a late flush finds it gone and writes anew. What is on the disk then, and neither live nor
pending, nobody will ever make live. The disk is looked at before the catalog: who writes a file has its number pending before.

What this database knew and let go of goes at once. A file that it never knew may be of the state that it was in before it was put back,
or of a copy of its disk, and is spared while it is young: so somebody may notice.
"""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import asyncpg

from logmesh.lake.folder import path_of, unlink_all
from logmesh.storage.sql import load

PENDING_SECONDS: Final = 900
"""For how long a number may be given out. Whoever took it uses it within five minutes; for that nothing depends on this."""
DEAD_SECONDS: Final = 600
"""For how long a file stays whose place others took. A reader that finds it gone asks the catalog again."""
UNKNOWN_SECONDS: Final = 86_400
"""For how long a file is spared that this database never knew, or has forgotten in a sweep that was cut off."""
_AT_ONCE: Final = 5_000


@dataclass(frozen=True, slots=True)
class Foreign:
    """Files that nobody needs here, of what this database was before; a copy of it may use them."""

    incarnation: str
    files: int
    bytes: int

    def __str__(self) -> str:
        return (
            f"{self.files} files of {self.bytes} bytes stay, of this database as it was when it was called {self.incarnation}: where no"
            " copy of it uses them, put that name into logmesh.adopted"
        )


@dataclass(slots=True)
class Swept:
    """How many numbers were taken back, dead files forgotten, and files deleted from the disk; and files that are not ours to
    delete."""

    expired: int = 0
    forgotten: int = 0
    deleted: int = 0
    foreign: list[Foreign] = field(default_factory=list)


async def sweep(
    connection: "asyncpg.Connection",
    root: Path,
    *,
    pending_seconds: float = PENDING_SECONDS,
    dead_seconds: float = DEAD_SECONDS,
    unknown_seconds: float = UNKNOWN_SECONDS,
) -> Swept:
    """Do all of it. `connection` is an owner's. Only files of this database's own incarnation are ever deleted, and of those that it
    has adopted: others may be of a copy of it. Raises what asyncpg raises, and OSError."""
    incarnation: str = await connection.fetchval("SELECT logmesh.incarnation()")
    ours = [incarnation, *[name for (name,) in await connection.fetch("SELECT incarnation FROM logmesh.adopted")]]
    swept = Swept()
    expired = await connection.fetch(load("expire_files"), pending_seconds)
    # Who took the number wrote its file after it, by a file system's clock, which may be late; an older one was in its way.
    for row in expired:
        path = path_of(root, incarnation, row["file"])
        swept.deleted += await asyncio.to_thread(unlink_all, [path], since=row["began"] - 1)
    forgotten = await connection.fetch(load("forget_files"), ours, dead_seconds)
    paths = [path_of(root, row["incarnation"], row["file"]) for row in forgotten]
    swept.deleted += await asyncio.to_thread(unlink_all, paths)
    swept.expired, swept.forgotten = len(expired), len(forgotten)
    for each in dict.fromkeys(ours):
        await _delete_unknown(connection, root, each, unknown_seconds, swept)
    foreign = await connection.fetch(load("list_foreign_files"), ours, dead_seconds)
    swept.foreign = [Foreign(**row) for row in foreign]
    return swept


async def _delete_unknown(
    connection: "asyncpg.Connection", root: Path, incarnation: str, unknown_seconds: float, swept: Swept
) -> None:
    until = time.time() - unknown_seconds
    for found in await asyncio.to_thread(lambda: list(_on_disk(root / incarnation))):
        unknown = await connection.fetch(load("list_unknown_files"), found, incarnation)
        paths = [path_of(root, incarnation, row["file"]) for row in unknown]
        swept.deleted += await asyncio.to_thread(unlink_all, paths, until=until)


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
