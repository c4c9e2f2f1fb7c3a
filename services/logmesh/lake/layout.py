"""In which order a file has its rows: row groups follow each other in time, and within one rows are sorted by service, then time.

So a question about a time opens few row groups, one about a service reads few pages of each, and either compresses better than it would
alone.
"""

from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa

from logmesh.lake.schema import ROW_GROUP_ROWS

Places: TypeAlias = "np.ndarray[tuple[int], np.dtype[np.int64]]"


def order(times: Any, services: Any, count: int) -> Places:
    """Places of rows in a file's order; `services` are places among `count` names in order."""
    places = np.argsort(times, kind="stable")
    ranks = services[places]
    if count <= 1 << 16:
        ranks = ranks.astype(np.uint16)  # sorted by digits
    for begin in range(0, len(places), ROW_GROUP_ROWS):
        part = slice(begin, begin + ROW_GROUP_ROWS)
        places[part] = places[part][np.argsort(ranks[part], kind="stable")]
    return places


def ordered(table: pa.Table) -> pa.Table:
    """A table in a file's order."""
    names, services = services_of(table)
    return table.take(pa.array(order(numbers_of(table, "time"), services, len(names)))).combine_chunks()


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
