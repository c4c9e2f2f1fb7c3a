"""Records spread over rows and the lake are answered as the same records in rows alone, whatever is asked."""

import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import asyncpg
import pytest
from tests.conftest import fresh_database
from tests.contract.store.asked import MINUTE, NOW, place_of, record
from tests.integration.gateway.stored import store_records
from tests.integration.lake.spread import KINDS, SPOOLS, TRACES, Spread, spread_stores

from logmesh.cli.local.postgres import Postgres
from logmesh.filters import parse_field, parse_filter
from logmesh.filters.ast import EVERYTHING, Node
from logmesh.filters.fields import LEVELS
from logmesh.gateway.query.search import Done, Query, search
from logmesh.live.offer import Span
from logmesh.rows.records import to_timestamp
from logmesh.store.counts import Buckets
from logmesh.store.flushes import Flush, StoredAt
from logmesh.store.microseconds import to_microseconds
from logmesh.store.order import Cursor
from logmesh.store.store import Store
from logmesh.store.time_range import TimeRange
from logmesh.v1.record_pb2 import LogRecord

ROUNDS: Final = 3
SECONDS: Final = 60.0
ALL: Final = TimeRange(NOW - 20 * MINUTE, NOW)
FILTERS: Final = (
    "", 'service = "s1"', "severity >= WARNING", '"odd"', "NOT attributes.user = 3", "attributes.user > 4 OR body =~ '1$'", "nowhere",
)  # fmt: skip
FIELDS: Final = ("service", "instance", "level", "attributes.user", "attributes.id", "attributes.skewed")


@pytest.fixture
async def spread(postgres: Postgres, tmp_path: Path) -> AsyncIterator[Spread]:
    async with (
        fresh_database(postgres) as alone,
        fresh_database(postgres) as both,
        spread_stores(alone, both, tmp_path) as opened,
    ):
        yield opened


