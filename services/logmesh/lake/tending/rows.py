"""Hot rows as the table of a file."""

from collections.abc import Sequence
from typing import Any

import asyncpg
import pyarrow as pa

from logmesh.lake.layout import in_row_groups
from logmesh.lake.schema import SCHEMA
from logmesh.lake.writing.attributes import one_form

_JSON = ("resource", "attributes", "extra", "origin_extra")


def tables_of(rows: "Sequence[asyncpg.Record]") -> list[pa.Table]:
    """Rows of list_hot_rows.sql as a file has them, by row group. What jsonb wrote its own way is brought into the one form again."""
    columns: dict[str, list[Any]] = {
        name: list(column) for name, column in zip(SCHEMA.names, zip(*rows, strict=True), strict=True)
    }
    for name in _JSON:
        formed = one_form([text.encode() if text else b"" for text in columns[name]], checked=range(len(rows)))
        columns[name] = [text.decode() or None for text in formed.texts]
    table = pa.table([_array(columns[field.name], field) for field in SCHEMA], schema=SCHEMA)
    return in_row_groups(table)


def _array(values: list[Any], field: pa.Field) -> pa.Array:
    if pa.types.is_dictionary(field.type):
        return pa.array(values, pa.string()).dictionary_encode()
    return pa.array(values, field.type)
