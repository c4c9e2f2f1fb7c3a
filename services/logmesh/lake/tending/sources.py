"""Files that are merged: which of their attributes have columns, a sample of their records, and their row groups in time."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final, Self, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from logmesh.lake.attribute_columns import AttributeColumn, attribute_texts, column_name, read_columns
from logmesh.lake.schema import COLUMNS, SCHEMA, schema_with
from logmesh.lake.tending.choosing import Chosen, Object, choose, unite
from logmesh.record.json_text import load_exact_json

Columns: TypeAlias = tuple[AttributeColumn, ...]
_DICTIONARIES: Final = [field.name for field in SCHEMA if pa.types.is_dictionary(field.type)]
_SAMPLED_FILES: Final = 4
_SAMPLED_RECORDS: Final = 256
"""Of each of these files."""


class Sources:
    """The files at these paths, open."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._opened = ExitStack()
        self._files = [
            self._opened.enter_context(pq.ParquetFile(path, memory_map=True, read_dictionary=_DICTIONARIES))
            for path in paths
        ]
        self.columns: list[Columns] = [
            read_columns(file.metadata.metadata.get(COLUMNS.encode(), b"[]")) for file in self._files
        ]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def choose(self, most: int) -> list[Chosen]:
        """The attributes that get columns in what is made of these files, `most` of them: those that have one in any, or else by a
        sample."""
        objects = self._sample() if most else []
        return unite(self.columns, objects, most) if any(self.columns) else choose(objects, most)

    def in_time(self) -> Iterator[tuple[pa.Table, Columns, int | None]]:
        """Row groups by their first time, each with its file's columns and the first time of all that follow; None behind the last."""
        place = SCHEMA.names.index("time")
        begins = sorted(
            (file.metadata.row_group(at).column(place).statistics.min, number, at)
            for number, file in enumerate(self._files)
            for at in range(file.num_row_groups)
        )
        bounds: list[int | None] = [begin for begin, _, _ in begins[1:]]
        schemas = [schema_with(kind for _, kind, _ in columns) for columns in self.columns]
        for (_, number, at), bound in zip(begins, [*bounds, None], strict=True):
            table = self._files[number].read_row_group(at, use_threads=False).cast(schemas[number])
            yield table, self.columns[number], bound

    def _sample(self) -> list[Object]:
        """Attributes of some records of some of the files."""
        objects: list[Object] = []
        step = max(1, len(self._files) // _SAMPLED_FILES)
        for file, columns in list(zip(self._files, self.columns, strict=True))[::step]:
            names = ["attributes", *map(column_name, range(len(columns)))]
            middle = [file.num_row_groups // 2]
            batch = next(file.iter_batches(_SAMPLED_RECORDS, middle, names, use_threads=False))
            values = [batch.column(name) for name in names]
            texts = attribute_texts(columns, values[1:], values[0]).drop_null().to_pylist()
            objects += [load_exact_json(text.encode()) for text in texts]
        return objects
