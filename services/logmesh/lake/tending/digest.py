"""A digest of records, whatever their order and file: all columns of each, its attributes as the text that columns stand for.

It is taken of what goes into a merge, and by the engine that answers questions of what lies on the disk. Columns of attributes are
written as a text by it, and not by who reads records, so that either proves the other.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import duckdb
import orjson
import pyarrow as pa

from logmesh.lake.attribute_columns import AttributeColumn, column_name
from logmesh.lake.schema import SCHEMA


class Digest(NamedTuple):
    """How many records, and a sum over all that is in each."""

    rows: int = 0
    total: int = 0

    def plus(self, other: "Digest") -> "Digest":
        """Of both's records."""
        return Digest(self.rows + other.rows, self.total + other.total)


def digest_table(duck: duckdb.DuckDBPyConnection, table: pa.Table, columns: Sequence[AttributeColumn]) -> Digest:
    """Of a table with the columns of `SCHEMA` and these. Raises duckdb.Error."""
    duck.register("records", table)
    try:
        return _digest(duck, "records", [], columns)
    finally:
        duck.unregister("records")


def digest_file(duck: duckdb.DuckDBPyConnection, path: Path, columns: Sequence[AttributeColumn]) -> Digest:
    """Of a file that has them. Raises duckdb.Error."""
    return _digest(duck, "read_parquet($1)", [str(path)], columns)


def _digest(
    duck: duckdb.DuckDBPyConnection, source: str, parameters: list[str], columns: Sequence[AttributeColumn]
) -> Digest:
    texts, parameters = _texts(columns, parameters)
    said = ", ".join(texts if field.name == "attributes" else _plain(field) for field in SCHEMA)
    statement = f"SELECT count(*), coalesce(sum(hash({said})), 0) FROM {source}"  # noqa: S608 - names are ours
    return Digest(*duck.execute(statement, parameters).fetchall()[0])


def _plain(field: pa.Field) -> str:
    # A dictionary's values hash otherwise than texts.
    return f"{field.name}::VARCHAR" if pa.types.is_dictionary(field.type) else field.name


def _texts(columns: Sequence[AttributeColumn], parameters: list[str]) -> tuple[str, list[str]]:
    """The text of a record's attributes."""
    if not columns:
        return "attributes", parameters
    parameters = parameters.copy()

    def bind(text: str) -> str:
        parameters.append(text)
        return f"${len(parameters)}"

    names = [column_name(place) for place in range(len(columns))]
    keys = [orjson.dumps(key).decode() for key, _, _ in columns]
    marks = ['"' if kind == "text" else "" for _, kind, _ in columns]
    members = [
        f"{bind(f'{key}:{mark}')} || {name} || '{mark}'" for key, mark, name in zip(keys, marks, names, strict=True)
    ]
    # Most records have all of them: what stands between is one text then.
    between = [f"{before},{key}:{mark}" for before, key, mark in zip(["", *marks], keys, marks, strict=False)]
    joined = ", ".join(
        f"{bind(text)}, {name}" for text, name in zip(["{" + between[0][1:], *between[1:]], names, strict=True)
    )
    return (
        f"CASE WHEN attributes IS NOT NULL THEN attributes WHEN {' AND '.join(f'{name} IS NOT NULL' for name in names)}"
        f" THEN concat({joined}, {bind(marks[-1] + '}')}) WHEN coalesce({', '.join(f'{name}::VARCHAR' for name in names)}) IS NOT NULL"
        f" THEN '{{' || concat_ws(',', {', '.join(members)}) || '}}' END"
    ), parameters
