"""Which files there are, and what is known of each without opening it."""

from collections import OrderedDict
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


class _Name(NamedTuple):
    """All that names a file in a catalog, for a database that was put back gives out its numbers once more."""

    file: int
    incarnation: str
    size: int
    crc32c: int


class Catalog:
    """Reads the catalog of one database whose files are below `root`. A file never changes, so what is known of it is kept."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._known: OrderedDict[_Name, KnownFile] = OrderedDict()
        self._size = 0

    async def files(self, connection: "asyncpg.pool.PoolConnectionProxy", span: TimeRange) -> list[KnownFile]:
        """The tenant's files that may have records of a range, the newest first. Raises asyncpg's errors."""
        rows = await connection.fetch(load("list_files"), span.start_unix_nano, span.end_unix_nano)
        names = [_Name(*row) for row in rows]
        found = {name: known for name in names if (known := self._known.get(name)) is not None}
        for name in found:
            self._known.move_to_end(name)
        if missing := {name.file: name for name in names if name not in found}:
            for row in await connection.fetch(load("list_file_indexes"), list(missing)):
                name = missing[row["file"]]
                found[name] = self._read(name, row)
                self._keep(name, found[name])
        return [found[name] for name in names]

    def _read(self, name: _Name, row: "asyncpg.Record") -> KnownFile:
        path = path_of(self._root, name.incarnation, name.file)
        index = FileIndex(counts.unpack(row["counts"]), row["traces"], row["trigrams"])
        stored, columns = StoredFile(str(path), name.size, name.crc32c), read_columns(row["columns"])
        return KnownFile(stored, row["min_time"], row["max_time"], row["rows"], index, columns)

    def _keep(self, name: _Name, known: KnownFile) -> None:
        """In place of those that were asked for longest ago. Another question may have read it meanwhile."""
        if (before := self._known.pop(name, None)) is not None:
            self._size -= before.index.size
        self._known[name] = known
        self._size += known.index.size
        while self._size > _MOST_BYTES:
            self._size -= self._known.popitem(last=False)[1].index.size
