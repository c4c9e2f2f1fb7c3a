"""Matches between two places, in order, from files and from rows: what all questions for records are made of."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

import asyncpg

from logmesh.filters import compile_sql
from logmesh.filters.ast import Node
from logmesh.lake.reading.conditions import Conditions
from logmesh.lake.reading.errors import TooLarge
from logmesh.lake.reading.statement import Statement
from logmesh.lake.store.asking import AsksLake, statement_over
from logmesh.lake.store.catalog import KnownFile
from logmesh.lake.store.records import COLUMNS, record_from_columns
from logmesh.rows.records import from_timestamp, record_from_row, to_timestamp
from logmesh.storage.sql import load
from logmesh.store.order import Cursor
from logmesh.store.time_range import TimeRange
from logmesh.v1.record_pb2 import LogRecord

_FILTER_PLACE: Final = "AND TRUE\n"
_OWN_PARAMETERS: Final = 13
_BODY: Final = "body"
_FEWER: Final = 8


@dataclass(frozen=True, slots=True)
class Wanted:
    """The first `most` matches behind `low` and before `high`, newest or oldest first; only those with these ids, by spool and
    position, where there are any. What is read at once takes about `max_bytes`, for which bodies are cut to `characters`."""

    node: Node
    low: Cursor
    high: Cursor
    most: int
    newest_first: bool = True
    ids: Sequence[tuple[int, int]] = ()
    max_bytes: int = 1 << 62
    characters: int | None = None

    @property
    def span(self) -> TimeRange:
        """The times that they may have."""
        return TimeRange(self.low.unix_nano, max(self.low.unix_nano, self.high.unix_nano + (self.high.spool >= 0)))

    def behind(self, matches: "Sequence[Match]") -> "Wanted":
        """What is left when these are found."""
        last, most = matches[-1].place, self.most - len(matches)
        return replace(self, high=last, most=most) if self.newest_first else replace(self, low=last, most=most)

    def has(self, match: "Match") -> bool:
        """Whether it is between the two places."""
        return _key(self.low) < key_of(match) < _key(self.high)


class Match:
    """One record's place, and the record when it is asked for."""

    __slots__ = ("_make", "_row", "place")

    def __init__(self, place: Cursor, row: Any, make: Callable[[Any], LogRecord]) -> None:
        self.place, self._row, self._make = place, row, make

    @property
    def size(self) -> int:
        """About how many bytes it has."""
        return len(self._row["body"]) + len(self._row["attributes"] or "")

    def face(self, characters: int) -> tuple[int, str, str]:
        """Severity, service, and the beginning of the body."""
        return self._row["severity"], self._row["service"], self._row["body"][:characters]

    def record(self) -> LogRecord:
        """The record, made anew."""
        return self._make(self._row)


class Part(NamedTuple):
    """The first matches, in order; not `whole` where more follow, for there was no room for them."""

    matches: list[Match]
    whole: bool = True


def key_of(match: Match) -> tuple[int, int, int]:
    """Its place in the order of records."""
    return _key(match.place)


def _key(place: Cursor) -> tuple[int, int, int]:
    return place.unix_nano, place.spool, place.position


def hot_matches(wanted: Wanted) -> "Callable[[asyncpg.pool.PoolConnectionProxy], Awaitable[Part]]":
    """Reads those of the rows."""

    async def read(connection: "asyncpg.pool.PoolConnectionProxy") -> Part:
        condition, parameters = compile_sql(wanted.node, _OWN_PARAMETERS + 1)
        name = "list_hot_newest" if wanted.newest_first else "list_hot_oldest"
        low, high = wanted.low, wanted.high
        ids = (
            ([spool for spool, _ in wanted.ids], [position for _, position in wanted.ids])
            if wanted.ids
            else (None, None)
        )
        rows = await connection.fetch(
            load(name).replace(_FILTER_PLACE, f"AND {condition}\n"),
            *to_timestamp(low.unix_nano), low.spool, low.position, *to_timestamp(high.unix_nano), high.spool, high.position,
            wanted.most, *ids, wanted.max_bytes, wanted.characters, *parameters,
        )  # fmt: skip
        matches = [
            Match(Cursor(from_timestamp(row["time"], row["ns"]), row["spool"], row["position"]), row, record_from_row)
            for row in rows
        ]
        return Part(matches, whole=not rows or len(rows) == rows[0]["found"])

    return read


