"""A file of the lake: its columns, how they are laid out and encoded, and what its footer says. The one place for all of it.

The columns are those of `logmesh.records`, but that a time is one number of nanoseconds and a file's tenant is its own. Dictionary
columns hold few values; JSON columns hold texts in their one form (`writing/attributes`).
"""

from typing import Any, Final

import pyarrow as pa

ROW_GROUP_ROWS: Final = 20_480
"""Rows of a row group. Each has a stretch of time for itself, and is sorted by service, then by time."""

PAGE_ROWS: Final = 2_048
"""Rows of a page of a merged file, by which an index names places; divides `ROW_GROUP_ROWS`."""

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

_ENCODINGS: Final = {
    **dict.fromkeys(("time", "received", "original_time_unix_nano", "spool", "position"), "DELTA_BINARY_PACKED"),
    **dict.fromkeys(("body", "attributes", "extra", "trace_id", "span_id"), "DELTA_LENGTH_BYTE_ARRAY"),
}
_FEW_VALUES: Final = [field.name for field in SCHEMA if field.name not in _ENCODINGS]
_STATISTICS: Final = ["time", "severity", "service", "spool", "position"]
_TRACE_FALSE_POSITIVES: Final = 0.01


def parquet_options(traced: int, level: int) -> dict[str, Any]:
    """How `pyarrow.parquet.ParquetWriter` writes a file of this level whose row groups have up to `traced` trace ids each.

    A flush's file lives for minutes, and is read whole: pages would take 3 of its 53 bytes a record, and a fifth of its writing.
    """
    return {
        "compression": "zstd",
        "compression_level": 1,
        "data_page_version": "2.0",
        "use_dictionary": _FEW_VALUES,
        "column_encoding": _ENCODINGS,
        "write_statistics": _STATISTICS,
        "write_page_index": level > 0,
        "write_page_checksum": True,
        "max_rows_per_page": PAGE_ROWS if level > 0 else None,
        "store_schema": False,  # readers but pyarrow warn of its dictionaries
        "bloom_filter_options": {"trace_id": {"ndv": traced, "fpp": _TRACE_FALSE_POSITIVES}} if traced else None,
    }
