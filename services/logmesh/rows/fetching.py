"""Rows of a statement, step by step, and no more than may be held at once."""

import asyncpg

from logmesh.record.sizes import size_of
from logmesh.rows.records import record_from_row
from logmesh.rows.steps import Steps
from logmesh.v1.record_pb2 import LogRecord


async def fetch(
    connection: "asyncpg.pool.PoolConnectionProxy", sql: str, *parameters: object, max_bytes: int
) -> list[LogRecord]:
    """The records of the statement's rows until they take more than `max_bytes`: the last one may be what was too much."""
    opened = await connection.cursor(sql, *parameters)
    found: list[LogRecord] = []
    size, steps = 0, Steps()
    while size <= max_bytes and (rows := await opened.fetch(steps.rows)):
        for row in rows:
            found.append(record_from_row(row))
            size += size_of(found[-1])
        if len(rows) < steps.rows:
            break
        steps.took(rows)
    return found
