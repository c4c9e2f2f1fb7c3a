"""ListPatterns: templates of the newest bodies that match, and which of them the period before does not know.

Of each period the newest SAMPLE records are looked at, of each body the beginning. Bodies are masked in a thread: the event
loop goes on with other calls.
"""

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Final

import asyncpg

from logmesh.filters import compile_sql, parse_filter
from logmesh.filters.ast import Node
from logmesh.gateway.masking import mask
from logmesh.gateway.reader import reading
from logmesh.gateway.request import TimeRange, read_limit, read_range
from logmesh.gateway.rows import record_from_row, to_timestamp
from logmesh.gateway.walk import walk
from logmesh.storage.sql import load
from logmesh.storage.statement import Statement
from logmesh.v1.query_service_pb2 import ListPatternsRequest, ListPatternsResponse, Pattern
from logmesh.v1.record_pb2 import LogRecord

SAMPLE: Final = 20_000
BODY_CHARACTERS: Final = 1_000
MAX_SERVICES: Final = 10
EXAMPLES_BYTES: Final = 2 << 20
"""Clients take four megabytes: examples beyond this come without their body and attributes."""


@dataclass(frozen=True, slots=True)
class PatternsQuery:
    """Which records to find templates of, and how many templates."""

    filter: Node
    range: TimeRange
    page_size: int


@dataclass(slots=True)
class Tally:
    """What is known of one template. The newest record is named by time, spool and position."""

    newest: tuple[datetime, int, int]
    count: int = 0
    severity: int = 0
    services: dict[str, None] = field(default_factory=dict)


@dataclass(slots=True)
class Templates:
    """Templates of `counted` records; `exact` when those are all of the range, `decided` when they are all or a full sample."""

    tallies: dict[str, Tally] = field(default_factory=dict)
    counted: int = 0
    exact: bool = False
    decided: bool = False

    def add(self, rows: Iterable[Any]) -> None:
        """Count rows of patterns.sql, the newest first."""
        for at, spool, position, severity, service, body in rows:
            template = mask(body)
            tally = self.tallies.get(template)
            if tally is None:
                tally = self.tallies[template] = Tally((at, spool, position))
            tally.count += 1
            tally.severity = max(tally.severity, severity)
            if len(tally.services) < MAX_SERVICES:
                tally.services[service] = None
            self.counted += 1

    def most_frequent(self, most: int) -> list[tuple[str, Tally]]:
        """The first `most` of them, in the order of their counts."""
        return sorted(self.tallies.items(), key=lambda item: (-item[1].count, item[0]))[:most]


def read_patterns(request: ListPatternsRequest, now_unix_nano: int) -> PatternsQuery:
    """The query that a request asks for. Raises FilterError or RequestError."""
    page_size = read_limit("page_size", request.page_size, default=20, most=200)
    return PatternsQuery(parse_filter(request.filter), read_range(request, now_unix_nano), page_size)


async def list_patterns(
    pool: "asyncpg.Pool", tenant: str, query: PatternsQuery, seconds: float
) -> ListPatternsResponse:
    """Look within about `seconds`. Raises Busy, OSError and asyncpg's errors."""
    deadline = time.monotonic() + seconds
    now = await _templates(pool, tenant, query.filter, query.range, deadline)
    earlier = query.range.earlier(query.range.length_nano)
    before = await _templates(pool, tenant, query.filter, earlier, deadline)
    chosen = now.most_frequent(query.page_size)
    async with reading(pool, tenant, seconds, replan=True) as connection:
        examples = await _examples(connection, [tally.newest for _, tally in chosen])
    patterns = [
        Pattern(
            template=template,
            count=tally.count,
            severity_number=tally.severity,  # type: ignore[arg-type]  # stored as a number of the enum
            services=tally.services,
            example=examples.get(tally.newest),
            # What could not be looked for is not called new.
            is_new=before.decided and template not in before.tallies,
        )
        for template, tally in chosen
    ]
    return ListPatternsResponse(patterns=patterns, counted=now.counted, exact=now.exact)


async def _templates(pool: "asyncpg.Pool", tenant: str, node: Node, span: TimeRange, deadline: float) -> Templates:
    found = Templates()

    async def look(connection: Any, window: TimeRange) -> bool:
        statement = Statement()
        condition = statement.compile(partial(compile_sql, node))
        (start, start_ns), (end, end_ns) = to_timestamp(window.start_unix_nano), to_timestamp(window.end_unix_nano)
        most = SAMPLE - found.counted
        statement.add(
            "patterns", condition=condition, start=start, start_ns=start_ns, end=end, end_ns=end_ns, most=most,
            characters=BODY_CHARACTERS,
        )  # fmt: skip
        rows = await connection.fetch(statement.sql, *statement.parameters)
        await asyncio.to_thread(found.add, rows)
        return len(rows) == most

    reached = await walk(pool, tenant, span, deadline, look)
    full = found.counted == SAMPLE
    found.exact = reached == span.start_unix_nano and not full
    found.decided = found.exact or full
    return found


async def _examples(
    connection: Any, wanted: list[tuple[datetime, int, int]]
) -> dict[tuple[datetime, int, int], LogRecord]:
    rows = await connection.fetch(load("examples"), [key[0] for key in wanted], [key[2] for key in wanted])
    by_key = {(row["time"], row["spool"], row["position"]): row for row in rows}
    examples, size = {}, 0
    for key in wanted:
        if key not in by_key:  # retention dropped it meanwhile
            continue
        record = record_from_row(by_key[key])
        if size + record.ByteSize() > EXAMPLES_BYTES:
            record.body = ""
            record.ClearField("attributes")
        size += record.ByteSize()
        examples[key] = record
    return examples
