"""Several files' records as one file's, row group by row group: memory holds what overlaps in time, and no more."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import duckdb
import google_crc32c
import numpy as np
import pyarrow as pa

from logmesh.lake.layout import numbers_of, row_groups, services_of, sizes_of
from logmesh.lake.schema import ROW_GROUP_BYTES, ROW_GROUP_ROWS
from logmesh.lake.tending.digest import Digest, digest_table
from logmesh.lake.tending.sources import Columns, Sources
from logmesh.lake.tending.splitting import Splitter

_PIECE_BYTES: Final = 1 << 20
_ENOUGH_ROWS: Final = 2 * ROW_GROUP_ROWS
_ENOUGH_BYTES: Final = 2 * ROW_GROUP_BYTES
"""What is split and sorted at once: enough for row groups, and no more than has room in memory several times."""


class Damaged(Exception):
    """The file of this number is not what was written: it is gone, can't be read, or its bytes differ from their checksum."""

    def __init__(self, file: int, fault: str) -> None:
        super().__init__(f"file {file} is damaged: {fault}")
        self.file, self.fault = file, fault


def check_file(path: Path, number: int, size: int, crc32c: int) -> None:
    """Raises Damaged where the bytes of file `number` are not those that were written, or can't be read."""
    found, length = 0, 0
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE_BYTES):
                found, length = google_crc32c.extend(found, piece), length + len(piece)
    except FileNotFoundError as error:
        raise Damaged(number, "it is gone") from error
    except OSError as error:
        raise Damaged(number, f"it can't be read: {error.strerror}") from error
    if (length, found) != (size, crc32c):
        raise Damaged(number, f"{length} bytes with the checksum {found:08x}, and not {size} with {crc32c:08x}")


class Merging:
    """Makes row groups of files' records; `digest` is that of all that was read."""

    def __init__(self, duck: duckdb.DuckDBPyConnection, sources: Sources, splitter: Splitter) -> None:
        self._duck, self._sources, self._splitter = duck, sources, splitter
        self.digest = Digest()
        self._read: dict[Columns, list[pa.Table]] = {}
        self._split: list[pa.Table] = []

    def row_groups(self) -> Iterator[pa.Table]:
        """All records in a file's order, a row group at a time, attributes in columns. Raises duckdb.Error and what pyarrow raises."""
        for columns in self._sources.columns:
            self._splitter.announce(columns)
        for table, columns, bound in self._sources.in_time():
            self._read.setdefault(columns, []).append(table)
            # All of it is sorted only where that gives row groups: files whose times are the same would be sorted anew for each.
            if bound is None or self._is_enough(bound):
                self._split_all()
                yield from self._ready(bound)

    def _is_enough(self, bound: int) -> bool:
        """Whether row groups can be filled with records that nothing that follows `bound` can come before."""
        rows = size = 0
        for table in [*self._split, *(table for tables in self._read.values() for table in tables)]:
            ready = int(np.count_nonzero(numbers_of(table, "time") < bound))
            rows += ready
            size += table.nbytes * ready // len(table)
        return rows >= _ENOUGH_ROWS or size >= _ENOUGH_BYTES

    def _split_all(self) -> None:
        for columns, tables in self._read.items():
            table = pa.concat_tables(tables)
            self.digest = self.digest.plus(digest_table(self._duck, table, columns))
            self._split.append(self._splitter.split(table, columns))
        self._read.clear()

    def _ready(self, bound: int | None) -> Iterator[pa.Table]:
        """Full row groups, and all that is left where nothing follows."""
        joined = pa.concat_tables(self._split).unify_dictionaries().combine_chunks()
        names, services = services_of(joined)
        groups, left = row_groups(numbers_of(joined, "time"), services, len(names), sizes_of(joined), before=bound)
        self._split = [joined.take(pa.array(left))] if len(left) else []
        for places in groups:
            yield joined.take(pa.array(places))
