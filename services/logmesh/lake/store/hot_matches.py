"""Matches between two places, of the rows."""

from collections.abc import Awaitable, Callable
from functools import partial

import asyncpg

from logmesh.filters import compile_sql
from logmesh.lake.store.wanted import Match, Part, Wanted
from logmesh.rows.records import from_timestamp, record_from_row, to_timestamp
from logmesh.storage.statement import Expression, Statement
from logmesh.store.order import Cursor

_OLDEST_FIRST = "time, ns, spool, position"
_NEWEST_FIRST = "time DESC, ns DESC, spool DESC, position DESC"


def hot_matches(wanted: Wanted) -> "Callable[[asyncpg.pool.PoolConnectionProxy], Awaitable[Part]]":
    """Reads those of the rows."""

    async def read(connection: "asyncpg.pool.PoolConnectionProxy") -> Part:
        statement = _statement(wanted)
        rows = await connection.fetch(statement.sql, *statement.parameters)
        matches = [
            Match(Cursor(from_timestamp(row["time"], row["ns"]), row["spool"], row["position"]), row, record_from_row)
            for row in rows
        ]
        return Part(matches, whole=not rows or len(rows) == rows[0]["found"])

    return read


def _statement(wanted: Wanted) -> Statement:
    statement = Statement()
    condition = statement.compile(partial(compile_sql, wanted.node))
    low, high = wanted.low, wanted.high
    (low_time, low_ns), (high_time, high_ns) = to_timestamp(low.unix_nano), to_timestamp(high.unix_nano)
    return statement.add(
        "list_hot", condition=condition, order=Expression(_NEWEST_FIRST if wanted.newest_first else _OLDEST_FIRST),
        low_time=low_time, low_ns=low_ns, low_spool=low.spool, low_position=low.position,
        high_time=high_time, high_ns=high_ns, high_spool=high.spool, high_position=high.position,
        spools=[spool for spool, _ in wanted.ids] or None, positions=[position for _, position in wanted.ids] or None,
        most=wanted.most, max_bytes=wanted.max_bytes, characters=wanted.characters,
    )  # fmt: skip
