"""Values of batches as Arrow arrays, in the order of a file's rows: no look at each of them in Python, which would cost more than all
else."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from logmesh.lake.layout import Places


def joined(parts: Sequence[Sequence[bytes]]) -> pa.ChunkedArray:
    """Texts that are UTF-8, of some batches, one batch after the other: for `texts`."""
    return pa.chunked_array([pa.array(part, pa.binary()) for part in parts], pa.binary())


def texts(whole: pa.ChunkedArray, rows: Places, *, empty_is_null: bool = False) -> pa.Array:
    """A column of those at these places."""
    picked = whole.take(pa.array(rows)).combine_chunks()
    _, offsets, data = picked.buffers()
    lengths = np.diff(np.frombuffer(offsets, np.int32, len(rows) + 1))
    validity = _validity(lengths > 0) if empty_is_null else None
    return pa.Array.from_buffers(pa.string(), len(rows), [validity, offsets, data])


def ids(packed: bytes, rows: Places, width: int) -> pa.Array:
    """A column of ids of `width` bytes each, 8 or 16, null where one is all zeros; of nulls where there is none at all."""
    if not packed:
        return pa.nulls(len(rows), pa.binary())
    picked = np.frombuffer(packed, f"V{width}").take(rows)
    words = picked.view("<u8").reshape(-1, width // 8)
    there = (words[:, 0] | words[:, -1]) != 0
    offsets = np.zeros(len(rows) + 1, np.int32)
    np.cumsum(there * np.int32(width), out=offsets[1:])
    return pa.Array.from_buffers(
        pa.binary(), len(rows), [_validity(there), pa.py_buffer(offsets), pa.py_buffer(picked[there].tobytes())]
    )


def few(values: list[str], places: Any, *, empty_is_null: bool) -> pa.Array:
    """A dictionary column of `values` by row. Each is in the dictionary once: Parquet writes one that repeats a value as plain text."""
    known: dict[str, int] = {}
    numbers = np.array([known.setdefault(value, len(known)) for value in values], np.int32)[places]
    empty = known.get("", -1) if empty_is_null else -1
    mask = numbers == empty if empty >= 0 else None
    return pa.DictionaryArray.from_arrays(pa.array(numbers, mask=mask), pa.array(list(known), pa.string()))


def _validity(there: Any) -> pa.Buffer | None:
    return None if there.all() else pa.py_buffer(np.packbits(there, bitorder="little"))
