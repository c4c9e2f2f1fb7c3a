"""In which order a file has its rows: row groups follow each other in time, and within one rows are sorted by service, then time.

So a question about a time opens few row groups, one about a service reads few pages of each, and either compresses better than it would
alone.
"""

from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from logmesh.lake.schema import ROW_GROUP_BYTES, ROW_GROUP_ROWS

Places: TypeAlias = "np.ndarray[tuple[int], np.dtype[np.int64]]"


def row_groups(
    times: Any, services: Any, count: int, sizes: Any | None = None, *, before: int | None = None
) -> tuple[list[Places], Places]:
    """Places of rows by row group, in a file's order. `services` are places among `count` names in order, `sizes` bytes by row, None
    where all have room in one row group.

    Where more rows will follow, none of them `before` that time, only row groups that these can't be in; then the places of all others.
    """
    places = np.argsort(times, kind="stable")
    sure = len(places) if before is None else int(np.searchsorted(times, before, sorter=places))
    ends = _ends(sure, None if sizes is None else sizes[places])
    if before is None and (ends or [0])[-1] < sure:
        ends.append(sure)
    ranks = services.astype(np.uint16) if count <= 1 << 16 else services  # sorted by digits
    parts = [places[begin:end] for begin, end in zip([0, *ends], ends, strict=False)]
    return [part[np.argsort(ranks[part], kind="stable")] for part in parts], places[ends[-1] if ends else 0 :]


def _ends(rows: int, sizes: Any | None) -> list[int]:
    """Where row groups end that have no room for the row behind them; nothing is known behind the last."""
    if sizes is None:
        return list(range(ROW_GROUP_ROWS, rows + 1, ROW_GROUP_ROWS))
    reached = np.cumsum(sizes[:rows])
    ends = [0]
    while (begin := ends[-1]) < rows:
        limit = ROW_GROUP_BYTES + (int(reached[begin - 1]) if begin else 0)
        end = max(int(np.searchsorted(reached, limit, side="right")), begin + 1)
        if end >= rows and rows < begin + ROW_GROUP_ROWS:
            break
        ends.append(min(end, begin + ROW_GROUP_ROWS))
    return ends[1:]


def in_row_groups(table: pa.Table) -> list[pa.Table]:
    """A table by row group, in a file's order."""
    names, services = services_of(table)
    groups, _ = row_groups(numbers_of(table, "time"), services, len(names), sizes_of(table))
    return [table.take(pa.array(places)).combine_chunks() for places in groups]


def sizes_of(table: pa.Table) -> Any | None:
    """By row how many bytes its texts have, those of dictionaries aside; None where all have room in one row group."""
    texts = [column for column in table.columns if pa.types.is_string(column.type)]
    if sum(column.nbytes for column in texts) <= ROW_GROUP_BYTES:
        return None
    return sum(pc.fill_null(pc.binary_length(column), 0).to_numpy() for column in texts)


def numbers_of(table: pa.Table, name: str) -> Any:
    """A column of numbers without nulls."""
    return _whole(table[name]).to_numpy()


def services_of(table: pa.Table) -> tuple[list[str], Any]:
    """Names of services in order, and by row a place among them."""
    column = _whole(table["service"])
    values: list[str] = column.dictionary.to_pylist()
    names = sorted(values)
    places = {name: place for place, name in enumerate(names)}
    ranks = np.array([places[name] for name in values], np.int64)
    return names, ranks[column.indices.to_numpy()]


def trace_ids_of(table: pa.Table) -> bytes:
    """Trace ids of those records that have one, one after the other."""
    column = _whole(table["trace_id"])
    if column.null_count == len(column):
        return b""
    there = column.drop_null()  # whose ids follow each other without a gap
    _, offsets, ids = there.buffers()
    ends = np.frombuffer(offsets, np.int32)[there.offset : there.offset + len(there) + 1]
    return bytes(memoryview(ids)[ends[0] : ends[-1]])


def _whole(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
