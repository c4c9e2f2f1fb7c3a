"""Looks for the newest match of a range with all of the database's workers, which a query that hands out rows doesn't get."""

from typing import Final

import asyncpg

from logmesh.filters.ast import Node
from logmesh.rows.counting import from_records
from logmesh.rows.records import from_timestamp
from logmesh.store.time_range import TimeRange

_LAST_OF_MICROSECOND: Final = 999


async def newest_match(connection: "asyncpg.pool.PoolConnectionProxy", node: Node, span: TimeRange) -> int | None:
    """The least time, in nanoseconds, below which all matches of `span` are; None when there is no match."""
    statement = from_records(node, span).add("newest")
    # Not fetchval: it asks for one row, and then PostgreSQL starts no workers.
    ((time,),) = await connection.fetch(statement.sql, *statement.parameters)
    return None if time is None else min(from_timestamp(time, _LAST_OF_MICROSECOND) + 1, span.end_unix_nano)
