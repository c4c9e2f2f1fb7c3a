"""Files as they lie on the disk: read back by pyarrow and by DuckDB, whose checksum tells one flipped bit."""

import random
from collections import deque
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import google_crc32c
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from logmesh.lake.attribute_columns import AttributeColumn, read_columns
from logmesh.lake.folder import path_of
from logmesh.lake.schema import PAGE_ROWS, ROW_GROUP_ROWS, SCHEMA, ColumnLayout
from logmesh.lake.writing.file import Footer, write_file
from logmesh.lake.writing.filing import file_tables

ROWS = ROW_GROUP_ROWS + 5_000
FOOTER = Footer("acme", "1-2-3-4")


def table(rows: int, *, traced: bool = True) -> pa.Table:
    def few(values: list[str]) -> pa.Array:
        return pa.array([values[at % len(values)] for at in range(rows)]).dictionary_encode()

    columns: dict[str, Any] = {
        "time": range(rows),
        "received": [5] * rows,
        "original_time_unix_nano": [None] * rows,
        "severity": [at % 25 for at in range(rows)],
        "severity_text": pa.nulls(rows, SCHEMA.field("severity_text").type),
        "service": few(["api", "checkout", "é"]),
        "instance": few([""]),
        "resource": few(["{}", '{"k8s.pod":"x"}']),
        "scope_name": few([""]),
        "scope_version": few([""]),
        "origin_extra": pa.nulls(rows, SCHEMA.field("origin_extra").type),
        "body": [f"request {at} took {at * 7919 % 1000} ms\0é" for at in range(rows)],
        "attributes": [f'{{"n":{at}}}' if at % 3 else None for at in range(rows)],
        "extra": [None] * rows,
        "trace_id": [at.to_bytes(16, "big") if traced and at % 2 else None for at in range(rows)],
        "span_id": [None] * rows,
        "spool": [7] * rows,
        "position": range(rows),
    }
    return pa.table([columns[name] for name in SCHEMA.names], schema=SCHEMA)


def test_both_readers_read_what_was_written(tmp_path: Path) -> None:
    written = table(ROWS)
    path = tmp_path / "acme" / "2026" / "1.parquet"
    result = write_file(path, [written], FOOTER, 500)
    assert (result.size, result.crc32c) == (path.stat().st_size, google_crc32c.value(path.read_bytes()))
    read = pq.read_table(path, page_checksum_verification=True)
    assert read.to_pylist() == written.to_pylist()
    with duckdb.connect() as connection:
        rows = connection.execute("FROM read_parquet($1) ORDER BY position", [str(path)]).fetchall()
    assert rows == [tuple(row.values()) for row in written.to_pylist()]


@pytest.mark.parametrize("level", [0, 1])
def test_a_file_is_laid_out_as_the_schema_says(tmp_path: Path, level: int) -> None:
    path = tmp_path / "1.parquet"
    write_file(path, [table(ROWS)], replace(FOOTER, level=level), 500)
    parquet = pq.ParquetFile(path)
    groups = [parquet.metadata.row_group(at) for at in range(parquet.num_row_groups)]
    assert [group.num_rows for group in groups] == [ROW_GROUP_ROWS, 5_000]
    columns = {groups[0].column(at).path_in_schema: groups[0].column(at) for at in range(groups[0].num_columns)}
    assert ("DELTA_LENGTH_BYTE_ARRAY" in columns["body"].encodings) == (level > 0)
    assert not columns["body"].is_stats_set
    assert "DELTA_BINARY_PACKED" in columns["time"].encodings and columns["time"].statistics.max == ROW_GROUP_ROWS - 1
    assert "RLE_DICTIONARY" in columns["service"].encodings
    assert columns["trace_id"].bloom_filter_length and not columns["span_id"].bloom_filter_length
    assert all(column.has_offset_index == (level > 0) for column in columns.values())
    assert ROW_GROUP_ROWS % PAGE_ROWS == 0


