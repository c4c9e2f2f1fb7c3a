"""What stands beside a record, in two stores; and beginnings of bodies from both."""

import asyncio
from collections.abc import Iterator, Sequence

from logmesh.filters.ast import Node
from logmesh.store.found import Bodies, Neighbours
from logmesh.store.joined.asking import AsksBoth, Deadline, first, key_of, place_of
from logmesh.store.order import Cursor
from logmesh.store.time_range import TimeRange
from logmesh.v1.record_pb2 import LogRecord


class BesideInBoth(AsksBoth):
    """Neighbours and bodies."""

    async def neighbours(self, tenant: str, record: LogRecord, *, seconds: float) -> Neighbours:
        """See Store. The older store is asked once records of its times are wanted."""
        return _Neighbours(self, tenant, record, await self._newer.neighbours(tenant, record, seconds=seconds))

    async def neighbours_in_older(
        self, tenant: str, record: LogRecord, span: TimeRange, deadline: Deadline
    ) -> Neighbours | None:
        """Those of the older store; None where it has no record in a range. Raises StoreError."""
        if await self._in_older(span, deadline) is None:
            return None
        return await self._older.neighbours(tenant, record, seconds=deadline.left())

    async def bodies(
        self, tenant: str, node: Node, span: TimeRange, most: int, *, characters: int, seconds: float
    ) -> Bodies:
        """See Store. Where the newer store has enough, only what may be newer than the last of these is asked for."""
        deadline = Deadline(seconds)
        found = await self._newer.bodies(tenant, node, span, most, characters=characters, seconds=deadline.left())
        if len(found) == most > 0:
            span = TimeRange(min(found.place(most - 1).unix_nano, span.end_unix_nano), span.end_unix_nano)
        part = await self._in_older(span, deadline)
        if part is None:
            return found
        before = await self._older.bodies(tenant, node, part, most, characters=characters, seconds=deadline.left())
        if not len(before):
            return found
        return await asyncio.to_thread(_BothBodies, [found, before], most)


class _Neighbours:
    """See `store.found.Neighbours`."""

    def __init__(self, both: BesideInBoth, tenant: str, record: LogRecord, newer: Neighbours) -> None:
        self._both, self._tenant, self._record, self._newer = both, tenant, record, newer
        self._older: Neighbours | None = None

    async def nearest(
        self, place: Cursor, edge_unix_nano: int, most: int, *, max_bytes: int, seconds: float
    ) -> Sequence[LogRecord]:
        deadline = Deadline(seconds)
        found = await self._newer.nearest(place, edge_unix_nano, most, max_bytes=max_bytes, seconds=deadline.left())
        is_before = edge_unix_nano <= place.unix_nano
        span = TimeRange(min(edge_unix_nano, place.unix_nano), max(edge_unix_nano, place.unix_nano + 1))
        if self._older is None:
            self._older = await self._both.neighbours_in_older(self._tenant, self._record, span, deadline)
        if self._older is None:
            return found
        before = await self._older.nearest(place, edge_unix_nano, most, max_bytes=max_bytes, seconds=deadline.left())
        return first(sorted([*found, *before], key=place_of, reverse=is_before), most, max_bytes)


class _BothBodies:
    """The newest of both; see `store.found.Bodies`."""

    def __init__(self, parts: Sequence[Bodies], most: int) -> None:
        places = [(part.place(index), face) for part in parts for index, face in enumerate(part)]
        places.sort(key=lambda one: key_of(one[0]), reverse=True)
        self._found = places[:most]

    def __len__(self) -> int:
        return len(self._found)

    def __iter__(self) -> Iterator[tuple[int, str, str]]:
        return (face for _, face in self._found)

    def place(self, index: int) -> Cursor:
        return self._found[index][0]
