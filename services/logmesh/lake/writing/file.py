"""Tables as a file: it is whole, and what it holds is on the disk, when this returns.

DuckDB reads a damaged file and answers wrongly without a word, so that each has a checksum, kept where the file is named.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

import google_crc32c
import pyarrow as pa
import pyarrow.parquet as pq

from logmesh.lake.attribute_columns import AttributeColumn, write_columns
from logmesh.lake.folder import make_folder
from logmesh.lake.schema import (
    COLUMNS,
    INCARNATION,
    LEVEL,
    ROW_GROUP_ROWS,
    TENANT,
    ColumnLayout,
    parquet_options,
    schema_with,
)


@dataclass(frozen=True, slots=True)
class Footer:
    """What a file says of itself: whose records it has, of which database's spools, and how often they were merged. For people: the
    catalog is what programs ask."""

    tenant: str
    incarnation: str
    level: int = 0


@dataclass(frozen=True, slots=True)
class Written:
    """A file that is durable: its size in bytes, and the CRC32C of all of them."""

    size: int
    crc32c: int


class WithColumns(Protocol):
    """Which attributes have columns. How these are laid out is known from the beginning, how much they say once all tables passed."""

    @property
    def layouts(self) -> Sequence[ColumnLayout]: ...
    @property
    def columns(self) -> Sequence[AttributeColumn]: ...


def write_file(
    path: Path, tables: Iterable[pa.Table], footer: Footer, traces: int, attributes: WithColumns | None = None
) -> Written:
    """Write tables with the columns of `schema.SCHEMA`, and those of `attributes` behind them, in a file's order: one, or one a row
    group. A row group has about so many `traces`. The file's name is durable once its folder is synchronised.

    Blocking. Raises FileExistsError, for nothing is written over, before it takes a table; and OSError, or what the tables raise, with
    nothing left at `path` as far as the disk allows.
    """
    layouts = attributes.layouts if attributes else ()
    make_folder(path.parent)
    with path.open("xb") as file:
        try:
            summed = _Summed(file)
            schema = schema_with(layout.kind for layout in layouts)
            options = parquet_options(traces, footer.level, layouts)
            with pq.ParquetWriter(pa.PythonFile(summed, "w"), schema, **options) as writer:
                for table in tables:
                    writer.write_table(table, row_group_size=ROW_GROUP_ROWS)
                writer.add_key_value_metadata(_said(footer, attributes.columns if attributes else ()))
            file.flush()
            os.fdatasync(file.fileno())
        except BaseException:
            path.unlink()
            raise
    return Written(summed.size, summed.crc32c)


class _Summed:
    """A file to be written, and the checksum of what was; as much of the interface of files as pyarrow asks for."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = self.crc32c = 0
        self.closed = False

    def write(self, piece: bytes) -> int:
        self.crc32c = google_crc32c.extend(self.crc32c, piece)
        self.size += len(piece)
        return self._file.write(piece)

    def flush(self) -> None:
        """What is written is synchronised once, at the end."""

    def close(self) -> None:
        self.closed = True


def _said(footer: Footer, columns: Sequence[AttributeColumn]) -> dict[str, str]:
    return {
        TENANT: footer.tenant,
        INCARNATION: footer.incarnation,
        LEVEL: str(footer.level),
        COLUMNS: write_columns(columns).decode(),
    }