def test_a_footer_says_whose_records_these_are(tmp_path: Path) -> None:
    path = tmp_path / "1.parquet"
    write_file(path, [table(10)], FOOTER, 500)
    said = pq.read_metadata(path).metadata
    assert said[b"logmesh.tenant"] == b"acme" and said[b"logmesh.incarnation"] == b"1-2-3-4"
    assert said[b"logmesh.level"] == b"0"


def test_a_file_without_traces_has_no_bloom_filter(tmp_path: Path) -> None:
    path = tmp_path / "1.parquet"
    write_file(path, [table(10, traced=False)], FOOTER, 500)
    assert pq.read_table(path)["trace_id"].null_count == 10


def test_traces_have_a_bloom_filter_wherever_they_begin(tmp_path: Path) -> None:
    tables = [table(20, traced=False), table(ROW_GROUP_ROWS)]
    made = file_tables(tables, FOOTER, tmp_path, deque([1]))
    groups = pq.read_metadata(path_of(tmp_path, FOOTER.incarnation, made.file))
    place = SCHEMA.names.index("trace_id")
    lengths = [groups.row_group(at).column(place).bloom_filter_length for at in range(2)]
    assert lengths[1] > ROW_GROUP_ROWS / 2, "ten bits for each"


def test_ids_have_bloom_filters_and_few_values_dictionaries(tmp_path: Path) -> None:
    @dataclass
    class Laid:
        layouts: list[ColumnLayout]
        columns: list[AttributeColumn]

    layouts = [
        ColumnLayout("text", 20_000),
        ColumnLayout("text", 5),
        ColumnLayout("int", 20_000),
        ColumnLayout("bool", 2),
    ]
    columns = [AttributeColumn(f"key {at}", layout.kind, at) for at, layout in enumerate(layouts)]
    written = table(5_000)
    values = [
        pa.array([at if kind == "int" else at % 2 == 0 if kind == "bool" else f"v{at}" for at in range(5_000)])
        for kind, _ in layouts
    ]
    for at, value in enumerate(values):
        written = written.append_column(f"a{at}", value)
    path = tmp_path / "1.parquet"
    write_file(path, [written], replace(FOOTER, level=1), 500, Laid(layouts, columns))
    metadata = pq.read_metadata(path)
    assert read_columns(metadata.metadata[b"logmesh.columns"]) == tuple(columns)
    found = [metadata.row_group(0).column(len(SCHEMA) + at) for at in range(4)]
    assert [bool(column.bloom_filter_length) for column in found] == [True, False, True, False]
    assert ["RLE_DICTIONARY" in column.encodings for column in found] == [False, True, False, False]
    assert "DELTA_LENGTH_BYTE_ARRAY" in found[0].encodings and "DELTA_BINARY_PACKED" in found[2].encodings
    with duckdb.connect() as connection:
        assert connection.execute(
            "SELECT a0, a1, a2, a3 FROM read_parquet($1) WHERE a2 = 7", [str(path)]
        ).fetchall() == [("v7", "v7", 7, False)]


def test_nothing_is_written_over(tmp_path: Path) -> None:
    path = tmp_path / "1.parquet"
    write_file(path, [table(10)], FOOTER, 500)
    with pytest.raises(FileExistsError):
        write_file(path, [table(20)], FOOTER, 500)
    assert pq.read_metadata(path).num_rows == 10


def test_the_checksum_tells_any_flipped_bit(tmp_path: Path) -> None:
    path = tmp_path / "1.parquet"
    written = write_file(path, [table(5_000)], FOOTER, 500)
    content = bytearray(path.read_bytes())
    chance = random.Random(7)
    for _ in range(500):
        at, bit = chance.randrange(len(content)), 1 << chance.randrange(8)
        content[at] ^= bit
        assert google_crc32c.value(bytes(content)) != written.crc32c
        content[at] ^= bit
