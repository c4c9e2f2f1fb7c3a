"""How an unfinished filter may go on: what the grammar allows at its end, filled with what records of the range have."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import asyncpg

from logmesh.filters.caret import Caret, read_carets
from logmesh.filters.completion import Counted, Key, propose, typed_key
from logmesh.gateway.reader import reading
from logmesh.gateway.request import TimeRange, read_limit, read_range
from logmesh.gateway.rows import to_timestamp
from logmesh.storage.sql import load
from logmesh.v1.query_service_pb2 import CompleteRequest, CompleteResponse

DEFAULT_PAGE_SIZE: Final = 10
MAX_PAGE_SIZE: Final = 50
TIME_LIMIT_SECONDS: Final = 2.0
"""Nobody waits longer for a word to be finished."""
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
    with contextlib.suppress(asyncpg.QueryCanceledError):
        for caret in query.carets:
            # Before anything is typed the fields that all records have are enough, and need no look at the database.
            if caret.takes_field and caret.typed and not caret.takes_operator:
                keys += await _keys(pool, tenant, query, typed_key(caret.typed))
            if caret.takes_value:
                values += await _values(pool, tenant, query, caret)
    found = propose(query.filter, query.carets, keys, values)
    return CompleteResponse(completions=found[: query.page_size])


async def _keys(pool: "asyncpg.Pool", tenant: str, query: CompletionQuery, typed: Key) -> list[Key]:
    async with reading(pool, tenant, TIME_LIMIT_SECONDS) as connection:
        rows = await connection.fetch(load("list_keys"), *_range(query), typed.column, typed.key, query.page_size)
    return [Key(*row) for row in rows]


async def _values(pool: "asyncpg.Pool", tenant: str, query: CompletionQuery, caret: Caret) -> list[Counted]:
    column, *steps = caret.field
    path = ".".join(steps), steps
    # Severities are typed by name and stored by number: there are few, so all are read.
    typed = "" if column == "severity" else caret.typed
    async with reading(pool, tenant, TIME_LIMIT_SECONDS) as connection:
        if column in _COUNTED:
            rows = await connection.fetch(
                load("list_counted_values"), *_range(query), column, *path, typed, MAX_PAGE_SIZE
            )
        elif column == "attributes":
            rows = await connection.fetch(load("list_attribute_values"), *_range(query), *path, typed, MAX_PAGE_SIZE)
        else:
            return []
    return [Counted(*row) for row in rows]


def _range(query: CompletionQuery) -> tuple[object, object]:
    return to_timestamp(query.range.start_unix_nano)[0], to_timestamp(query.range.end_unix_nano)[0]
