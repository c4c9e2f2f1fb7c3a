"""Traces on a real database and a real Redis: whatever the cache holds, the answer is what the database would say."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
import redis.asyncio
from structlog.testing import capture_logs
from tests.conftest import Database
from tests.integration.gateway.stored import store_records
from tests.integration.processor.append_stream import columns_of
from tests.integration.processor.conftest import ServerStore
from tests.integration.processor.running import running_processor

from logmesh.cli.local.redis import Redis
from logmesh.gateway.query.get_trace import Traces, read_trace
from logmesh.gateway.requests.checks import RequestError, to_proto
from logmesh.record.columns import OriginKey
from logmesh.record.values import set_values
from logmesh.rows.copied import rows_to_copy
from logmesh.rows.reader import Reader
from logmesh.rows.recent_traces import RecentTracesOfRows
from logmesh.rows.records import record_from_row
from logmesh.rows.store import RowsStore
from logmesh.runtime import metrics
from logmesh.storage import cached_traces
from logmesh.storage.recent_traces import READ, trace_key
from logmesh.v1.query_service_pb2 import GetTraceRequest, GetTraceResponse
from logmesh.v1.record_pb2 import LogRecord

NOW = time.time_ns() // 10**9 * 10**9
TRACE = bytes(range(1, 17))
KEY = trace_key("default", TRACE)
READ_KEY = trace_key("default", TRACE, READ)
MINUTE = 60


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    """That of the test: a whole suite may have run since this file was imported, and the gateway looks back from its own now."""
    monkeypatch.setitem(globals(), "NOW", time.time_ns() // 10**9 * 10**9)


@pytest.fixture
def reader(pool: asyncpg.Pool) -> Reader:
    """What reads with those connections."""
    return Reader(pool)


@pytest.fixture
async def client(redis_server: Redis) -> "AsyncIterator[redis.asyncio.Redis]":
    """The test's own connection to Redis, which is empty."""
    opened = redis.asyncio.Redis.from_url(redis_server.url)
    await opened.flushall()
    yield opened
    await opened.aclose()


