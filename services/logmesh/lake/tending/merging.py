"""Several files' records as one file's, row group by row group: memory holds what overlaps in time, and no more.

A digest of what goes in, and of what is read back from the disk, tells whether each record is there, whatever its place.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import google_crc32c
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from logmesh.lake.layout import numbers_of, ordered
from logmesh.lake.schema import ROW_GROUP_ROWS, SCHEMA

_DICTIONARIES: Final = [field.name for field in SCHEMA if pa.types.is_dictionary(field.type)]
_PIECE_BYTES: Final = 1 << 20
_PRIMES: Final = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(0x165667B19E3779F9))
_SHIFT: Final = np.uint64(29)


class Damaged(Exception):
    """The file of this number is not what was written: it is gone, can't be read, or its bytes differ from their checksum."""

    def __init__(self, file: int, fault: str) -> None:
        super().__init__(f"file {file} is damaged: {fault}")
        self.file, self.fault = file, fault


@dataclass(slots=True)
class Digest:
    """Of records, whatever their order: how many, and a sum over spool, position and body of each."""

    rows: int = 0
    total: int = 0

    def add(self, table: pa.Table) -> None:
        """These records, too."""
        bodies = table["body"].cast(pa.binary()).to_pylist()
        checksums = np.fromiter(map(google_crc32c.value, bodies), np.uint64, len(bodies))
        columns = (numbers_of(table, "spool").view(np.uint64), numbers_of(table, "position").view(np.uint64), checksums)
        mixed = np.zeros(len(bodies), np.uint64)
        for column, prime in zip(columns, _PRIMES, strict=True):
            mixed = (mixed ^ column) * prime
            mixed ^= mixed >> _SHIFT
        self.rows += len(bodies)
        self.total = (self.total + int(mixed.sum(dtype=np.uint64))) % (1 << 64)


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


def row_groups(paths: Sequence[Path], digest: Digest) -> Iterator[pa.Table]:
    """The records of files in a file's order, a row group at a time; `digest` gets all that was read."""
    waiting: list[pa.Table] = []
    for table, bound in _in_time(paths):
        digest.add(table)
        waiting.append(table)
        # All of it is sorted only where that gives a row group: files whose times are the same would be sorted anew for each of them.
        if _ready(waiting, bound) < ROW_GROUP_ROWS and bound is not None:
            continue
        by_time, ready = _by_time(waiting, bound)
        whole = ready if bound is None else ready - ready % ROW_GROUP_ROWS
        for first in range(0, whole, ROW_GROUP_ROWS):
            yield ordered(by_time.slice(first, min(ROW_GROUP_ROWS, whole - first)))
        waiting = [by_time.slice(whole)]


def read_back(path: Path) -> Digest:
    """The digest of a file as it lies on the disk."""
    digest = Digest()
    with pq.ParquetFile(path) as file:
        for at in range(file.num_row_groups):
            digest.add(file.read_row_group(at, columns=["body", "spool", "position"], use_threads=False))
    return digest


def _in_time(paths: Sequence[Path]) -> Iterator[tuple[pa.Table, int | None]]:
    """Row groups by their first time, each with the first time of all that follow; None behind the last."""
    with ExitStack() as opened:
        files = [
            opened.enter_context(pq.ParquetFile(path, memory_map=True, read_dictionary=_DICTIONARIES)) for path in paths
        ]
        place = SCHEMA.names.index("time")
        begins = sorted(
            (file.metadata.row_group(at).column(place).statistics.min, number, at)
            for number, file in enumerate(files)
            for at in range(file.num_row_groups)
        )
        bounds: list[int | None] = [begin for begin, _, _ in begins[1:]]
        for (_, number, at), bound in zip(begins, [*bounds, None], strict=True):
            yield files[number].read_row_group(at, use_threads=False).cast(SCHEMA), bound


def _ready(tables: list[pa.Table], bound: int | None) -> int:
    """How many records nothing that follows `bound` can come before."""
    if bound is None:
        return sum(map(len, tables))
    return sum(int(np.count_nonzero(numbers_of(table, "time") < bound)) for table in tables)


def _by_time(tables: list[pa.Table], bound: int | None) -> tuple[pa.Table, int]:
    """All records by time, and how many of them are ready."""
    joined = pa.concat_tables(tables).unify_dictionaries().combine_chunks()
    times: Any = numbers_of(joined, "time")
    places = np.argsort(times, kind="stable")
    ready = len(places) if bound is None else int(np.searchsorted(times[places], bound))
    return joined.take(pa.array(places)), ready
