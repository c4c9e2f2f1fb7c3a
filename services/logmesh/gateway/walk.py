"""Looks at a range newest window first, for as long as time allows."""

import time
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import asyncpg

from logmesh.gateway.reader import reading
from logmesh.gateway.request import TimeRange
from logmesh.gateway.windows import Windows

Look: TypeAlias = "Callable[[asyncpg.pool.PoolConnectionProxy, TimeRange], Awaitable[bool]]"
"""Looks at one window and tells whether that is enough. Its query may be cancelled: then it must have kept nothing."""


async def walk(pool: "asyncpg.Pool", tenant: str, span: TimeRange, deadline: float, look: Look) -> int:
    """Have `look` look at window after window, each in a transaction of its own, until `deadline` of the monotonic clock.

    Return the time from which on everything was looked at; the start of the range at the end. Raises Busy, OSError
    and asyncpg's errors.
    """
    windows, upper = Windows(), span.end_unix_nano
    while upper > span.start_unix_nano:
        began = time.monotonic()
        if began >= deadline:
            return upper
        lower = windows.lower(upper, span.start_unix_nano)
        try:
            async with reading(pool, tenant, windows.patience(deadline - began), replan=True) as connection:
                enough = await look(connection, TimeRange(lower, upper))
        except asyncpg.QueryCanceledError:
            if not windows.cancelled():
                return upper
            continue
        windows.finished(time.monotonic() - began)
        upper = lower
        if enough:
            return upper
    return span.start_unix_nano