def file_statement(wanted: Wanted, files: Sequence[KnownFile]) -> Statement:
    """Reads those of some files."""
    to = Conditions()
    source = to.bind([file.stored.path for file in files])
    columns = COLUMNS
    if wanted.characters is not None:
        columns = columns.replace(_BODY, f"left(body, {to.bind(wanted.characters)}) AS body")
    parts = [_between(to, wanted)]
    if wanted.ids:
        pairs = ", ".join(f"({to.bind(spool)}, {to.bind(position)})" for spool, position in wanted.ids)
        parts.append(f"(spool, position) IN ({pairs})")
        parts.append(f"position IN ({', '.join(to.bind(position) for _, position in wanted.ids)})")
    parts.append(to.condition(wanted.node))
    order = ", ".join(f"{name}{' DESC' if wanted.newest_first else ''}" for name in ("time", "spool", "position"))
    sql = (
        f"SELECT {columns} FROM read_parquet({source}) WHERE {' AND '.join(parts)}"
        f" ORDER BY {order} LIMIT {to.bind(wanted.most)}"
    )
    return statement_over(files, sql, to)


def _between(to: Conditions, wanted: Wanted) -> str:
    """Between two places; times alone first, for files know those of their parts."""
    low, high = wanted.low, wanted.high
    parts = [f"time >= {to.bind(low.unix_nano)}", f"time <= {to.bind(high.unix_nano)}"]
    for place, sign in ((low, ">"), (high, "<")):
        time = to.bind(place.unix_nano)
        if place.spool < 0:
            parts.append(f"time {'>=' if sign == '>' else '<'} {time}")
        else:
            spool, position = to.bind(place.spool), to.bind(place.position)
            beside = f"spool {sign} {spool} OR spool = {spool} AND position {sign} {position}"
            parts.append(f"(time {sign} {time} OR time = {time} AND ({beside}))")
    return " AND ".join(parts)


class MatchesInLake(AsksLake):
    """Finds matches in files and rows."""

    async def matches(self, tenant: str, wanted: Wanted, seconds: float) -> list[Match]:
        """What is wanted, in order; fewer where these take more than the most bytes. Raises StoreError."""

        async def answer(files: list[KnownFile], hot: Part) -> list[Match]:
            found: list[Match] = []
            left, size = wanted, 0
            while True:
                beside = Part(list(filter(left.has, hot.matches)), hot.whole)
                part = merged(left, beside, await self.in_files(left, files))
                found += part.matches
                size += sum(match.size for match in part.matches)
                # What rows there are behind the last of a part is not known.
                if part.whole or size > wanted.max_bytes or (not hot.whole and part.matches[-1] is hot.matches[-1]):
                    return found
                left = left.behind(part.matches)

        return await self.ask(tenant, wanted.node, wanted.span, seconds, hot_matches(wanted), answer)

    async def in_files(self, wanted: Wanted, files: Sequence[KnownFile]) -> Part:
        """The first of some files; fewer at once where a worker has no memory for as many. Raises ReadError."""
        span = wanted.span
        inside = [
            file for file in files if file.max_time >= span.start_unix_nano and file.min_time < span.end_unix_nano
        ]
        most = wanted.most
        while inside:
            try:
                part = await self._read(replace(wanted, most=most), inside)
            except TooLarge:
                if most == 1:
                    raise
                most = max(1, most // _FEWER)
                continue
            return Part(part.matches, part.whole and (most == wanted.most or len(part.matches) < most))
        return Part([])

    async def _read(self, wanted: Wanted, files: Sequence[KnownFile]) -> Part:
        matches: list[Match] = []
        size = 0
        async with aclosing(self._lake.workers.run(file_statement(wanted, files))) as batches:
            async for batch in batches:
                for row in batch.to_pylist():
                    place = Cursor(row["time"], row["spool"], row["position"])
                    matches.append(Match(place, row, record_from_columns))
                    size += matches[-1].size
                if size > wanted.max_bytes:
                    return Part(matches, whole=False)
        return Part(matches)


def merged(wanted: Wanted, *parts: Part) -> Part:
    """The first of all parts, in order, as far as none lacks any."""
    everything = [match for part in parts for match in part.matches]
    everything.sort(key=key_of, reverse=wanted.newest_first)
    ends = [key_of(part.matches[-1]) for part in parts if not part.whole]
    if ends:
        end = max(ends) if wanted.newest_first else min(ends)
        known = [
            match for match in everything if (key_of(match) >= end if wanted.newest_first else key_of(match) <= end)
        ]
        return Part(known[: wanted.most], whole=len(known) >= wanted.most)
    return Part(everything[: wanted.most])


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
