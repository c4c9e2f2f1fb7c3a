"""What flushes stored, whichever of two stores their records are in."""

from collections.abc import Sequence

from logmesh.filters.ast import Node
from logmesh.record.sizes import size_of
from logmesh.store.flushes import Flush, StoredAt, StoredPart
from logmesh.store.joined.asking import AsksBoth, Deadline
from logmesh.store.microseconds import to_microseconds
from logmesh.store.time_range import TimeRange
from logmesh.v1.record_pb2 import LogRecord


class FlushedInBoth(AsksBoth):
    """Records in the order of storing."""

    async def stored(
        self,
        tenant: str,
        node: Node,
        flushes: Sequence[Flush],
        after: StoredAt,
        most: int,
        *,
        max_bytes: int,
        seconds: float,
    ) -> StoredPart:
        """See Store. Which of the two a flush was of is not noted, so either is asked for all of them: it has what it has."""
        deadline = Deadline(seconds)
        found = await self._newer.stored(
            tenant, node, flushes, after, most, max_bytes=max_bytes, seconds=deadline.left()
        )
        span = TimeRange(
            to_microseconds(min(one.oldest for one in flushes)) * 1_000,
            to_microseconds(max(one.newest for one in flushes)) * 1_000,
        )
        if await self._in_older(span, deadline, exactly=True) is None:
            return found
        before = await self._older.stored(
            tenant, node, flushes, after, most, max_bytes=max_bytes, seconds=deadline.left()
        )
        return _merged([found, before], most, max_bytes)


def _merged(parts: Sequence[StoredPart], most: int, max_bytes: int) -> StoredPart:
    """The first of all, as far as none lacks any, and as they are bounded themselves."""
    everything = sorted((one for part in parts for one in part.records), key=lambda one: one[0])
    ends = [part.records[-1][0] for part in parts if not part.whole]
    records: list[tuple[StoredAt, LogRecord]] = []
    size = 0
    for place, record in everything:
        if len(records) == most or size > max_bytes or (ends and place > min(ends)):
            break
        records.append((place, record))
        size += size_of(record)
    return StoredPart(records, whole=not ends and len(records) == len(everything) < most)
