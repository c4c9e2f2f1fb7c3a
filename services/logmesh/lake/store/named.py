"""Records that are named: by a trace, by an id, or by standing beside another; and beginnings of bodies."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from logmesh.filters.ast import EVERYTHING, And, IdEquals, Node, Order, TextCompare
from logmesh.lake.store.asking import answering
from logmesh.lake.store.matches import MatchesInLake
from logmesh.lake.store.wanted import Wanted
from logmesh.record.sizes import size_of
from logmesh.storage.sql import load
from logmesh.store.found import Bodies, Neighbours
from logmesh.store.order import Cursor
from logmesh.store.time_range import TimeRange
from logmesh.v1.record_pb2 import LogRecord

_ALL_TIMES: Final = TimeRange(0, (1 << 63) - 1)


class NamedInLake(MatchesInLake):
    """Traces, single records, neighbours and bodies."""

    async def trace(
        self,
        tenant: str,
        trace_id: bytes,
        span: TimeRange,
        most: int,
        *,
        known: Collection[tuple[int, int]] = (),
        max_bytes: int,
        seconds: float,
    ) -> Sequence[LogRecord]:
        """See Store."""
        wanted = Wanted(
            IdEquals("trace_id", trace_id), *_ends(span), most + len(known), newest_first=False, max_bytes=max_bytes
        )  # what is known comes, too
        return (await _records(self, tenant, wanted, seconds, known))[:most]

    async def record(
        self, tenant: str, spool: int, position: int, span: TimeRange, *, seconds: float
    ) -> LogRecord | None:
        """See Store."""
        found = await self.matches(tenant, Wanted(EVERYTHING, *_ends(span), 1, ids=[(spool, position)]), seconds)
        return found.matches[0].record() if found.matches else None

    async def records(
        self, tenant: str, places: Sequence[Cursor], *, seconds: float
    ) -> Mapping[tuple[int, int], LogRecord]:
        """See Store."""
        if not places:
            return {}
        times = [place.unix_nano for place in places]
        ids = [(place.spool, place.position) for place in places]
        wanted = Wanted(EVERYTHING, *_ends(TimeRange(min(times), max(times) + 1)), len(ids), ids=ids)
        found = await self.matches(tenant, wanted, seconds)
        return {(one.place.spool, one.place.position): one.record() for one in found.matches}

    async def times_of(self, tenant: str, spool: int, *, seconds: float) -> TimeRange | None:
        """See Store. Any: the lake keeps records at the times that they state."""
        async with self._lake.reader.reading(tenant, seconds) as connection:
            row = await connection.fetchrow(load("find_spool_times"), spool)
        return None if row is None or row["last_commit"] is None else _ALL_TIMES

    async def neighbours(self, tenant: str, record: LogRecord, *, seconds: float) -> Neighbours:
        """See Store."""
        resource = record.resource
        same = And((
            TextCompare("service", Order.EQ, resource.service_name),
            TextCompare("instance", Order.EQ, resource.service_instance_id),
        ))  # fmt: skip
        return _Neighbours(self, tenant, same)

    async def bodies(
        self, tenant: str, node: Node, span: TimeRange, most: int, *, characters: int, seconds: float
    ) -> Bodies:
        """See Store."""
        matches, _ = await self.matches(tenant, Wanted(node, *_ends(span), most, characters=characters), seconds)
        return _Bodies([match.face(characters) for match in matches], [match.place for match in matches])


class _Neighbours:
    def __init__(self, store: MatchesInLake, tenant: str, node: Node) -> None:
        self._store, self._tenant, self._node = store, tenant, node

    async def nearest(
        self, place: Cursor, edge_unix_nano: int, most: int, *, max_bytes: int, seconds: float
    ) -> Sequence[LogRecord]:
        edge = Cursor(edge_unix_nano)
        if edge_unix_nano <= place.unix_nano:
            wanted = Wanted(self._node, edge, place, most, max_bytes=max_bytes)
        else:
            wanted = Wanted(self._node, place, edge, most, newest_first=False, max_bytes=max_bytes)
        return await _records(self._store, self._tenant, wanted, seconds)


class _Bodies:
    """What `bodies` found; see `store.found.Bodies`."""

    def __init__(self, faces: list[tuple[int, str, str]], places: list[Cursor]) -> None:
        self._faces, self._places = faces, places

    def __len__(self) -> int:
        return len(self._faces)

    def __iter__(self) -> Iterator[tuple[int, str, str]]:
        return iter(self._faces)

    def place(self, index: int) -> Cursor:
        return self._places[index]


def _ends(span: TimeRange) -> tuple[Cursor, Cursor]:
    return Cursor(span.start_unix_nano), Cursor(span.end_unix_nano)


async def _records(
    store: MatchesInLake, tenant: str, wanted: Wanted, seconds: float, known: Collection[tuple[int, int]] = ()
) -> list[LogRecord]:
    """What is wanted but for what is known, until it takes more than the most bytes as records: what is read is measured by its texts,
    whose JSON may be several times as long as what it says. Raises StoreError."""
    records: list[LogRecord] = []
    size = 0
    async with answering(seconds):
        while True:
            found = await store.matches(tenant, wanted, seconds)
            for match in found.matches:
                if (match.place.spool, match.place.position) in known:
                    continue
                if size > wanted.max_bytes:
                    return records
                records.append(match.record())
                size += size_of(records[-1])
            if found.whole or size > wanted.max_bytes:
                return records
            wanted = wanted.behind(found.matches)
