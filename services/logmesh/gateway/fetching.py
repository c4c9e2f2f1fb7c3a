"""Rows of a statement, step by step, and no more than fit the one message that answers a unary call."""

from typing import Any, Final, NamedTuple

import asyncpg

from logmesh.gateway.rows import record_from_row
from logmesh.gateway.steps import Steps
from logmesh.runtime.server import MAX_MESSAGE_BYTES
from logmesh.v1.record_pb2 import LogRecord

MAX_ANSWER_BYTES: Final = MAX_MESSAGE_BYTES - (64 << 10)
"""What records may take in one message; clients refuse more than 4 MiB unless told otherwise."""

_BYTES_AROUND: Final = 8
"""Tag and length of a record within its message, at most."""


class Found(NamedTuple):
    """A row and the record that it holds."""

    row: Any
    record: LogRecord


async def fetch(
    connection: "asyncpg.pool.PoolConnectionProxy", sql: str, *parameters: object, max_bytes: int = MAX_ANSWER_BYTES
) -> list[Found]:
    """The statement's rows until their records take more than `max_bytes`: the last one may be what was too much."""
    opened = await connection.cursor(sql, *parameters)
    found: list[Found] = []
    size, steps = 0, Steps()
    while size <= max_bytes and (rows := await opened.fetch(steps.rows)):
        for row in rows:
            found.append(Found(row, record_from_row(row)))
            size += size_of(found[-1].record)
        if len(rows) < steps.rows:
            break
        steps.took(rows)
    return found


def fitting(records: list[LogRecord], max_bytes: int = MAX_ANSWER_BYTES) -> int:
    """How many of the first records take at most `max_bytes` together."""
    size = 0
    for count, record in enumerate(records):
        size += size_of(record)
        if size > max_bytes:
            return count
    return len(records)


def size_of(record: LogRecord) -> int:
    """Bytes of a record within a message."""
    return record.ByteSize() + _BYTES_AROUND
