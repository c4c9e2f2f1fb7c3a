"""Search on a real database: order, paging, tenants, limits, cancellation."""

import asyncio
import time
from contextlib import aclosing

import asyncpg
import pytest
from tests.conftest import Database
from tests.integration.gateway.stored import store_records
from tests.waiting import until

from logmesh.filters import parse_filter
from logmesh.gateway.query.search import Done, Progress, Query, search
from logmesh.record.values import set_values
from logmesh.store.order import Cursor
from logmesh.store.store import Store
from logmesh.v1.query_service_pb2 import SEARCH_END_EXHAUSTED, SEARCH_END_PAGE_FULL, SEARCH_END_TIME_LIMIT
from logmesh.v1.record_pb2 import SEVERITY_NUMBER_ERROR, LogRecord

NOW = time.time_ns() // 10**9 * 10**9


def record(body: str, age_seconds: float = 1, service: str = "checkout") -> LogRecord:
    made = LogRecord(time_unix_nano=NOW - int(age_seconds * 1e9), body=body)
    made.resource.service_name = service
    return made


def query(text: str = "", *, hours: float = 24, page_size: int = 100, cursor: Cursor | None = None) -> Query:
    return Query(parse_filter(text), NOW - int(hours * 3600e9), cursor or Cursor(NOW + 10**9), page_size)


async def run(
    store: Store, asked: Query, *, tenant: str = "default", limit: float = 10
) -> tuple[list[LogRecord], Done]:
    found: list[LogRecord] = []
    async for message in search(store, tenant, asked, time_limit_seconds=limit):
        if isinstance(message, Done):
            return found, message
        if not isinstance(message, Progress):
            found += message
    raise AssertionError("a search ends with Done")


async def test_records_come_newest_first_across_windows_and_the_range_is_exhausted(
    database: Database, store: Store
) -> None:
    ages = [0.5, 30, 61, 3_000, 7_200, 80_000]
    await store_records(database, [record(f"age {age}", age) for age in reversed(ages)])
    found, done = await run(store, query())
    assert [one.body for one in found] == [f"age {age}" for age in ages]
    assert done == Done(SEARCH_END_EXHAUSTED, query().start_unix_nano, None)


async def test_rare_matches_after_empty_windows_are_all_found_and_in_order(database: Database, store: Store) -> None:
    noise = [record("noise", age) for age in range(0, 80_000, 400)]
    # Three within one microsecond, two of them at one nanosecond; all behind windows without a match.
    rare = [record("rare", 30_000) for _ in range(3)]
    rare[1].time_unix_nano += 7
    rare[2].time_unix_nano += 7
    await store_records(database, [*rare, record("rare", 70_000), *noise])
    everything, _ = await run(store, query("body = rare"))
    times = [one.time_unix_nano for one in everything]
    assert times == [rare[1].time_unix_nano, rare[1].time_unix_nano, rare[0].time_unix_nano, NOW - 70_000 * 10**9]
    one_by_one, cursor = list[str](), None
    while True:
        found, done = await run(store, query("body = rare", page_size=1, cursor=cursor))
        one_by_one += [one.id for one in found]
        if (cursor := done.cursor) is None:
            break
    assert one_by_one == [one.id for one in everything]


async def test_a_search_says_how_far_it_has_come_while_it_finds_nothing(store: Store) -> None:
    messages = [message async for message in search(store, "default", query(), time_limit_seconds=10)]
    *progress, done = messages
    assert isinstance(done, Done)
    scanned = [message.scanned_from_unix_nano for message in progress if isinstance(message, Progress)]
    assert len(scanned) == len(progress) >= 3
    assert scanned == sorted(scanned, reverse=True)
    assert all(query().start_unix_nano < at < NOW for at in scanned)


async def test_pages_lose_and_repeat_nothing_where_all_times_are_equal(database: Database, store: Store) -> None:
    for spool, service in ((1, "checkout"), (2, "cart")):
        await store_records(database, [record(f"{n}", 60, service) for n in range(25)], spool=spool)
    seen: list[str] = []
    cursor: Cursor | None = None
    while True:
        found, done = await run(store, query(page_size=7, cursor=cursor))
        seen += [one.id for one in found]
        if done.cursor is None:
            break
        assert done.end == SEARCH_END_PAGE_FULL
        cursor = done.cursor
    assert len(seen) == len(set(seen)) == 50


