"""Records that were made to be merged, as what a store found."""

from collections.abc import Iterator, Sequence
from typing import Final

from logmesh.record.sizes import size_of
from logmesh.store.joined.asking import place_of
from logmesh.store.order import Cursor
from logmesh.v1.record_pb2 import LogRecord

_MOST_AT_ONCE: Final = 64
MOST_BYTES: Final = 4 << 20
"""About what is held of a search at once."""


def parts_of(records: Sequence[LogRecord]) -> Iterator["FoundRecords"]:
    """Some at a time."""
    part: list[LogRecord] = []
    size = 0
    for record in records:
        part.append(record)
        size += size_of(record)
        if len(part) == _MOST_AT_ONCE or size > MOST_BYTES:
            yield FoundRecords(part, Cursor(*place_of(record)))
            part, size = [], 0
    if part:
        yield FoundRecords(part, Cursor(*place_of(part[-1])))


class FoundRecords:
    """Records that are made already; see `store.found.Found`."""

    def __init__(self, records: list[LogRecord], reached: Cursor) -> None:
        self._records = records
        self.reached = reached

    @property
    def size(self) -> int:
        """About how many bytes those take that are still there."""
        return sum(map(size_of, self._records))

    def __len__(self) -> int:
        return len(self._records)

    def records(self) -> Iterator[LogRecord]:
        """Each is let go when it is given."""
        self._records.reverse()
        while self._records:
            yield self._records.pop()
