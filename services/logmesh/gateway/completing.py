"""How an unfinished filter may go on: what the grammar allows at its end, filled with what records of the range have."""

import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import asyncpg

from logmesh.filters.caret import Caret, read_carets
from logmesh.filters.completion import Counted, Key, propose, typed_key
from logmesh.gateway.reader import reading
from logmesh.gateway.request import TimeRange, read_limit, read_range
from logmesh.gateway.rows import to_timestamp
from logmesh.gateway.walk import walk
from logmesh.storage.sql import load
from logmesh.v1.query_service_pb2 import CompleteRequest, CompleteResponse

DEFAULT_PAGE_SIZE: Final = 10
MAX_PAGE_SIZE: Final = 50
TIME_LIMIT_SECONDS: Final = 2.0
"""Nobody waits longer for a word to be finished."""
_NEWEST: Final = 2_000
"""Records whose attributes are looked at."""
_LAST_NANO: Final = 15 * 60 * 10**9
"""The end of a range, which is read when there is too much in all of it."""
_COUNTED: Final = ("service", "instance", "severity", "resource")
"""Fields that are counted by minute; the others have few values that come again, or are looked up in the newest records."""


@dataclass(frozen=True, slots=True)
class CompletionQuery:
    """What was typed, the range whose values are proposed, and how many proposals at most."""

    filter: str
    carets: Sequence[Caret]
    range: TimeRange
    page_size: int


def read_complete_request(request: CompleteRequest, now_unix_nano: int) -> CompletionQuery:
    """What a request asks for at `now_unix_nano`. Raises FilterError or RequestError."""
    page_size = read_limit("page_size", request.page_size, default=DEFAULT_PAGE_SIZE, most=MAX_PAGE_SIZE)
    return CompletionQuery(request.filter, read_carets(request.filter), read_range(request, now_unix_nano), page_size)


async def complete(pool: "asyncpg.Pool", tenant: str, query: CompletionQuery) -> CompleteResponse:
    """The proposals, the likeliest first. Raises what reading from the database raises, but for its lack of time: what
    can't be read soon is left out."""
    keys, values = list[Key](), list[Counted]()
    for part, seconds in (query.range, 0.75 * TIME_LIMIT_SECONDS), (_end(query.range), 0.25 * TIME_LIMIT_SECONDS):
        reader = _Reader(pool, tenant, part, time.monotonic() + seconds)
        with contextlib.suppress(asyncpg.QueryCanceledError):
            for caret in query.carets:
                # Before anything is typed the fields that all records have are enough, and need no look at the database.
                if caret.takes_field and caret.typed and not caret.takes_operator:
                    keys = await reader.keys(typed_key(caret.typed), query.page_size)
                if caret.takes_value:
                    values = await reader.values(caret)
            break
    found = propose(query.filter, query.carets, keys, values)
    return CompleteResponse(completions=found[: query.page_size])


def _end(span: TimeRange) -> TimeRange:
    return TimeRange(max(span.start_unix_nano, span.end_unix_nano - _LAST_NANO), span.end_unix_nano)


class _Reader(NamedTuple):
    """Reads what records of `range` have, until `deadline` of the monotonic clock; then raises QueryCanceledError."""

    pool: "asyncpg.Pool"
    tenant: str
    range: TimeRange
    deadline: float

    async def keys(self, typed: Key, most: int) -> list[Key]:
        """Keys that contain what is typed, the most frequent first."""
        newest = self.range if typed.column == "resource" else await self._newest()
        times = *_times(newest), *_times(self.range)
        return [Key(*row) for row in await self._fetch("list_keys", *times, typed.column, typed.key, most)]

    async def values(self, caret: Caret) -> list[Counted]:
        """Values of the caret's field that contain what is typed, the most frequent first."""
        column, *steps = caret.field
        path = ".".join(steps), steps
        # Severities are typed by name and stored by number: there are few, so all are read.
        typed = "" if column == "severity" else caret.typed
        if column in _COUNTED:
            rows = await self._fetch("list_counted_values", *_times(self.range), column, *path, typed, MAX_PAGE_SIZE)
        elif column == "attributes":
            newest = await self._newest()
            rows = await self._fetch("list_attribute_values", *_times(newest), *path, typed, MAX_PAGE_SIZE)
        else:
            return []
        return [Counted(*row) for row in rows]

    async def _newest(self) -> TimeRange:
        """The end of the range that holds the newest records: sorting a whole day for them would take a second."""
        wanted = _NEWEST

        async def look(connection: "asyncpg.pool.PoolConnectionProxy", window: TimeRange) -> bool:
            nonlocal wanted
            wanted -= await connection.fetchval(load("count_some"), *_times(window), wanted)
            return bool(wanted <= 0)

        start = await walk(self.pool, self.tenant, self.range, self.deadline, look)
        return TimeRange(start, self.range.end_unix_nano)

    async def _fetch(self, name: str, *parameters: object) -> list[Any]:
        left = max(0.001, self.deadline - time.monotonic())
        async with reading(self.pool, self.tenant, left) as connection:
            return list(await connection.fetch(load(name), *parameters))


def _times(span: TimeRange) -> tuple[object, object]:
    return to_timestamp(span.start_unix_nano)[0], to_timestamp(span.end_unix_nano)[0]