class Drawn:
    """What a question is about."""

    def __init__(self, draw: random.Random, records: list[LogRecord]) -> None:
        self.node: Node = parse_filter(draw.choice(FILTERS))
        self.field = parse_field(draw.choice(FIELDS))
        self.most = draw.choice([1, 3, 10])
        self.page = draw.choice([1, 7, 100])
        self.trace = draw.choice(TRACES)
        self.newest = draw.choice([1, 10, 50, 10_000])
        ends = sorted(draw.choice([ALL.start_unix_nano, NOW, draw.choice(records).time_unix_nano]) for _ in range(2))
        self.span = draw.choice([ALL, TimeRange(ends[0], ends[1] + draw.randrange(2))])
        self.width = draw.choice([MINUTE, 5 * MINUTE, MINUTE // 4])
        self.index = draw.randrange(len(records))

    @property
    def buckets(self) -> Buckets:
        start = self.span.start_unix_nano // self.width * self.width
        return Buckets(start, self.width, -(-(self.span.end_unix_nano - start) // self.width), self.span)


async def pages(store: Store, asked: Drawn) -> list[str]:
    """Ids, page by page."""
    found, cursor = list[str](), Cursor(asked.span.end_unix_nano)
    while True:
        query = Query(asked.node, asked.span.start_unix_nano, cursor, asked.page)
        async for part in search(store, "default", query, time_limit_seconds=SECONDS):
            if isinstance(part, list):
                found += [one.id for one in part]
            elif isinstance(part, Done):
                done = part
        if done.cursor is None:
            return found
        cursor = done.cursor


async def by_key(store: Store, asked: Drawn) -> object:
    level = parse_field("level")
    rows = await store.count_keys("default", asked.node, asked.span, asked.buckets, level, LEVELS, seconds=SECONDS)
    return sorted(row for row in rows if row.records)


async def by_value(store: Store, asked: Drawn) -> object:
    counted = await store.count_values(
        "default", asked.node, asked.span, asked.buckets, asked.field, asked.most, seconds=SECONDS
    )
    return Counter({row[:3]: row.records for row in counted})


async def facets(store: Store, asked: Drawn) -> object:
    is_counted = await store.is_counted(asked.node, asked.field, asked.span, seconds=SECONDS)
    (found,) = await store.facets(
        "default", asked.node, asked.span, [asked.field], asked.most,
        newest=None if is_counted else 10_000, seconds=SECONDS,
    )  # fmt: skip
    return list(found.values), found.counted


async def facets_of_newest(store: Store, asked: Drawn) -> object:
    fields = [asked.field, parse_field("service")]
    found = await store.facets(
        "default", asked.node, asked.span, fields, asked.most, newest=asked.newest, seconds=SECONDS
    )
    return [(list(one.values), one.counted, one.oldest_unix_nano // 1_000) for one in found]


async def totals(store: Store, asked: Drawn) -> object:
    found = await store.totals("default", [asked.span, ALL], seconds=SECONDS)
    return [dict(one) for one in found]


async def trace(store: Store, asked: Drawn) -> object:
    known = [(1, 0), (2, 3)]
    found = await store.trace(
        "default", asked.trace, asked.span, asked.page, known=known, max_bytes=1 << 22, seconds=SECONDS
    )
    return list(found)


async def bodies(store: Store, asked: Drawn) -> object:
    found = await store.bodies("default", asked.node, asked.span, asked.page, characters=4, seconds=SECONDS)
    places = [found.place(at) for at in range(len(found))]
    return list(found), places, await store.records("default", places, seconds=SECONDS)


async def beside(store: Store, asked: Drawn) -> object:
    spool = SPOOLS[asked.index % len(SPOOLS)]
    found = await store.record("default", spool, asked.index % 7, ALL, seconds=SECONDS)
    if found is None:
        return None
    neighbours = await store.neighbours("default", found, seconds=SECONDS)
    at = place_of(found)
    return [found] + [
        list(await neighbours.nearest(at, edge, asked.page, max_bytes=1 << 22, seconds=SECONDS))
        for edge in (ALL.start_unix_nano, at.unix_nano, NOW)
    ]


def to_datetimes(span: TimeRange) -> tuple[datetime, datetime]:
    return to_timestamp(span.start_unix_nano)[0], to_timestamp(span.end_unix_nano)[0]


async def completion(store: Store, asked: Drawn) -> object:
    return [
        await store.count_some("default", ALL, asked.page, seconds=SECONDS),
        list(await store.values("default", ["service"], "", 10, span=ALL, seconds=SECONDS)),
        list(await store.values("default", ["severity"], "", 10, span=ALL, seconds=SECONDS)),
        set(await store.keys("default", "", "", 10, span=ALL, newest=ALL, seconds=SECONDS)),
    ]


QUESTIONS: Final[list[Callable[[Store, Any], Awaitable[object]]]] = [
    pages, by_key, by_value, facets, facets_of_newest, totals, trace, bodies, beside, completion,
]  # fmt: skip


@pytest.mark.timeout(300)
async def test_records_of_two_stores_are_answered_as_those_of_one(spread: Spread) -> None:
    for seed in range(KINDS):
        draw = random.Random(seed)
        await spread.fill(draw, draw.choice([40, 150]), seed)
        for round_ in range(ROUNDS):
            asked = Drawn(draw, spread.records)
            for question in QUESTIONS:
                right = await question(spread.alone, asked)
                assert await question(spread.spread, asked) == right, (seed, round_, question.__name__, vars(asked))


async def test_rows_are_asked_for_nothing_while_there_are_none_and_found_once_a_flush_has_one(
    spread: Spread, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw, read = random.Random(1), list[str]()
    await spread.fill(draw, 50)
    owner = await asyncpg.connect(spread.databases[1].owner_dsn)
    await owner.execute("TRUNCATE logmesh.logs, logmesh.counts")
    fetch, cursor = asyncpg.Connection.fetch, asyncpg.Connection.cursor

    def watched(ask: Callable[..., Any]) -> Callable[..., Any]:
        def asking(connection: asyncpg.Connection, sql: str, *arguments: Any, **limits: Any) -> Any:
            read.append(sql)
            return ask(connection, sql, *arguments, **limits)

        return asking

    monkeypatch.setattr(asyncpg.Connection, "fetch", watched(fetch))
    monkeypatch.setattr(asyncpg.Connection, "cursor", watched(cursor))
    asked = Drawn(draw, spread.records)
    asked.node, asked.span = EVERYTHING, ALL
    user = parse_field("attributes.user")
    assert await spread.spread.is_counted(EVERYTHING, user, ALL, seconds=SECONDS), "by the first question, too"
    for question in QUESTIONS:
        await question(spread.spread, asked)
    assert read
    assert not [sql for sql in read if "logmesh.records" in sql or "record_counts" in sql]
    assert await spread.spread.is_counted(EVERYTHING, user, ALL, seconds=SECONDS)
    before = await pages(spread.spread, asked)
    await store_records(spread.databases[1], [record(MINUTE)], spool=9)
    received = await owner.fetchval("SELECT max(received) FROM logmesh.logs")
    flush = Flush(to_microseconds(received), *to_datetimes(ALL), [Span(9, 0, 0)])
    part = await spread.spread.stored("default", EVERYTHING, [flush], StoredAt(), 9, max_bytes=9_999, seconds=SECONDS)
    assert len(part.records) == 1
    assert len(await pages(spread.spread, asked)) == len(before) + 1
    assert not await spread.spread.is_counted(EVERYTHING, user, ALL, seconds=SECONDS)
    of_lake_alone = TimeRange(NOW - MINUTE + 1_000, NOW)
    assert await spread.spread.is_counted(EVERYTHING, user, of_lake_alone, seconds=SECONDS)
    await owner.close()


async def test_a_value_that_one_store_does_not_name_is_counted_in_it_all_the_same(spread: Spread) -> None:
    rare = [record(MINUTE, service="top"), *(record(MINUTE, service=f"v{n}") for n in range(20) for _ in range(3))]
    often = [record(MINUTE, service="top") for _ in range(50)]
    await store_records(spread.databases[1], rare, spool=1)
    await spread.lake.put_file(often, range(len(often)), spool=2)
    service, buckets = parse_field("service"), Buckets(ALL.start_unix_nano, ALL.length_nano, 1, ALL)
    counted = await spread.spread.count_values("default", EVERYTHING, ALL, buckets, service, 1, seconds=SECONDS)
    assert sorted(counted, key=lambda one: one.is_rest) == [(0, "top", False, 51), (0, None, True, 60)]
    (facet,) = await spread.spread.facets("default", EVERYTHING, ALL, [service], 1, newest=None, seconds=SECONDS)
    assert (list(facet.values), facet.counted) == ([("top", 51)], 111)
