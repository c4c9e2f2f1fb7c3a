"""Matches between two places, in order, from files and from rows: what all questions for records are made of."""

from collections.abc import Iterator, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Final

from logmesh.lake.reading.conditions import Conditions
from logmesh.lake.reading.errors import TooLarge
from logmesh.lake.reading.statement import Statement
from logmesh.lake.store.asking import AsksLake, statement_over
from logmesh.lake.store.catalog import KnownFile
from logmesh.lake.store.hot_matches import hot_matches
from logmesh.lake.store.plan import Plan
from logmesh.lake.store.records import columns, record_from_columns
from logmesh.lake.store.scan import WHOLE_RECORDS, Alike, alike, branches, files_of
from logmesh.lake.store.wanted import Match, Part, Wanted, merged, within
from logmesh.store.order import Cursor
from logmesh.v1.record_pb2 import LogRecord

_FEWER: Final = 8


def file_statement(wanted: Wanted, some: Sequence[Alike]) -> Statement:
    """Reads those of some files. Each branch finds its own first ones: of all together, all columns of all would be read."""
    to = Conditions()
    most, sign = to.bind(wanted.most), " DESC" if wanted.newest_first else ""

    def first(time: str) -> str:
        return f"ORDER BY {time}{sign}, spool{sign}, position{sign} LIMIT {most}"

    parts = [
        f"(SELECT {columns(branch.to, wanted.characters)} FROM {branch.source}"
        f" WHERE {branch.within()} AND {_condition(branch.to, wanted)}"
        # Of few rows all columns are read at once: with the sum, DuckDB does not find the first ones before it reads them again.
        f" {first('time' if branch.rows is None else 'time + 0')})"
        for branch in branches(to, some)
    ]
    sql = parts[0] if len(parts) == 1 else f"SELECT * FROM ({' UNION ALL '.join(parts)}) {first('time')}"
    return statement_over(files_of(some), sql, to)


def _condition(to: Conditions, wanted: Wanted) -> str:
    parts = []
    for place, sign in ((wanted.low, ">"), (wanted.high, "<")):
        if place.spool >= 0:
            time, spool, position = map(to.bind, (place.unix_nano, place.spool, place.position))
            beside = f"spool {sign} {spool} OR spool = {spool} AND position {sign} {position}"
            parts.append(f"(time {sign} {time} OR time = {time} AND ({beside}))")
    if wanted.ids:
        pairs = ", ".join(f"({to.bind(spool)}, {to.bind(position)})" for spool, position in wanted.ids)
        parts.append(f"(spool, position) IN ({pairs})")
        parts.append(f"position IN ({', '.join(to.bind(position) for _, position in wanted.ids)})")
    return " AND ".join([*parts, to.condition(wanted.node)])


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
        found: Part | None = None
        for some in alike(plan, {span: inside}, WHOLE_RECORDS):
            part = await self._first(wanted, some)
            found = part if found is None else within(merged(wanted, found, part), wanted.max_bytes)
        return found or Part([])

    async def _first(self, wanted: Wanted, some: Sequence[Alike]) -> Part:
        """Fewer at once where a worker has no memory for as many. Raises ReadError."""
        most = wanted.most
        while True:
            try:
                part = await self._read(replace(wanted, most=most), some)
            except TooLarge:
                if most == 1:
                    raise
                most = max(1, most // _FEWER)
                continue
            return Part(part.matches, part.whole and (most == wanted.most or len(part.matches) < most))

    async def _read(self, wanted: Wanted, some: Sequence[Alike]) -> Part:
        matches: list[Match] = []
        size = 0
        async with aclosing(self._lake.workers.run(file_statement(wanted, some))) as batches:
            async for batch in batches:
                for row in batch.to_pylist():
                    place = Cursor(row["time"], row["spool"], row["position"])
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
