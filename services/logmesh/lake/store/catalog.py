"""Which files there are, and what is known of each without opening it."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import asyncpg

from logmesh.lake import counts
from logmesh.lake.attribute_columns import AttributeColumn, read_columns
from logmesh.lake.counts import Counts
from logmesh.lake.folder import path_of
from logmesh.lake.reading.statement import StoredFile
from logmesh.storage.sql import load
from logmesh.store.time_range import TimeRange

_MOST_BYTES: Final = 64 << 20
"""Of indexes that are kept: some kilobytes of a flush's file, some megabytes of a large one."""


class FileIndex(NamedTuple):
    """Records by minute, service and severity; which trace ids the file may have, and which trigrams its row groups have; None where
    only the file itself knows."""

    counts: Counts
    traces: bytes | None
    trigrams: bytes | None = None

    @property
    def size(self) -> int:
        """How many bytes it takes."""
        return self.counts.size + len(self.traces or b"") + len(self.trigrams or b"")


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file, the times of its oldest and its newest record, how many it has, and which attributes have columns in it."""

    stored: StoredFile
    min_time: int
    max_time: int
    rows: int
    index: FileIndex
    columns: tuple[AttributeColumn, ...] = ()


class Catalog:
    """Reads the catalog of one database whose files are below `root`. A file's index never changes, so it is kept: by all that names
    the file, for a database that was put back gives out its numbers once more."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._indexes: OrderedDict[StoredFile, FileIndex] = OrderedDict()
        self._size = 0

    async def files(self, connection: "asyncpg.pool.PoolConnectionProxy", span: TimeRange) -> list[KnownFile]:
        """The tenant's files that may have records of a range, the newest first. Raises asyncpg's errors."""
        rows = await connection.fetch(load("list_files"), span.start_unix_nano, span.end_unix_nano)
        stored = {row["file"]: self._stored(row) for row in rows}
        indexes = await self._read_indexes(connection, stored)
        return [
            KnownFile(
                stored[row["file"]],
                row["min_time"],
                row["max_time"],
                row["rows"],
                indexes[row["file"]],
                read_columns(row["columns"]),
            )
            for row in rows
        ]

    def _stored(self, row: "asyncpg.Record") -> StoredFile:
        return StoredFile(str(path_of(self._root, row["incarnation"], row["file"])), row["bytes"], row["crc32c"])

    async def _read_indexes(
        self, connection: "asyncpg.pool.PoolConnectionProxy", files: Mapping[int, StoredFile]
    ) -> dict[int, FileIndex]:
        found: dict[int, FileIndex] = {}
        for file, stored in files.items():
            if (index := self._indexes.get(stored)) is not None:
                found[file] = index
                self._indexes.move_to_end(stored)
        if missing := [file for file in files if file not in found]:
            for file, packed, traces, trigrams in await connection.fetch(load("list_file_indexes"), missing):
                found[file] = FileIndex(counts.unpack(packed), traces, trigrams)
                self._keep(files[file], found[file])
        return found

    def _keep(self, file: StoredFile, index: FileIndex) -> None:
        """In place of those that were asked for longest ago. Another question may have read it meanwhile."""
        if (before := self._indexes.pop(file, None)) is not None:
            self._size -= before.size
        self._indexes[file] = index
        self._size += index.size
        while self._size > _MOST_BYTES:
            self._size -= self._indexes.popitem(last=False)[1].size
