"""Hot rows as the table of a file."""

from collections.abc import Sequence
from typing import Any

import asyncpg
import pyarrow as pa

from logmesh.lake.layout import in_row_groups
from logmesh.lake.schema import SCHEMA
from logmesh.record.json_text import dump_json, load_exact_json

_JSON = ("resource", "attributes", "extra", "origin_extra")


def tables_of(rows: "Sequence[asyncpg.Record]") -> list[pa.Table]:
    """Rows of list_hot_rows.sql as a file has them, by row group. What jsonb wrote its own way is brought into the one form again."""
    columns: dict[str, list[Any]] = {
        name: list(column) for name, column in zip(SCHEMA.names, zip(*rows, strict=True), strict=True)
    }
    for name in _JSON:
        columns[name] = _formed(columns[name])
    table = pa.table([_array(columns[field.name], field) for field in SCHEMA], schema=SCHEMA)
    return in_row_groups(table)


def _formed(texts: list[str | None]) -> list[str | None]:
    """In the one form of `writing.attributes`, by what brings a text into it that is known to be well. Many records say the same."""
    forms = {text: dump_json(load_exact_json(text.encode())).decode() for text in set(texts) if text is not None}
    return [None if text is None else forms[text] for text in texts]


def _array(values: list[Any], field: pa.Field) -> pa.Array:
    if pa.types.is_dictionary(field.type):
        return pa.array(values, pa.string()).dictionary_encode()
    return pa.array(values, field.type)
