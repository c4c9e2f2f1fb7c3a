"""Reads what the store holds of some flushes and a tail has not dealt with, in the order of storing and at the client's pace."""

from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from logmesh.filters.ast import Node
from logmesh.live.frames import FRAME_BYTES
from logmesh.store.errors import TooSlow
from logmesh.store.flushes import Flush, StoredAt
from logmesh.store.store import Store
from logmesh.v1.record_pb2 import LogRecord

_PART_RECORDS: Final = 250
_PART_BYTES: Final = 256 << 10
_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Page:
    """Records, serialised, and the place of the last one."""

    records: list[bytes]
    after: StoredAt


class Loader:
    """What one tail reads of the store. Methods raise StoreError."""

    def __init__(self, store: Store, tenant: str, node: Node) -> None:
        self._store, self._tenant, self._filter = store, tenant, node

    async def pages(self, flushes: Sequence[Flush], after: StoredAt) -> AsyncGenerator[Page, None]:
        """Yield the matching records of flushes beyond a place. Nothing of the store is held while a page is dealt with."""
        left = sorted(flush for flush in flushes if flush.received >= after.received)
        together = len(left)
        while left:
            some = _first(left, together)
            try:
                part = await self._store.stored(
                    self._tenant, self._filter, some, after, _PART_RECORDS, max_bytes=_PART_BYTES, seconds=_SECONDS
                )
            except TooSlow:
                if together == 1:
                    raise
                together = max(1, len(some) // 8)
                continue
            for page in _pages(part.records):
                after = page.after
                yield page
            if part.whole:
                del left[: len(some)]
                together *= 2


def _first(flushes: Sequence[Flush], most: int) -> Sequence[Flush]:
    """The first flushes, at most so many but for those that were stored in one moment, whose records are mixed."""
    end = most
    while end < len(flushes) and flushes[end].received == flushes[end - 1].received:
        end += 1
    return flushes[:end]


def _pages(found: Iterable[tuple[StoredAt, LogRecord]]) -> Iterator[Page]:
    """Records as pages that a message can hold."""
    records: list[bytes] = []
    size, last = 0, StoredAt()
    for last, record in found:
        records.append(record.SerializeToString())
        size += len(records[-1])
        if size >= FRAME_BYTES:
            yield Page(records, last)
            records, size = [], 0
    if records:
        yield Page(records, last)
