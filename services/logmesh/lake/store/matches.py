"""Matches between two places, in order, from files and from rows: what all questions for records are made of."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from typing import Final, TypeAlias

from logmesh.filters.ast import EVERYTHING
from logmesh.lake.reading.errors import TooLarge
from logmesh.lake.reading.statement import Statement
from logmesh.lake.schema import ROW_GROUP_ROWS
from logmesh.lake.store.asking import AsksLake
from logmesh.lake.store.catalog import KnownFile
from logmesh.lake.store.first import places_of_first, records_of_all, records_of_first, records_of_trace
from logmesh.lake.store.hot_matches import hot_matches
from logmesh.lake.store.places import MOST_PLACES, Place, places_of
from logmesh.lake.store.plan import Plan
from logmesh.lake.store.records import Member, members_of, record_from_columns, rows_of
from logmesh.lake.store.scan import VALUES, WHOLE_RECORDS, Alike, alike, at_once, of_whole
from logmesh.lake.store.wanted import Match, Part, Wanted, merged, within
from logmesh.store.order import Cursor
from logmesh.v1.record_pb2 import LogRecord

_FEWER: Final = 8
_LITTLE: Final = ROW_GROUP_ROWS
"""Records that may match and are read with all columns at once: to look for matches first would take longer."""

Reads: TypeAlias = Callable[[Wanted, Sequence[Alike]], Statement]
"""Writes the statement that reads some files' matches."""


class MatchesInLake(AsksLake):
    """Finds matches in files and rows."""

    async def matches(self, tenant: str, wanted: Wanted, seconds: float) -> Part:
        """What is wanted, in order; fewer, and not whole, where these take more than the most bytes. Raises StoreError."""

        plan = Plan(wanted.node)

        async def answer(files: list[KnownFile], hot: Part) -> Part:
            found: list[Match] = []
            left, size = wanted, 0
            while True:
                beside = Part(list(filter(left.has, hot.matches)), hot.whole)
                part = merged(left, beside, await self.in_files(left, plan, files))
                found += part.matches
                size += sum(match.size for match in part.matches)
                # What rows there are behind the last of a part is not known.
                if part.whole or size > wanted.max_bytes or (not hot.whole and part.matches[-1] is hot.matches[-1]):
                    return Part(found, part.whole)
                left = left.behind(part.matches)

        return await self.ask(tenant, plan, wanted.span, seconds, hot_matches(wanted), answer)

    async def in_files(self, wanted: Wanted, plan: Plan, files: Sequence[KnownFile]) -> Part:
        """The first of some files; fewer where they take more than the most bytes. Raises ReadError."""
        span = wanted.span
        inside = [
            file for file in files if file.max_time >= span.start_unix_nano and file.min_time < span.end_unix_nano
        ]
        at_most = plan.at_most(inside, span)
        reads = records_of_first
        if plan.is_of_a_trace:
            reads = records_of_trace
        elif wanted.ids or (at_most is not None and at_most <= min(2 * wanted.most, MOST_PLACES)):
            reads = records_of_all
        elif at_most is None and wanted.most <= MOST_PLACES and plan.possible(inside, span) > _LITTLE:
            return await self._at_places(wanted, plan, inside)
        return await self._joined(wanted, alike(plan, {span: inside}, WHOLE_RECORDS), reads)

    async def _at_places(self, wanted: Wanted, plan: Plan, files: Sequence[KnownFile]) -> Part:
        """The first of files that may have few among many others: these are looked for by few columns. Raises ReadError."""
        places: list[Place] = []
        for some in alike(plan, {wanted.span: files}, VALUES):
            places += places_of(await self._lake.workers.fetch(places_of_first(wanted, some)))
        places = sorted(places, reverse=wanted.newest_first)[: wanted.most]
        paths = {place.path for place in places}
        there = of_whole([file for file in files if file.stored.path in paths])
        named = replace(wanted, node=EVERYTHING, ids=[(place.spool, place.position) for place in places])
        return await self._joined(named, at_once(there, WHOLE_RECORDS), partial(records_of_all, places=places))

    async def _joined(self, wanted: Wanted, some_of_all: Iterable[Sequence[Alike]], reads: Reads) -> Part:
        found: Part | None = None
        for some in some_of_all:
            part = await self._first(wanted, some, reads)
            found = part if found is None else within(merged(wanted, found, part), wanted.max_bytes)
        return found or Part([])

    async def _first(self, wanted: Wanted, some: Sequence[Alike], reads: Reads) -> Part:
        """Fewer at once where a worker has no memory for as many. Raises ReadError."""
        most = wanted.most
        while True:
            try:
                statement = reads(replace(wanted, most=most), some)
                part = await self._read(statement, wanted, members_of(some))
            except TooLarge:
                if most == 1 and reads is records_of_first:
                    raise
                most, reads = max(1, most // _FEWER), records_of_first
                continue
            return Part(part.matches, part.whole and (most == wanted.most or len(part.matches) < most))

    async def _read(self, statement: Statement, wanted: Wanted, members: Sequence[Member]) -> Part:
        matches: list[Match] = []
        size, ids = 0, set(wanted.ids)
        async with aclosing(self._lake.workers.run(statement)) as batches:
            async for batch in batches:
                for row in rows_of(batch, members):
                    place = Cursor(row["time"], row["spool"], row["position"])
                    if not ids or (place.spool, place.position) in ids:
                        matches.append(Match(place, row, record_from_columns))
                        size += matches[-1].size
                if size > wanted.max_bytes:
                    return Part(matches, whole=False)
        return Part(matches)


class FoundInLake:
    """See `store.found.Found`."""

    def __init__(self, matches: list[Match], reached: Cursor) -> None:
        self._matches, self.reached = matches, reached
        self.size = sum(match.size for match in matches)

    def __len__(self) -> int:
        return len(self._matches)

    def records(self) -> Iterator[LogRecord]:
        """Each match is let go when its record is made."""
        self._matches.reverse()
        while self._matches:
            yield self._matches.pop().record()
