"""Where matches are, found by few columns, so that whole records are read there alone. Pure."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import pyarrow as pa

MOST_PLACES: Final = 300
"""Where there are more, whole records are read at once."""


class Place(NamedTuple):
    """A record's time, spool and position, which places are in the order of; the path of its file, and its row there, from 0."""

    unix_nano: int
    spool: int
    position: int
    path: str
    row: int


def places_of(table: pa.Table) -> list[Place]:
    """What a statement for places found."""
    return list(map(Place, *(column.to_pylist() for column in table.columns)))


def condition_of(places: Sequence[Place]) -> str:
    """What DuckDB skips row groups by, by times, and then pages, by rows. Of the few rows that are left, some may be others."""
    times, rows = {place.unix_nano for place in places}, {place.row for place in places}
    return f"time IN ({_listed(times)}) AND file_row_number IN ({_listed(rows)})"


def _listed(numbers: set[int]) -> str:
    return ", ".join(map(str, sorted(numbers)))
