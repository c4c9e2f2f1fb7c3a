"""How many rows to fetch at once: few at first, so that the first one comes soon, then more, as far as their size allows. Pure."""

from collections.abc import Sequence
from typing import Any, Final

_FIRST: Final = 16
_MOST: Final = 64
"""Large rows may follow small ones: then this many of up to 320 KiB are fetched once, by each connection for queries."""
_BYTES: Final = 4 << 20
"""What the rows of one fetch may take where those before tell how large they are."""


class Steps:
    """The sizes of one statement's fetches."""

    def __init__(self) -> None:
        self.rows = _FIRST
        """How many rows to fetch next."""
        self._largest = 1

    def took(self, rows: Sequence[Any]) -> None:
        """Fit the next fetch to the largest of these rows and of those before."""
        self._largest = max(self._largest, *map(size_of_row, rows))
        self.rows = max(1, min(_MOST, self.rows * 2, _BYTES // self._largest))


def size_of_row(row: Any) -> int:
    """About what a row of search.sql takes."""
    return len(row["body"]) + len(row["attributes"] or "")
