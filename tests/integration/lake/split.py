"""Attributes taken out of their texts one by one, into the columns that a test names: what a merge does to many at once."""

from collections.abc import Sequence
from typing import Any, Final

import pyarrow as pa

from logmesh.lake.attribute_columns import TYPES, AttributeColumn, Kind, attribute_texts, column_name
from logmesh.record.json_text import load_exact_json

Keys = Sequence[tuple[str, Kind]]
_MOST_INT: Final = 10**18


def split(table: pa.Table, keys: Keys) -> tuple[pa.Table, list[AttributeColumn]]:
    """The table with columns of these attributes behind its own, and what is known of them."""
    texts = table["attributes"].to_pylist()
    objects = [load_exact_json(text.encode()) if text else {} for text in texts]
    columns, arrays = [], []
    for key, kind in keys:
        values = [each[key] if key in each and _fits(each[key], kind) else None for each in objects]
        others = sum(key in each for each in objects) - sum(value is not None for value in values)
        columns.append(AttributeColumn(key, kind, others))
        arrays.append(pa.array(values, TYPES[kind]))
    said = attribute_texts(columns, arrays, pa.nulls(len(texts), pa.string())).to_pylist()
    left = [None if text == of_columns else text for text, of_columns in zip(texts, said, strict=True)]
    place = table.schema.get_field_index("attributes")
    table = table.set_column(place, table.schema.field(place), pa.array(left, pa.string()))
    for place, array in enumerate(arrays):
        table = table.append_column(column_name(place), array)
    return table, columns


def _fits(value: Any, kind: Kind) -> bool:
    match value:
        case bool():
            return kind == "bool"
        case int():
            return kind == "int" and abs(value) < _MOST_INT
        case float():
            return kind == "double"
        case str():
            return kind == "text" and not any(char in '"\\' or char < " " for char in value)
        case _:
            return False
