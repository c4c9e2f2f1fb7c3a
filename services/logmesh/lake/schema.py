"""A file of the lake: its columns, how they are laid out and encoded, and what its footer says. The one place for all of it.

The columns are those of `logmesh.records`, but that a time is one number of nanoseconds and a file's tenant is its own. Dictionary
columns hold few values; JSON columns hold texts in their one form (`writing/attributes`).
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

import pyarrow as pa

from logmesh.lake.attribute_columns import TYPES, Kind, column_name

ROW_GROUP_ROWS: Final = 20_480
"""Rows of a row group at most. Each has a stretch of time for itself, and is sorted by service, then by time."""

ROW_GROUP_BYTES: Final = 16 << 20
"""About so many bytes its texts have at most, for who reads one holds 2,048 of its rows at once; a longer one has its own."""

PAGE_ROWS: Final = 4_096
"""Rows of a page of a merged file, by which an index names places; divides `ROW_GROUP_ROWS`."""

_FLUSHED_PAGE_BYTES: Final = 128 << 10
"""Of a flush's file, so that a page stays in the processor's cache while it is packed and unpacked: with twice as much, it takes
a tenth longer to write, for a fiftieth less bytes."""

_FEW: Final = pa.dictionary(pa.int32(), pa.string())

SCHEMA: Final = pa.schema(
    [
        pa.field("time", pa.int64(), nullable=False),  # nanoseconds since 1970
        pa.field("received", pa.int64(), nullable=False),  # the same, when a processor had logged the batch
        pa.field("original_time_unix_nano", pa.int64()),  # the time as it came, where it was too far ahead
        pa.field("severity", pa.int32(), nullable=False),  # 0 to 24
        pa.field("severity_text", _FEW),
        pa.field("service", _FEW, nullable=False),
        pa.field("instance", _FEW, nullable=False),  # empty: unknown
        pa.field("resource", _FEW, nullable=False),  # JSON object
        pa.field("scope_name", _FEW, nullable=False),  # empty: unknown
        pa.field("scope_version", _FEW, nullable=False),  # empty: unknown
        pa.field("origin_extra", _FEW),  # JSON object, see record/origin_more
        pa.field("body", pa.string(), nullable=False),
        pa.field("attributes", pa.string()),  # JSON object; null for none
        pa.field("extra", pa.string()),  # JSON object, see record/rare
        pa.field("trace_id", pa.binary()),  # 16 bytes
        pa.field("span_id", pa.binary()),  # 8 bytes
        pa.field("spool", pa.int64(), nullable=False),
        pa.field("position", pa.int64(), nullable=False),  # with the spool, the record's identity: record/ids
    ]
)

TENANT: Final = "logmesh.tenant"
INCARNATION: Final = "logmesh.incarnation"
LEVEL: Final = "logmesh.level"
"""How often its records were merged; 0 for a flush's file."""
COLUMNS: Final = "logmesh.columns"
"""Attributes that have columns, as `attribute_columns` writes the list; these columns follow those of `SCHEMA`."""

_ENCODINGS: Final = {
    **dict.fromkeys(("time", "received", "original_time_unix_nano", "spool", "position"), "DELTA_BINARY_PACKED"),
    **dict.fromkeys(("body", "attributes", "extra", "trace_id", "span_id"), "DELTA_LENGTH_BYTE_ARRAY"),
}
_FLUSHED_ENCODINGS: Final = {
    name: encoding for name, encoding in _ENCODINGS.items() if name not in ("body", "attributes")
}
"""Of a flush's file: texts with their lengths between them, as they come. To gather the lengths takes a fifteenth of writing, and costs
bytes here. DuckDB skips texts more quickly where they are gathered, so merged files have them so."""
_FEW_VALUES: Final = [field.name for field in SCHEMA if field.name not in _ENCODINGS]
_STATISTICS: Final = ["time", "severity", "service", "spool", "position"]
_OF_MANY: Final[dict[Kind, str]] = {"text": "DELTA_LENGTH_BYTE_ARRAY", "int": "DELTA_BINARY_PACKED"}
_LOOKED_FOR: Final = frozenset[Kind](("text", "int"))
"""Of these, where they are ids, one value is asked for: filters say which row groups may have it."""
_FALSE_POSITIVES: Final = 0.01
_ROWS_A_VALUE: Final = 16
"""A dictionary is worth its while where values come back so often."""


class ColumnLayout(NamedTuple):
    """How a column of attributes is written: of values of which kind, about how many different ones in a row group."""

    kind: Kind
    distinct: int


def schema_with(kinds: Iterable[Kind]) -> pa.Schema:
    """The columns of a file that has columns of attributes of these kinds."""
    more = [pa.field(column_name(place), TYPES[kind]) for place, kind in enumerate(kinds)]
    return pa.schema([*SCHEMA, *more])


def parquet_options(traced: int, level: int, layouts: Sequence[ColumnLayout] = ()) -> dict[str, Any]:
    """How `pyarrow.parquet.ParquetWriter` writes a file of this level whose row groups have up to `traced` trace ids each, with columns
    of attributes after `layouts`.

    A flush's file lives for minutes, and is read whole: pages of rows would take 3 of its 53 bytes a record, and a fifth of writing.
    """
    flushed = level == 0
    named = {column_name(place): layout for place, layout in enumerate(layouts)}
    many = {name: layout for name, layout in named.items() if layout.distinct * _ROWS_A_VALUE >= ROW_GROUP_ROWS}
    looked_for = {name: layout.distinct for name, layout in many.items() if layout.kind in _LOOKED_FOR}
    if traced:
        looked_for["trace_id"] = traced
    return {
        "compression": "zstd",
        "compression_level": 1,
        "data_page_version": "2.0",
        "use_dictionary": [
            *_FEW_VALUES,
            *(name for name, layout in named.items() if name not in many and layout.kind != "bool"),
        ],
        "column_encoding": {
            **(_FLUSHED_ENCODINGS if flushed else _ENCODINGS),
            **{name: _OF_MANY[layout.kind] for name, layout in many.items() if layout.kind in _OF_MANY},
        },
        "write_statistics": [
            *_STATISTICS,
            *(name for name, layout in named.items() if layout.kind in ("int", "double")),
        ],
        "write_page_index": not flushed,
        "write_page_checksum": True,
        "max_rows_per_page": None if flushed else PAGE_ROWS,
        "data_page_size": _FLUSHED_PAGE_BYTES if flushed else None,
        "store_schema": False,  # readers but pyarrow warn of its dictionaries
        "bloom_filter_options": {
            name: {"ndv": distinct, "fpp": _FALSE_POSITIVES} for name, distinct in looked_for.items()
        }
        or None,
    }
