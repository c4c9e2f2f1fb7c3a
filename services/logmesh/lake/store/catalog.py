"""Which files there are, and what is known of each without opening it.

Counts are read for each question, and indexes, which are many times as large, where it needs their kind: some at a time, and each is
let go once it was looked at, but for those that are kept.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, NamedTuple, TypeAlias

import asyncpg

from logmesh.lake import counts
from logmesh.lake.attribute_columns import AttributeColumn, read_columns
from logmesh.lake.counts import Counts
from logmesh.lake.folder import path_of
from logmesh.lake.reading.statement import StoredFile
from logmesh.lake.store.kept import Kept
from logmesh.storage.sql import load
from logmesh.store.time_range import TimeRange

_MOST_BYTES: Final = 64 << 20
"""Of counts that are kept, and as much of indexes: some kilobytes of a flush's file, some megabytes of a large one."""
_FILES_AT_ONCE: Final = 256
_BYTES_AT_ONCE: Final = 4 << 20
"""Of indexes that a question has read and not looked at, or one index that has more."""

Index: TypeAlias = Literal["traces", "trigrams"]
"""Which trace ids a file may have, and which trigrams its row groups have."""


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file and its number, the times of its oldest and its newest record, how many it has, in all and by minute, service and
    severity; how many bytes each of its indexes has, but for those that only the file itself has; and which attributes have columns in
    it."""

    stored: StoredFile
    number: int
    min_time: int
    max_time: int
    rows: int
    counts: Counts
    indexes: Mapping[Index, int]
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
        self._known = Kept[_Name, KnownFile](_MOST_BYTES)
        self._indexes = Kept[tuple[Index, StoredFile], bytes](_MOST_BYTES)

    async def files(self, connection: "asyncpg.pool.PoolConnectionProxy", span: TimeRange) -> list[KnownFile]:
        """The tenant's files that may have records of a range, the newest first. Raises asyncpg's errors."""
        rows = await connection.fetch(load("list_files"), span.start_unix_nano, span.end_unix_nano)
        names, question = [_Name(*row) for row in rows], self._known.question()
        found = {name: known for name in names if (known := self._known.get(question, name)) is not None}
        missing = [name for name in names if name not in found]
        for first in range(0, len(missing), _FILES_AT_ONCE):
            some = {name.file: name for name in missing[first : first + _FILES_AT_ONCE]}
            for row in await connection.fetch(load("list_known_files"), list(some)):
                name = some[row["file"]]
                known = found[name] = self._read(name, row)
                self._known.put(question, name, known, known.counts.size)
        return [found[name] for name in names]

    async def look(
        self,
        connection: "asyncpg.pool.PoolConnectionProxy",
        kind: Index,
        files: Iterable[KnownFile],
        see: Callable[[Index, KnownFile, bytes], None],
    ) -> None:
        """Have `see` see one kind of index of files that have it and are of the connection's snapshot. Raises asyncpg's errors."""
        question, missing = self._indexes.question(), list[KnownFile]()
        for file in files:
            if (index := self._indexes.get(question, (kind, file.stored))) is None:
                missing.append(file)
            else:
                see(kind, file, index)
        for some in _at_once(kind, missing):
            by_number = {file.number: file for file in some}
            for number, index in await connection.fetch(load(f"list_{kind}"), list(by_number)):
                file = by_number[number]
                see(kind, file, index)
                self._indexes.put(question, (kind, file.stored), index, len(index))

    def _read(self, name: _Name, row: "asyncpg.Record") -> KnownFile:
        path = path_of(self._root, name.incarnation, name.file)
        stored, columns = StoredFile(str(path), name.size, name.crc32c), read_columns(row["columns"])
        kinds: tuple[Index, ...] = ("traces", "trigrams")
        indexes = {kind: row[kind] for kind in kinds if row[kind] is not None}
        times = row["min_time"], row["max_time"]
        return KnownFile(stored, name.file, *times, row["rows"], counts.unpack(row["counts"]), indexes, columns)


def _at_once(kind: Index, files: Iterable[KnownFile]) -> Iterator[list[KnownFile]]:
    """Files whose indexes are read together."""
    some, size = list[KnownFile](), 0
    for file in files:
        size += file.indexes[kind]
        if some and (size > _BYTES_AT_ONCE or len(some) == _FILES_AT_ONCE):
            yield some
            some, size = [], file.indexes[kind]
        some.append(file)
    if some:
        yield some