@pytest.fixture
async def cache(
    redis_server: Redis, reader: Reader, client: "redis.asyncio.Redis", monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[RecentTracesOfRows]:
    """What the gateway has of that Redis, which is empty. It is not away because the machine is busy."""
    monkeypatch.setattr(cached_traces, "LIMIT_SECONDS", 3)
    opened = RecentTracesOfRows(redis_server.url, reader)
    yield opened
    await opened.close()


def record(body: str, age_seconds: float = 1, trace: bytes = TRACE) -> LogRecord:
    made = LogRecord(time_unix_nano=NOW - int(age_seconds * 1e9) + 7, body=body, trace_id=trace, span_id=b"\xff" * 8)
    made.resource.service_name = "checkout"
    made.resource.service_instance_id = "pod-1"
    set_values(made.resource.attributes, {"k8s.pod.name": "pod-1"})
    set_values(made.attributes, {"n": 1.5, "deep": {"list": [1, None, True]}})
    return made


async def find(
    reader: Reader, cache: RecentTracesOfRows | None, request: GetTraceRequest | None = None, tenant: str = "default"
) -> GetTraceResponse:
    query = read_trace(request or GetTraceRequest(trace_id=TRACE.hex()))
    return await Traces(RowsStore(reader), cache, time_limit_seconds=10).find(tenant, query)


async def copied(reader: Reader, condition: str = "TRUE", tenant: str = "default") -> bytes:
    """COPY rows of what is stored, as a processor would have appended them."""
    async with reader.reading(tenant, 10) as connection:
        rows = await connection.fetch(
            f"SELECT * FROM logmesh.records WHERE trace_id = $1 AND {condition} ORDER BY position", TRACE.hex()
        )
    return rows_to_copy(tenant, rows)


def counted() -> tuple[float, float]:
    """Hits and misses so far."""
    return metrics.CACHE_HITS._value.get(), metrics.CACHE_MISSES._value.get()


async def test_what_a_processor_cached_is_what_the_database_holds(
    database: Database,
    reader: Reader,
    redis_server: Redis,
    client: "redis.asyncio.Redis",
    cache: RecentTracesOfRows,
    tmp_path: Path,
) -> None:
    store = ServerStore(database.server, database.name)
    async with running_processor(store, tmp_path, redis_url=redis_server.url) as processor:
        stream = processor.stream()
        await stream.hello()
        for seq, instance in ((1, b"pod-1"), (2, b"pod-2")):
            origin = OriginKey(b"checkout", instance, b'{"k8s.pod.name":"p"}', b"logger", b"1.0")
            columns = columns_of([b"body %d" % seq, "é".encode()], origin=origin)
            columns.trace_ids, columns.span_ids = TRACE * 2, bytes(8) + b"s" * 8
            columns.attributes.extend([b'{"b": 1, "a": 2.50}', b""])
            columns.severity_texts.extend([b"notice", b""])
            await stream.send_columns(seq, columns)
            await stream.until_committed(seq)
        async with asyncio.timeout(10):
            while b"body 2" not in (await client.get(KEY) or b""):
                await asyncio.sleep(0.02)
        hits, misses = counted()
        from_cache, from_database = await find(reader, cache), await find(reader, None)
    assert counted() == (hits + 1, misses + 1)
    assert (from_cache.cached, from_database.cached) == (True, False)
    assert list(from_cache.records) == list(from_database.records)
    assert len(from_cache.records) == 4
    first = from_cache.records[0]
    assert (first.body, first.resource.service_instance_id, first.scope.name) == ("body 1", "pod-1", "logger")


async def test_a_miss_fills_the_cache_for_five_minutes(
    database: Database, reader: Reader, client: "redis.asyncio.Redis", cache: RecentTracesOfRows
) -> None:
    await store_records(database, [record(f"{n}", 10 - n) for n in range(5)])
    first, second = await find(reader, cache), await find(reader, cache)
    assert (first.cached, second.cached) == (False, True)
    assert list(first.records) == list(second.records)
    assert [one.body for one in second.records] == ["0", "1", "2", "3", "4"]
    assert 290 < await client.ttl(READ_KEY) <= 300


async def test_a_trace_that_is_not_known_is_empty_and_not_cached(
    reader: Reader, client: "redis.asyncio.Redis", cache: RecentTracesOfRows
) -> None:
    answer = await find(reader, cache)
    assert (len(answer.records), answer.truncated, answer.cached) == (0, False, False)
    assert await client.keys() == []


async def test_what_a_processor_appended_meanwhile_and_what_was_read_are_both_there(
    database: Database, reader: Reader, client: "redis.asyncio.Redis", cache: RecentTracesOfRows
) -> None:
    await store_records(database, [record("a", 2), record("b", 1)])
    appended = await copied(reader, "body = 'b'")
    await client.append(KEY, appended)
    async with reader.reading("default", 10) as connection:
        rows = await connection.fetch("SELECT * FROM logmesh.records ORDER BY body")
    first, both = record_from_row(rows[0]), list(map(record_from_row, rows))
    await cache.fill("default", TRACE, [first])
    found = await cache.get("default", TRACE, seconds=10)
    assert sorted(found, key=lambda one: one.body) == both
    await cache.fill("default", TRACE, both)  # as another gateway, which was slower
    kept = await client.get(READ_KEY)
    assert isinstance(kept, bytes) and list(GetTraceResponse.FromString(kept).records) == [first]
    assert await client.get(KEY) == appended


async def test_a_row_that_came_twice_counts_once(
    database: Database, reader: Reader, client: "redis.asyncio.Redis", cache: RecentTracesOfRows
) -> None:
    await store_records(database, [record("a", 2), record("b", 1)])
    await client.append(KEY, await copied(reader) * 3)
    answer = await find(reader, cache)
    assert answer.cached
    assert [one.body for one in answer.records] == ["a", "b"]


async def test_what_the_cache_lost_comes_from_the_database(
    database: Database, reader: Reader, client: "redis.asyncio.Redis", cache: RecentTracesOfRows
) -> None:
    """The earlier part expired, one batch in the middle never arrived; two hours before is another story."""
    ages = {"long before": 130 * MINUTE, "first": 65 * MINUTE, "begun": 61 * MINUTE, "lost": 30, "late": 20, "last": 10}
    await store_records(database, [record(body, age) for body, age in ages.items()])
    await client.append(KEY, await copied(reader, "body IN ('begun', 'late', 'last')"))
    answer = await find(reader, cache)
    assert answer.cached
    assert [one.body for one in answer.records] == ["first", "begun", "lost", "late", "last"]
    # It comes for who says from when on, whether the cache has any of the trace or not.
    everything = GetTraceRequest(trace_id=TRACE.hex(), start_time=to_proto(0))
    for recent in (cache, None):
        assert [one.body for one in (await find(reader, recent, everything)).records] == list(ages)


async def test_without_a_cache_the_last_hour_is_looked_at_and_an_hour_before_what_is_found(
    database: Database, reader: Reader
) -> None:
    await store_records(database, [record("a", 95 * MINUTE), record("b", 40 * MINUTE), record("c", 1)])
    assert [one.body for one in (await find(reader, None)).records] == ["a", "b", "c"]


async def test_a_trace_of_days_ago_is_found(database: Database, reader: Reader, cache: RecentTracesOfRows) -> None:
    await store_records(database, [record("old", 3 * 86_400), record("older", 3 * 86_400 + 10)])
    for _ in range(2):
        assert [one.body for one in (await find(reader, cache)).records] == ["older", "old"]


@pytest.mark.parametrize("through_cache", [True, False])
async def test_page_size_and_times_cut_the_trace(
    database: Database, reader: Reader, client: "redis.asyncio.Redis", cache: RecentTracesOfRows, through_cache: bool
) -> None:
    await store_records(database, [record(f"{n}", 10 - n) for n in range(6)])
    if through_cache:
        await client.append(KEY, await copied(reader, "body IN ('1', '4')"))
    asked = GetTraceRequest(trace_id=TRACE.hex().upper(), page_size=3)
    answer = await find(reader, cache, asked)
    assert [one.body for one in answer.records] == ["0", "1", "2"]
    assert (answer.truncated, answer.cached) == (True, through_cache)
    times = [to_proto(NOW - 8 * 10**9 + 7), to_proto(NOW - 6 * 10**9 + 7)]
    answer = await find(reader, cache, GetTraceRequest(trace_id=TRACE.hex(), start_time=times[0], end_time=times[1]))
    assert [one.body for one in answer.records] == ["2", "3"]
    assert not answer.truncated


@pytest.mark.parametrize("through_cache", [True, False])
async def test_a_trace_too_large_for_a_message_is_cut_and_says_so(
    database: Database, reader: Reader, client: "redis.asyncio.Redis", cache: RecentTracesOfRows, through_cache: bool
) -> None:
    await store_records(database, [record(f"{n} " + "x" * 200_000, 100 - n) for n in range(40)])
    if through_cache:
        await client.append(KEY, await copied(reader, "position >= 10"))
    answer = await find(reader, cache)
    assert answer.ByteSize() < 4 << 20
    assert [one.body.partition(" ")[0] for one in answer.records] == [f"{n}" for n in range(len(answer.records))]
    assert (answer.truncated, len(answer.records) > 15) == (True, True)


async def test_what_is_no_trace_in_redis_is_a_miss(
    database: Database, reader: Reader, client: "redis.asyncio.Redis", cache: RecentTracesOfRows
) -> None:
    await store_records(database, [record("a", 2)])
    good = await copied(reader)
    for value in (b"nonsense", good[:-1], good + b"\0", good.replace(TRACE, bytes(16)), b"\0" * (9 << 20)):
        await client.flushall()
        await client.set(KEY, value)
        await client.set(READ_KEY, value)
        answer = await find(reader, cache)
        assert [one.body for one in answer.records] == ["a"]
        assert not answer.cached
    await client.flushall()
    await client.lpush(KEY, "a list")
    assert [one.body for one in (await find(reader, cache)).records] == ["a"]
    # None of that made Redis count as away.
    await client.flushall()
    await client.set(KEY, good)
    assert (await find(reader, cache)).cached


async def test_rows_whose_origin_the_database_does_not_know_are_a_miss(
    database: Database, reader: Reader, client: "redis.asyncio.Redis", cache: RecentTracesOfRows
) -> None:
    await store_records(database, [record("a", 2)])
    async with reader.reading("default", 10) as connection:
        rows = [dict(row) for row in await connection.fetch("SELECT * FROM logmesh.records")]
    rows[0]["origin"] += 1_000
    await client.set(KEY, rows_to_copy("default", rows))
    answer = await find(reader, cache)
    assert [one.body for one in answer.records] == ["a"]
    assert not answer.cached


async def test_no_tenant_sees_anothers_trace(
    database: Database, reader: Reader, client: "redis.asyncio.Redis", cache: RecentTracesOfRows
) -> None:
    await store_records(database, [record("ours")])
    await store_records(database, [record("theirs")], tenant="acme", spool=2)
    for _ in range(2):
        assert [one.body for one in (await find(reader, cache)).records] == ["ours"]
        assert [one.body for one in (await find(reader, cache, tenant="acme")).records] == ["theirs"]
    # Not even where their rows lie under our key.
    theirs = await copied(reader, tenant="acme")
    for planted in (theirs, theirs.replace(b"\0\0\0\4acme", b"\0\0\0\7default")):
        await client.flushall()
        await client.set(KEY, planted)
        answer = await find(reader, cache)
        assert [one.body for one in answer.records] == ["ours"]
        assert not answer.cached


async def test_a_cache_that_dies_hangs_or_comes_back_is_no_error(
    database: Database, reader: Reader, tmp_path: Path
) -> None:
    await store_records(database, [record("a", 2)])
    server = Redis(tmp_path)
    await asyncio.to_thread(server.start)
    cache = RecentTracesOfRows(server.url, reader)
    with capture_logs() as logs:
        try:
            assert not (await find(reader, cache)).cached
            assert (await find(reader, cache)).cached
            assert server.process is not None
            os.kill(server.process.pid, signal.SIGSTOP)
            began = time.monotonic()
            for _ in range(5):
                answer = await find(reader, cache)
                assert [one.body for one in answer.records] == ["a"]
                assert not answer.cached
            assert time.monotonic() - began < 3
            server.process.kill()
            server.process.wait()
            await asyncio.sleep(1.1)
            assert not (await find(reader, cache)).cached
            server.spawn()
            async with asyncio.timeout(20):
                while not (await find(reader, cache)).cached:
                    await asyncio.sleep(0.1)
        finally:
            await cache.close()
            await asyncio.to_thread(server.stop)
    events = [entry["event_name"] for entry in logs]
    assert events == ["cache_away", "cache_back"]


@pytest.mark.parametrize("trace_id", ["", "abc", "g" * 32, TRACE.hex() + "\n", "0" * 33])
def test_what_is_no_trace_id_is_refused(trace_id: str) -> None:
    with pytest.raises(RequestError, match="32 hexadecimal digits"):
        read_trace(GetTraceRequest(trace_id=trace_id))
