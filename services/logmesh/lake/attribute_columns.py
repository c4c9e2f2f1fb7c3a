"""Attributes that have a column of their own in a merged file, and the text that such columns stand for.

A file's list of them is in the catalog and in its footer. Its columns are `a0`, `a1`, … in the list's order, for DuckDB's names ignore
case and an attribute's may be any text. A value is in its column where it is of the column's kind, else the column is null there.
A record whose attributes the columns say to the byte, as `attribute_texts` writes them, has no text; any other keeps the whole of its
text beside them. It has no attributes where all of these are null.
"""

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple, TypeAlias, cast

import orjson
import pyarrow as pa
import pyarrow.compute as pc

Kind: TypeAlias = Literal["text", "int", "double", "bool"]
TYPES: Final[dict[Kind, pa.DataType]] = {
    "text": pa.string(),  # without a quotation mark, a backslash and control characters: JSON writes it as it is
    "int": pa.int64(),  # of 18 digits at most
    "double": pa.float64(),
    "bool": pa.bool_(),
}
_END: Final = 2**31 - 1


class AttributeColumn(NamedTuple):
    """An attribute's key, the kind of its values in the column, and how many records have the key with a value that is not there: where
    none has, the column says all of the key."""

    key: str
    kind: Kind
    others: int


def column_name(place: int) -> str:
    """What a file calls the column at this place of its list."""
    return f"a{place}"


def read_columns(text: str | bytes) -> tuple[AttributeColumn, ...]:
    """The list, as the catalog and a footer have it."""
    return tuple(AttributeColumn(key, kind, others) for key, kind, others in orjson.loads(text))


def write_columns(columns: Sequence[AttributeColumn]) -> bytes:
    """The inverse of `read_columns`."""
    return orjson.dumps([list(column) for column in columns])


def attribute_texts(columns: Sequence[AttributeColumn], values: Sequence[pa.Array], texts: pa.Array) -> pa.Array:
    """By record the JSON text of its attributes, null for none: its own where it has one, and else what the columns' `values` say, with
    keys in the order of the list. All of the same length; chunked arrays do, too."""
    if not columns:
        return texts
    members = [_members(column, array) for column, array in zip(columns, values, strict=True)]
    # Not with "skip" and commas between: a record without any would be left out of the result.
    joined = pc.binary_join_element_wise("{", *members, "", null_handling="replace", null_replacement="")
    closed = pc.binary_replace_slice(joined, -1, _END, "}")  # in place of the last comma
    return pc.coalesce(texts, pc.if_else(pc.equal(closed, "}"), pa.scalar(None, pa.string()), closed))


def _members(column: AttributeColumn, values: pa.Array) -> pa.Array:
    """`"key":value,` by record, null where there is no value."""
    key = orjson.dumps(column.key).decode()
    if column.kind == "text":
        return pc.binary_join_element_wise(f'{key}:"', values, '",', "")
    return pc.binary_join_element_wise(f"{key}:", _numbers(column.kind, values), ",", "")


def _numbers(kind: Kind, values: pa.Array) -> pa.Array:
    if kind != "double":
        return cast(pa.Array, values.cast(pa.string()))
    places = values.dictionary_encode()
    if isinstance(places, pa.ChunkedArray):
        places = places.unify_dictionaries().combine_chunks()
    written = [orjson.dumps(value).decode() for value in places.dictionary.to_pylist()]
    return pa.array(written, pa.string()).take(places.indices)
