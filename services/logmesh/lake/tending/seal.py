"""Makes files of hot rows: closes the generation that takes them, writes its rows into files, a tenant each, and in one transaction the
files are live and the generation is sealed.

A sealed generation's table is dropped once no transaction is left that may have a snapshot of before: dropping is seen by all, and one
that does not know the files yet would find the rows in neither place.
"""

import asyncio
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg
import pyarrow as pa

from logmesh.lake.folder import path_of, sync_folder, unlink_all
from logmesh.lake.tending.closing import MOST_BYTES, SEAL_BYTES, SEAL_SECONDS, close_if_due
from logmesh.lake.tending.rows import tables_of
from logmesh.lake.writing.file import Footer
from logmesh.lake.writing.filing import NewFile, NoNumberLeft, file_tables
from logmesh.lake.writing.live import committing, make_live, reserve
from logmesh.storage.sql import load

_LOOK_SECONDS: Final = 0.2


class SealRefused(Exception):
    """Files would not hold what the rows do: nothing was changed. It is a fault of this program, or of the machine."""


_OF_ONE: Final = (SealRefused, NoNumberLeft, OSError, MemoryError, pa.ArrowException)


@dataclass(slots=True)
class Sealed:
    """Generations sealed, their rows, the files made of them; tables dropped, and those that have to wait."""

    generations: int = 0
    rows: int = 0
    files: int = 0
    dropped: int = 0
    waiting: int = 0


async def seal(
    connection: "asyncpg.Connection",
    root: Path,
    owner: str,
    *,
    seal_bytes: int = SEAL_BYTES,
    most_bytes: int = MOST_BYTES,
    seal_seconds: float = SEAL_SECONDS,
    wait_seconds: float = 5.0,
) -> Sealed:
    """Close what is due (`closing`), seal what is closed, drop what is sealed. `connection` is an owner's; `wait_seconds` is for how
    long snapshots are waited for. Raises what asyncpg raises; and OSError, MemoryError, Arrow's errors and SealRefused after all else
    was done."""
    sealed = Sealed()
    await close_if_due(connection, seal_bytes=seal_bytes, most_bytes=most_bytes, seal_seconds=seal_seconds)
    closed = "SELECT generation FROM logmesh.generations WHERE closed AND sealed_xid IS NULL ORDER BY generation"
    failed: list[Exception] = []
    for (generation,) in await connection.fetch(closed):
        try:
            await _seal(connection, root, owner, generation, sealed)
        except _OF_ONE as error:  # others have other rows
            failed.append(error)
    await _drop(connection, wait_seconds, sealed)
    if failed:
        raise failed[0]
    return sealed


async def _seal(connection: "asyncpg.Connection", root: Path, owner: str, generation: int, sealed: Sealed) -> None:
    """Nothing stores into the generation any more: who did held it, and the close waited for them."""
    incarnation: str = await connection.fetchval("SELECT logmesh.incarnation()")
    hot = f"logmesh.hot_{generation}"
    files: list[NewFile] = []
    try:
        await _write_all(connection, root, owner, incarnation, hot, files)
    except BaseException:  # see `committing`
        await asyncio.to_thread(unlink_all, _paths(root, incarnation, files))
        raise
    rows = sum(file.rows for file in files)
    async with committing(connection, _paths(root, incarnation, files)):
        count: int = await connection.fetchval(f"SELECT count(*) FROM {hot}")  # noqa: S608
        if count != rows:
            raise SealRefused(f"generation {generation} has {count} rows, its files {rows}")
        if await connection.fetchval(load("seal_generation"), generation) is None:
            raise SealRefused(f"generation {generation} was sealed by somebody else")
        if not await make_live(connection, incarnation, files):
            raise SealRefused("the files' numbers were taken back")
    sealed.generations += 1
    sealed.rows += rows
    sealed.files += len(files)


async def _write_all(
    connection: "asyncpg.Connection", root: Path, owner: str, incarnation: str, hot: str, files: list[NewFile]
) -> None:
    """Add to `files` one of each tenant's rows, durable with their names."""
    tenants = [row["tenant"] for row in await connection.fetch(f"SELECT DISTINCT tenant FROM {hot}")]  # noqa: S608
    numbers: deque[int] = deque()
    for tenant in tenants:
        rows = await connection.fetch(load("list_hot_rows").replace("logmesh.hot", f"{hot} AS hot"), tenant)
        numbers = numbers or await reserve(connection, owner, len(tenants))
        files.append(await asyncio.to_thread(_write, rows, tenant, incarnation, root, numbers))
    for folder in {path.parent for path in _paths(root, incarnation, files)}:
        await asyncio.to_thread(sync_folder, folder)


def _paths(root: Path, incarnation: str, files: list[NewFile]) -> list[Path]:
    return [path_of(root, incarnation, file.file) for file in files]


def _write(rows: "list[asyncpg.Record]", tenant: str, incarnation: str, root: Path, numbers: deque[int]) -> NewFile:
    return file_tables(tables_of(rows), Footer(tenant, incarnation), root, numbers)


async def _drop(connection: "asyncpg.Connection", wait_seconds: float, sealed: Sealed) -> None:
    done = await connection.fetch(load("list_sealed"))
    if not done:
        return
    # Who began after this look sees the files.
    older = await _snapshots(connection)
    ends = asyncio.get_running_loop().time() + wait_seconds
    while older and asyncio.get_running_loop().time() < ends:
        await asyncio.sleep(_LOOK_SECONDS)
        older &= await _snapshots(connection)
    if older:
        sealed.waiting = len(done)
        return
    for generation, pending in done:
        table = f"logmesh.hot_{generation}"
        if pending is not None:  # it is still attached, or half detached by one that was cut off
            how = "FINALIZE" if pending else "CONCURRENTLY"
            await connection.execute(f"ALTER TABLE logmesh.hot DETACH PARTITION {table} {how}")
        await connection.execute(f"DROP TABLE IF EXISTS {table}")
        await connection.execute("DELETE FROM logmesh.generations WHERE generation = $1", generation)
        sealed.dropped += 1


async def _snapshots(connection: "asyncpg.Connection") -> set[str]:
    return {row["virtualxid"] for row in await connection.fetch(load("list_snapshots"))}
