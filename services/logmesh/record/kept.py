"""The entries of a batch that are stored, as columns: what is left of it once it is checked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from logmesh.v1.record_pb2 import LogColumns

Entries: TypeAlias = "np.ndarray[tuple[int], np.dtype[np.int64]]"
"""By row, its place in the batch."""


@dataclass(slots=True)
class Kept:
    """The columns of the entries that are stored: `bodies`, `attributes` (empty where there are none) and `severities`, a byte each, as
    they are stored; the others are in `columns`, at the places `at` (None: all of them)."""

    columns: LogColumns
    entries: Entries
    bodies: Sequence[bytes]
    attributes: Sequence[bytes]
    severities: bytes
    at: list[int] | None = None
    texts: int = 0  # how many have attributes that are kept as their text
    checked: bool = False  # whether each was looked at by itself, and mended

    def without(self, bad: Iterable[int]) -> "Kept":
        """Those that are left without the rows `bad`."""
        left = sorted(set(range(len(self.bodies))).difference(bad))
        return Kept(
            self.columns,
            self.entries[left],
            [self.bodies[i] for i in left],
            [self.attributes[i] for i in left],
            select(self.severities, 1, left),
            left if self.at is None else [self.at[i] for i in left],
            self.texts,
            self.checked,
        )

    def packed(self, column: bytes, width: int) -> bytes:
        """The kept entries of a column of `width` bytes each; an empty column stays empty."""
        return column if self.at is None else select(column, width, self.at)


def select(packed: bytes, width: int, at: Sequence[int] | None) -> bytes:
    """Of a column of `width` bytes each, those at these places; None: all."""
    if at is None or not packed:
        return packed
    return b"".join([packed[i * width : (i + 1) * width] for i in at])