async def test_a_filter_with_all_kinds_of_conditions_finds_its_record(database: Database, store: Store) -> None:
    wanted = record("payment took 812 ms", 100)
    wanted.severity_number = SEVERITY_NUMBER_ERROR
    wanted.trace_id = bytes(range(16))
    set_values(wanted.attributes, {"http": {"status": 503}, "user_id": "42"})
    await store_records(database, [record("noise"), wanted, record("payment took 9 ms", service="cart")])
    text = (
        'service = "checkout" AND severity >= WARNING AND "TOOK" AND body =~ "\\\\d{3} ms$" AND attributes.http.status >= 500'
        f" AND attributes.user_id = 42 AND trace_id = {bytes(range(16)).hex()} AND NOT service = cart"
    )
    found, _ = await run(store, query(text))
    assert [one.body for one in found] == ["payment took 812 ms"]
    assert found[0].attributes["http"].kvlist_value.values["status"].int_value == 503
    assert found[0].trace_id == bytes(range(16))
    assert found[0].resource.service_name == "checkout"


async def test_no_tenant_sees_anothers_records(database: Database, store: Store, pool: asyncpg.Pool) -> None:
    await store_records(database, [record("ours")], tenant="default")
    await store_records(database, [record("theirs")], tenant="acme", spool=2)
    assert [one.body for one in (await run(store, query()))[0]] == ["ours"]
    assert [one.body for one in (await run(store, query(), tenant="acme"))[0]] == ["theirs"]
    hostile = "body = \"x' OR true; SELECT set_config('app.tenant', 'acme', false) --\" OR \"') OR (TRUE\""
    assert (await run(store, query(hostile)))[0] == []
    # The setting ends with the transaction: no connection keeps a tenant.
    assert await pool.fetchval("SELECT count(*) FROM logmesh.records") == 0


async def test_a_large_page_comes_in_many_messages(database: Database, store: Store) -> None:
    await store_records(database, [record("x" * 200_000, n / 10) for n in range(30)])
    answers = [message async for message in search(store, "default", query(), time_limit_seconds=10)]
    sizes = [sum(one.ByteSize() for one in answer) for answer in answers if isinstance(answer, list)]
    assert len(sizes) >= 6
    assert max(sizes) < 1_300_000


async def test_out_of_time_it_says_how_far_it_came_and_the_next_page_goes_on_there(
    database: Database, store: Store
) -> None:
    await store_records(database, [record(f"{n}", n) for n in range(40)])
    seen: list[str] = []
    cursor: Cursor | None = None
    ends = set()
    for _ in range(10_000):
        found, done = await run(store, query(hours=1, cursor=cursor), limit=0.02)
        seen += [one.body for one in found]
        ends.add(done.end)
        if done.cursor is None:
            break
        assert done.scanned_from_unix_nano == done.cursor.unix_nano
        cursor = done.cursor
    assert seen == [f"{n}" for n in range(40)]
    assert ends <= {SEARCH_END_TIME_LIMIT, SEARCH_END_EXHAUSTED}


async def test_a_search_that_is_given_up_frees_its_backend_within_100_ms(database: Database, store: Store) -> None:
    lines = [record("a" * 20_000 + "b", n / 1000) for n in range(300)]
    await store_records(database, lines)
    slow = " OR ".join(f'body =~ "(a|aa)+{n}$"' for n in range(100))
    watcher = await asyncpg.connect(database.server.dsn("postgres", database.name))

    async def active() -> int:
        return int(
            await watcher.fetchval(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND state = 'active' AND query LIKE '%logmesh.records%'"
                " AND pid <> pg_backend_pid()"
            )
        )

    async def consume() -> None:
        async with aclosing(search(store, "default", query(slow), time_limit_seconds=30)) as messages:
            async for _ in messages:
                pass

    task = asyncio.create_task(consume())
    assert await until(active) == 1
    began = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    took = time.monotonic() - began
    assert await active() == 0
    assert took < 5, "the query would have run for 30 s"
    await watcher.close()
