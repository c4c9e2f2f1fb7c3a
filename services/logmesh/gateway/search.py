"""Walks a time range newest window first and yields records as they are found.

Keyset paging: the order is (time, spool, position), all of it unique together, so equal times lose and repeat nothing.
"""

import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Final

import asyncpg

from logmesh.filters import compile_sql
from logmesh.filters.ast import Node
from logmesh.gateway.newest import newest_match
from logmesh.gateway.page_token import Cursor
from logmesh.gateway.reader import reading
from logmesh.gateway.request import TimeRange
from logmesh.gateway.rows import from_timestamp, record_from_row, to_timestamp
from logmesh.gateway.steps import Steps
from logmesh.gateway.windows import Windows
from logmesh.storage.sql import load
from logmesh.v1.query_service_pb2 import (
    SEARCH_END_EXHAUSTED,
    SEARCH_END_PAGE_FULL,
    SEARCH_END_TIME_LIMIT,
    SearchEnd,
)
from logmesh.v1.record_pb2 import LogRecord

_MESSAGE_BYTES: Final = 1 << 20
_FILTER_PLACE: Final = "AND TRUE\n"
_OWN_PARAMETERS: Final = 7


@dataclass(frozen=True, slots=True)
class Query:
    """What to look for: records from `start_unix_nano` on and before `cursor`, at most `page_size`."""

    filter: Node
    start_unix_nano: int
    cursor: Cursor
    page_size: int


@dataclass(frozen=True, slots=True)
class Progress:
    """Everything from `scanned_from_unix_nano` on was looked at."""

    scanned_from_unix_nano: int


@dataclass(frozen=True, slots=True)
class Done:
    """How a search ended. Everything from `scanned_from_unix_nano` on was looked at; `cursor` is None at the end."""

    end: SearchEnd.ValueType
    scanned_from_unix_nano: int
    cursor: Cursor | None


async def search(
    pool: "asyncpg.Pool", tenant: str, query: Query, *, time_limit_seconds: float
) -> AsyncGenerator[list[LogRecord] | Progress | Done, None]:
    """Yield records in lists of about a megabyte at most; otherwise as `search_rows`."""
    async with aclosing(search_rows(pool, tenant, query, time_limit_seconds=time_limit_seconds)) as found:
        async for message in found:
            if isinstance(message, list):
                for records in messages_of(message):
                    yield records
            else:
                yield message


async def search_rows(
    pool: "asyncpg.Pool", tenant: str, query: Query, *, time_limit_seconds: float
) -> AsyncGenerator[list[Any] | Progress | Done, None]:
    """Yield rows of search.sql in lists of a few megabytes at most, newest first, a Progress after each window, and then one Done.

    Windows widen while they take no time, so there are few of them, and of a slow search one every few seconds. After one
    without a match the next begins at its newest match, which many workers look for.

    Raises Busy, OSError and asyncpg's errors; closing the iterator cancels the query.
    """
    condition, parameters = compile_sql(query.filter, _OWN_PARAMETERS + 1)
    sql = load("search").replace(_FILTER_PLACE, f"AND {condition}\n")
    deadline = time.monotonic() + time_limit_seconds
    windows, cursor, wanted, is_rare = Windows(), query.cursor, query.page_size, False
    while cursor.unix_nano > query.start_unix_nano or cursor.spool >= 0:
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            yield Done(SEARCH_END_TIME_LIMIT, cursor.unix_nano, cursor)
            return
        lower = windows.lower(cursor.unix_nano, query.start_unix_nano)
        began, wanted_before = time.monotonic(), wanted
        try:
            async with reading(pool, tenant, windows.patience(remaining), replan=is_rare) as connection:
                if is_rare:
                    newest = await newest_match(connection, query.filter, TimeRange(lower, cursor.unix_nano))
                    cursor = Cursor(lower if newest is None else newest)
                low, high = to_timestamp(lower), to_timestamp(cursor.unix_nano)
                opened = await connection.cursor(sql, *low, *high, cursor.spool, cursor.position, wanted, *parameters)
                steps = Steps()
                while rows := await opened.fetch(steps.rows):
                    wanted, is_rare = wanted - len(rows), False
                    cursor, is_last = _cursor_of(rows[-1]), len(rows) < steps.rows
                    steps.took(rows)
                    yield rows
                    if wanted == 0:
                        yield Done(SEARCH_END_PAGE_FULL, cursor.unix_nano, cursor)
                        return
                    if is_last:
                        break
                    if time.monotonic() >= deadline:
                        yield Done(SEARCH_END_TIME_LIMIT, cursor.unix_nano, cursor)
                        return
        except asyncpg.QueryCanceledError:
            if not windows.cancelled():
                yield Done(SEARCH_END_TIME_LIMIT, cursor.unix_nano, cursor)
                return
            continue
        found = wanted_before - wanted
        windows.finished(time.monotonic() - began, found=found, wanted=wanted)
        cursor, is_rare = Cursor(lower), not found
        if lower > query.start_unix_nano:
            yield Progress(lower)
    yield Done(SEARCH_END_EXHAUSTED, query.start_unix_nano, None)


def _cursor_of(row: Any) -> Cursor:
    return Cursor(from_timestamp(row["time"], row["ns"]), row["spool"], row["position"])


def messages_of(rows: list[Any]) -> Iterator[list[LogRecord]]:
    """The records of these rows in lists of about a megabyte, made one after the other. Takes the rows out of their list."""
    records: list[LogRecord] = []
    size = 0
    rows.reverse()
    while rows:
        record = record_from_row(rows.pop())
        bytes_of_it = record.ByteSize()
        if records and size + bytes_of_it > _MESSAGE_BYTES:
            yield records
            records, size = [], 0
        records.append(record)
        size += bytes_of_it
    if records:
        yield records
