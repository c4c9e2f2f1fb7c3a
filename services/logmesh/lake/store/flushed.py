"""Records of some flushes, in the order in which they were stored.

Of files, the places and sizes of the first ones are read, and then the records for which there is room: a file would give all at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import chain
from typing import Any, NamedTuple

import asyncpg
import pyarrow as pa

from logmesh.filters import compile_sql
from logmesh.filters.ast import Node
from logmesh.lake.reading.conditions import Conditions
from logmesh.lake.reading.statement import Statement
from logmesh.lake.store.asking import AsksLake, statement_over
from logmesh.lake.store.catalog import KnownFile
from logmesh.lake.store.plan import Plan
from logmesh.lake.store.records import columns, members_of, record_from_columns, rows_of
from logmesh.lake.store.scan import VALUES, WHOLE_RECORDS, Alike, alike, branches, files_of
from logmesh.rows.records import from_timestamp, record_from_row
from logmesh.storage import statement as storage
from logmesh.store.flushes import Flush, StoredAt, StoredPart
from logmesh.store.time_range import TimeRange
from logmesh.v1.record_pb2 import LogRecord


@dataclass(frozen=True, slots=True)
class _Asked:
    """The first `most` matches behind a place; no more where these take `max_bytes`."""

    node: Node
    flushes: Sequence[Flush]
    after: StoredAt
    most: int
    max_bytes: int

    def times(self) -> tuple[datetime, datetime]:
        """From when to before when they are."""
        return min(one.oldest for one in self.flushes), max(one.newest for one in self.flushes)

    @property
    def span(self) -> TimeRange:
        """The same in nanoseconds."""
        oldest, newest = self.times()
        return TimeRange(from_timestamp(oldest, 0), from_timestamp(newest, 0))

    def dues(self) -> list[list[int]]:
        """The flushes' spans: by span when it was stored, spool, first and last position."""
        dues = [(flush.received, *span) for flush in self.flushes for span in flush.spans]
        return [[due[column] for due in dues] for column in range(4)]


class _Found(NamedTuple):
    """One match: where it is, about how many bytes it has, and its row; of a file the time alone is known."""

    place: StoredAt
    size: int
    row: Any
    unix_nano: int = 0


class FlushedInLake(AsksLake):
    """What flushes stored."""

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
        """See Store. A record's own time of receipt is earlier than its flush's: the flush is found by the spans."""
        asked, plan = _Asked(node, flushes, after, most, max_bytes), Plan(node)

        async def hot(connection: "asyncpg.pool.PoolConnectionProxy") -> list[Any]:
            statement = _hot_statement(asked)
            return list(await connection.fetch(statement.sql, *statement.parameters))

        async def answer(files: list[KnownFile], rows: list[Any]) -> StoredPart:
            found = [_Found(_place(row), row["size"], row) for row in rows]
            # Which rows are behind the last one is not known where some are left out.
            end = found[-1].place if rows and len(rows) < rows[0]["found"] else None
            for some in alike(plan, {asked.span: files}, VALUES):
                table = await self._lake.workers.fetch(_places_statement(asked, some))
                found += [_Found(_place(row), row["size"], None, row["time"]) for row in table.to_pylist()]
            found.sort(key=lambda one: one.place)
            known = [one for one in found if end is None or one.place <= end]
            first = _first(known[:most], max_bytes)
            of_files = await self._of_files([one for one in first if one.row is None], plan, files)
            records = [
                (one.place, of_files[one.place[1:]] if one.row is None else record_from_row(one.row)) for one in first
            ]
            return StoredPart(records, whole=end is None and len(first) == len(found) < most)

        return await self.ask(tenant, plan, asked.span, seconds, hot, answer)

    async def _of_files(
        self, found: Sequence[_Found], plan: Plan, files: Sequence[KnownFile]
    ) -> dict[tuple[int, ...], LogRecord]:
        """Records by spool and position. Raises ReadError."""
        records: dict[tuple[int, ...], LogRecord] = {}
        times = [one.unix_nano for one in found] or [0]
        span = TimeRange(min(times), max(times) + 1)
        for some in alike(plan, {span: files if found else []}, WHOLE_RECORDS):
            table = await self._lake.workers.fetch(_records_statement(found, some))
            rows = chain.from_iterable(rows_of(batch, members_of(some)) for batch in table.to_batches())
            records |= {(row["spool"], row["position"]): record_from_columns(row) for row in rows}
        return records


def _place(row: Any) -> StoredAt:
    return StoredAt(row["stored"], row["spool"], row["position"])


def _first(found: Sequence[_Found], max_bytes: int) -> Sequence[_Found]:
    """As many as the bytes allow, one at least."""
    size = 0
    for count, one in enumerate(found):
        size += one.size
        if count and size > max_bytes:
            return found[:count]
    return found


def _hot_statement(asked: _Asked) -> storage.Statement:
    """The first matches of the rows."""
    statement = storage.Statement()
    condition = statement.compile(partial(compile_sql, asked.node))
    (stored, spool, position), (oldest, newest) = asked.after, asked.times()
    moments, spools, firsts, lasts = asked.dues()
    return statement.add(
        "list_hot_stored", condition=condition, stored=stored, spool=spool, position=position, oldest=oldest, newest=newest,
        moments=moments, spools=spools, firsts=firsts, lasts=lasts, most=asked.most, max_bytes=asked.max_bytes,
    )  # fmt: skip


def _places_statement(asked: _Asked, some: Sequence[Alike]) -> Statement:
    """Places, sizes and times of the first matches of some files. A join may hold what is joined: never a body."""
    to = Conditions()
    due = pa.table(dict(zip(("stored", "number", "first", "last"), asked.dues(), strict=True)))
    received, spool, position = map(to.bind, asked.after)
    matches = " UNION ALL ".join(
        f"SELECT time, spool, position, strlen(body) + coalesce(strlen({branch.to.attributes()}), 0) AS size"
        f" FROM {branch.source} WHERE {branch.within()} AND {branch.to.condition(asked.node)}"
        for branch in branches(to, some)
    )
    sql = (
        f"SELECT stored, spool, position, time, size FROM ({matches})"
        " JOIN given ON spool = number AND position BETWEEN first AND last"
        f" WHERE stored > {received} OR stored = {received}"
        f" AND (spool > {spool} OR spool = {spool} AND position > {position})"
        f" ORDER BY stored, spool, position LIMIT {to.bind(asked.most)}"
    )
    return statement_over(files_of(some), sql, to, due)


def _records_statement(found: Sequence[_Found], some: Sequence[Alike]) -> Statement:
    """The records at some places, in any order; files know the times and positions of their parts."""
    to = Conditions()
    positions = [one.place.position for one in found]
    wanted = pa.table({"spool": [one.place.spool for one in found], "position": positions})
    between = f"position BETWEEN {to.bind(min(positions))} AND {to.bind(max(positions))}"
    members = members_of(some)
    sql = " UNION ALL ".join(
        f"SELECT {columns(branch.to, members)} FROM {branch.source} SEMI JOIN given USING (spool, position)"
        f" WHERE {branch.within()} AND {between}"
        for branch in branches(to, some)
    )
    return statement_over(files_of(some), sql, to, wanted)
