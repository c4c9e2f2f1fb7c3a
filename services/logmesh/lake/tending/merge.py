"""Makes one file of many, so that questions open few: each record is written anew once a level, and there are two at most.

The merged file must hold what its sources do, by a digest that is taken of what is read back from the disk; only then do they make room
for it, in one transaction in which all of them must still be live.
"""

import asyncio
import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import asyncpg
import duckdb
import pyarrow as pa

from logmesh.lake import bloom, counts
from logmesh.lake.folder import path_of, sync_folder, unlink_all
from logmesh.lake.schema import ROW_GROUP_ROWS
from logmesh.lake.tending.digest import digest_file
from logmesh.lake.tending.merging import Merging, check_file
from logmesh.lake.tending.sources import Sources
from logmesh.lake.tending.splitting import Splitter
from logmesh.lake.writing.file import Footer
from logmesh.lake.writing.filing import NewFile, file_tables
from logmesh.lake.writing.live import committing, make_live, reserve
from logmesh.storage.sql import load

FILES: Final = 64
"""Of one tenant and level, that are merged into one of the next at once."""
FEW_FILES: Final = 16
WAITED_SECONDS: Final = 60
"""So many are enough when the oldest has been there for so long: who writes fast has files that become large in one merge, and who
writes slowly has few that are small."""
OVERLAPPING: Final = 8
"""Of files that are merged, those whose times are the same are in memory together."""
MOST_COLUMNS: Final = 8
"""Of attributes in a merged file: each costs some bytes a row group, and time of whoever writes it and whoever opens it."""
MOST_BYTES: Final = 64 << 20
"""Of files that are merged: what is made of them has about as many. What was merged and has a quarter of it stays as it is."""
LEFT_BYTES: Final = 1 << 20
"""So much is worth a merge, however few files, once none came for `WAITED_SECONDS`: as flushed they have no trigrams and no columns."""
LEVELS: Final = 2
"""A file of this level is not merged any more."""


class MergeRefused(Exception):
    """These files can't be merged: what is made of them does not hold what they do, or takes too much memory. Nothing was changed. It
    is a fault of this program, or of the machine."""

    def __init__(self, files: list[int], why: str) -> None:
        super().__init__(f"files {files} can't be merged: {why}")
        self.files = files


class DiskFailed(Exception):
    """The file that these were to be merged into could not be written; nothing was changed."""

    def __init__(self, files: list[int], why: OSError) -> None:
        super().__init__(f"files {files} are not merged: {why.strerror or why}")
        self.files = files


@dataclass(frozen=True, slots=True)
class Merged:
    """What was merged: files, their records, and the file that holds these now."""

    sources: list[int]
    rows: int
    file: int


async def merge(
    connection: "asyncpg.Connection",
    root: Path,
    owner: str,
    *,
    files: int = FILES,
    most_bytes: int = MOST_BYTES,
    most_columns: int = MOST_COLUMNS,
    waited_seconds: float = WAITED_SECONDS,
    without: Sequence[int] = (),
) -> Merged | None:
    """Merge the files of one tenant and level, `without` some, where any has enough `files`, or fewer with `most_bytes` or of which
    one has `waited_seconds`, or what is left as flushed where none came for so long. None where none has, or where the files were not
    what they had been by the time that theirs was written. `connection` is an owner's.

    Raises what asyncpg raises, Damaged for a source that is not what was written, MergeRefused and DiskFailed.
    """
    incarnation: str = await connection.fetchval("SELECT logmesh.incarnation()")
    sources = await connection.fetch(
        load("list_mergeable"),
        LEVELS,
        files,
        list(without),
        most_bytes,
        LEFT_BYTES,
        waited_seconds,
        FEW_FILES,
        OVERLAPPING,
    )
    if not sources:
        return None
    numbers = await reserve(connection, owner, 4)
    replaced = [row["file"] for row in sources]
    try:
        made = await asyncio.to_thread(partial(_merge, sources, root, incarnation, numbers, most_columns))
    except (pa.ArrowException, duckdb.Error, MemoryError) as error:
        raise MergeRefused(replaced, f"{type(error).__name__}: {error}") from error
    except OSError as error:
        raise DiskFailed(replaced, error) from error
    try:
        async with committing(connection, [path_of(root, incarnation, made.file)]):
            gone = await connection.fetch(load("replace_files"), replaced)
            if len(gone) != len(replaced) or not await make_live(connection, incarnation, [made]):
                raise _Superseded
    except _Superseded:
        return None
    return Merged(replaced, made.rows, made.file)


class _Superseded(Exception):
    """A source is not live any more, or the number was taken back."""


def _merge(
    sources: "Sequence[asyncpg.Record]", root: Path, incarnation: str, numbers: deque[int], most_columns: int
) -> NewFile:
    paths = [path_of(root, row["incarnation"], row["file"]) for row in sources]
    for path, row in zip(paths, sources, strict=True):
        check_file(path, row["file"], row["bytes"], row["crc32c"])
    first = sources[0]
    footer = Footer(first["tenant"], incarnation, first["level"] + 1)
    with Sources(paths) as opened, duckdb.connect(config={"threads": 1, "temp_directory": ""}) as duck:
        splitter = Splitter(duck, opened.choose(most_columns))
        merging = Merging(duck, opened, splitter)
        made = file_tables(merging.row_groups(), footer, root, numbers, traces=_traces_of(sources), attributes=splitter)
        path = path_of(root, incarnation, made.file)
        try:
            found = digest_file(duck, path, splitter.columns)
            counted = counts.pack(counts.add([counts.unpack(row["counts"]) for row in sources]))
            if (found, made.counts) != (merging.digest, counted) or found.rows != sum(row["rows"] for row in sources):
                raise MergeRefused(
                    [row["file"] for row in sources], f"they have {merging.digest}, and the merged one {found}"
                )
            sync_folder(path.parent)
        except BaseException:
            unlink_all([path])
            raise
    return made


def _traces_of(sources: "Sequence[asyncpg.Record]") -> int:
    """About how many traces a row group may have: as many as in the source that has most of them for its rows."""
    known: list[float] = [
        (row["rows"] if row["trace_bytes"] is None else bloom.about_how_many(row["trace_bytes"])) / row["rows"]
        for row in sources
    ]
    return math.ceil(min(1.0, max(known)) * ROW_GROUP_ROWS)
