"""Files of records with given attributes, and one that is merged of them, without a catalog."""

from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from logmesh.lake.attribute_columns import AttributeColumn, attribute_texts, read_columns
from logmesh.lake.folder import path_of
from logmesh.lake.layout import in_row_groups
from logmesh.lake.schema import COLUMNS, SCHEMA
from logmesh.lake.tending.digest import Digest, digest_file
from logmesh.lake.tending.merging import Merging
from logmesh.lake.tending.sources import Sources
from logmesh.lake.tending.splitting import Splitter
from logmesh.lake.writing.file import Footer
from logmesh.lake.writing.filing import file_tables

INCARNATION = "1-2-3-4"


class Merged(NamedTuple):
    """A merged file, what it says of its columns, and the digests of what went in and of what lies there."""

    path: Path
    columns: Sequence[AttributeColumn]
    read: Digest
    found: Digest


class Read(NamedTuple):
    """Of a file by position: texts of attributes, as `attribute_texts` makes them and as they lie there, and by column its values."""

    texts: dict[int, str | None]
    own: dict[int, str | None]
    values: list[dict[int, object]]


def write(
    root: Path,
    number: int,
    texts: Sequence[str | None],
    *,
    first: int = 0,
    identities: int = 0,
    bodies: Sequence[str] = (),
) -> Path:
    """A flush's file of records with these attributes, times from `first` on, positions from `identities` on."""
    count = len(texts)
    few = {name: pa.array([""] * count).dictionary_encode() for name in ("instance", "scope_name", "scope_version")}
    columns = {
        **few,
        "time": range(first, first + count),
        "received": [5] * count,
        "severity": [9] * count,
        "service": pa.array([f"s{at % 3}" for at in range(count)]).dictionary_encode(),
        "resource": pa.array(["{}"] * count).dictionary_encode(),
        "body": bodies or [f"line {at}" for at in range(count)],
        "attributes": texts,
        "spool": [1] * count,
        "position": range(identities, identities + count),
    }
    arrays = [pa.array(columns.get(field.name, [None] * count), field.type) for field in SCHEMA]
    table = pa.table(arrays, schema=SCHEMA)
    made = file_tables(in_row_groups(table), Footer("acme", INCARNATION), root, deque([number]))
    return path_of(root, INCARNATION, made.file)


def merge_files(root: Path, number: int, paths: Sequence[Path], *, level: int = 1, most: int = 8) -> Merged:
    """One file of these."""
    with Sources(paths) as sources, duckdb.connect(config={"threads": 1}) as duck:
        splitter = Splitter(duck, sources.choose(most))
        merging = Merging(duck, sources, splitter)
        footer = Footer("acme", INCARNATION, level)
        file_tables(merging.row_groups(), footer, root, deque([number]), traces=0, attributes=splitter)
        path = path_of(root, INCARNATION, number)
        return Merged(path, splitter.columns, merging.digest, digest_file(duck, path, splitter.columns))


def read(path: Path) -> Read:
    """What a file has."""
    with pq.ParquetFile(path) as file:
        columns = read_columns(file.metadata.metadata[COLUMNS.encode()])
        table = file.read()
    positions = table["position"].to_pylist()
    values = table.columns[len(SCHEMA) :]
    texts = attribute_texts(columns, values, table["attributes"])

    def by_position(column: pa.ChunkedArray | pa.Array) -> dict[int, object]:
        return dict(zip(positions, column.to_pylist(), strict=True))

    return Read(by_position(texts), by_position(table["attributes"]), list(map(by_position, values)))  # type: ignore[arg-type]
