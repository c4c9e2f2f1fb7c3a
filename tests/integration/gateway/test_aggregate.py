"""Histogram, Facets and ListChanges on a real database: right by a count in Python, from the rollup and from records alike."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import asyncpg
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conftest import Database
from tests.integration.gateway.stored import make_schema, store_records

from logmesh.filters import compile_predicate, parse_filter
from logmesh.filters.fields import LEVELS
from logmesh.gateway import facets as facets_module
from logmesh.gateway import histogram as histogram_module
from logmesh.gateway.changes import list_changes, read_changes
from logmesh.gateway.facets import facets, read_facets
from logmesh.gateway.histogram import histogram, read_histogram
from logmesh.storage.postgres import open_pool
from logmesh.v1.query_service_pb2 import (
    FacetsRequest,
    FacetsResponse,
    HistogramRequest,
    HistogramResponse,
    ListChangesRequest,
)
from logmesh.v1.record_pb2 import LogRecord

SECOND, MINUTE, HOUR = 10**9, 60 * 10**9, 3600 * 10**9
NOW = time.time_ns() // MINUTE * MINUTE
LIMIT = 20.0


@pytest.fixture
async def pool(database: Database) -> "AsyncIterator[asyncpg.Pool]":
    """The reader's connections to a database with the schema in it."""
    await make_schema(database)
    opened = await open_pool(database.reader_dsn, application="test", size=4)
    yield opened
    opened.terminate()


def record(age_nano: int, severity: int = 9, service: str = "checkout", **attributes: Any) -> LogRecord:
    made = LogRecord(time_unix_nano=NOW - age_nano, severity_number=severity, body="line")  # type: ignore[arg-type]
    made.resource.service_name = service
    made.attributes.update(attributes)
    return made


def at(unix_nano: int) -> Timestamp:
    return Timestamp(seconds=unix_nano // SECOND, nanos=unix_nano % SECOND)


async def over_time(pool: asyncpg.Pool, request: HistogramRequest, tenant: str = "default") -> HistogramResponse:
    return await histogram(pool, tenant, read_histogram(request, NOW), LIMIT)


async def values_of(pool: asyncpg.Pool, request: FacetsRequest, tenant: str = "default") -> FacetsResponse:
    return await facets(pool, tenant, read_facets(request, NOW), LIMIT)


def shown(answer: HistogramResponse) -> list[tuple[str, bool, list[int]]]:
    return [(series.value, series.is_rest, list(series.counts)) for series in answer.series]


def counted(answer: FacetsResponse) -> list[tuple[list[tuple[str, int]], int, bool]]:
    return [([(one.value, one.count) for one in facet.values], facet.rest, facet.exact) for facet in answer.facets]


async def test_levels_stack_up_most_severe_first_and_no_severity_is_a_series_without_a_value(
    database: Database, pool: asyncpg.Pool
) -> None:
    ages = [(1, 9), (2, 12), (61, 17), (62, 24), (119, 0), (181, 1)]
    await store_records(database, [record(age * SECOND, severity) for age, severity in ages])
    answer = await over_time(pool, HistogramRequest(start_time=at(NOW - 4 * MINUTE), end_time=at(NOW), buckets=4))
    assert answer.width.seconds == 60
    assert answer.start_time == answer.counted_from == at(NOW - 4 * MINUTE)
    assert shown(answer) == [
        ("FATAL", False, [0, 0, 1, 0]),
        ("ERROR", False, [0, 0, 1, 0]),
        ("INFO", False, [0, 0, 0, 2]),
        ("TRACE", False, [1, 0, 0, 0]),
        ("", False, [0, 0, 1, 0]),
    ]


@pytest.mark.parametrize("filter_text", ["", "line"])
async def test_ten_values_are_told_apart_and_the_others_are_one_series(
    database: Database, pool: asyncpg.Pool, filter_text: str
) -> None:
    made = [record(n * SECOND, service=f"s{n:02}") for n in range(1, 13) for _ in range(n)]
    await store_records(database, made)
    request = HistogramRequest(
        filter=filter_text, start_time=at(NOW - MINUTE), end_time=at(NOW), buckets=1, group_by="service"
    )
    values = [(value, rest, sum(counts)) for value, rest, counts in shown(await over_time(pool, request))]
    assert values == [(f"s{n:02}", False, n) for n in range(12, 2, -1)] + [("", True, 3)]
    request.group_by = "attributes.k"
    assert [(value, rest, sum(counts)) for value, rest, counts in shown(await over_time(pool, request))] == [
        ("", False, 78)
    ]


async def test_the_period_before_is_counted_by_bucket(database: Database, pool: asyncpg.Pool) -> None:
    await store_records(database, [record(age * SECOND) for age in (30, 90, 150, 151, 210, 270)])
    request = HistogramRequest(start_time=at(NOW - 2 * MINUTE), end_time=at(NOW), buckets=2, previous=True)
    for request.filter in ("", "line"):
        answer = await over_time(pool, request)
        assert shown(answer) == [("INFO", False, [1, 1])]
        assert list(answer.previous) == [1, 2]
    request.previous = False
    assert list((await over_time(pool, request)).previous) == []


async def make_old_records_slow(database: Database) -> None:
    """What is older than three hours takes a fifth of a second each to read."""
    owner = await asyncpg.connect(database.owner_dsn)
    await owner.execute(
        "CREATE FUNCTION logmesh.slow(t timestamptz) RETURNS boolean LANGUAGE plpgsql AS"
        " $$ BEGIN IF t < now() - interval '3 hours' THEN PERFORM pg_sleep(0.2); END IF; RETURN true; END $$;"
        "GRANT EXECUTE ON FUNCTION logmesh.slow(timestamptz) TO logmesh_reader;"
        "ALTER VIEW logmesh.records RENAME TO fast_records;"
        "CREATE VIEW logmesh.records AS SELECT * FROM logmesh.fast_records WHERE logmesh.slow(time);"
        "GRANT SELECT ON logmesh.records, logmesh.fast_records TO logmesh_reader"
    )
    await owner.close()


async def test_a_histogram_that_runs_out_of_time_says_from_where_it_counted(
    database: Database, pool: asyncpg.Pool
) -> None:
    ages = [n * MINUTE + 1 for n in range(600)]
    await store_records(database, [record(age) for age in ages])
    await make_old_records_slow(database)
    request = HistogramRequest(
        filter="line", start_time=at(NOW - 23 * HOUR), end_time=at(NOW), buckets=1000, previous=True
    )
    answer = await histogram(pool, "default", read_histogram(request, NOW), 2)
    reached = answer.counted_from.ToNanoseconds()
    assert answer.start_time.ToNanoseconds() < reached < NOW - HOUR
    assert sum(sum(series.counts) for series in answer.series) == sum(NOW - age >= reached for age in ages) > 0
    assert list(answer.previous) == []


async def test_facets_count_values_exactly_or_say_that_they_are_of_the_newest(
    database: Database, pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [record(n * SECOND, 17 if n % 4 == 0 else 9, f"s{n % 3}", user=n % 5, plan="free") for n in range(1, 31)]
    made.append(record(40 * SECOND, 0, "s0", user="x" * 300, plan=""))
    await store_records(database, made)
    request = FacetsRequest(fields=["attributes.user", "level", "service", "attributes.plan", "instance"], values=2)
    answer = await values_of(pool, request)
    assert counted(answer) == [
        ([("0", 6), ("1", 6)], 19, True),
        ([("INFO", 23), ("ERROR", 7)], 1, True),
        ([("s0", 11), ("s1", 10)], 10, True),
        ([("free", 30)], 1, True),
        ([], 31, True),
    ]
    assert [facet.field for facet in answer.facets] == list(request.fields)
    monkeypatch.setattr(facets_module, "SAMPLE", 10)
    answer = await values_of(pool, request)
    assert [(facet.counted, facet.exact) for facet in answer.facets] == [
        (10, False), (31, True), (31, True), (10, False), (31, True),
    ]  # fmt: skip
    request.filter = "line"
    assert {(facet.counted, facet.exact) for facet in (await values_of(pool, request)).facets} == {(10, False)}
    request.filter = "no such line"
    assert counted(await values_of(pool, request)) == [([], 0, True)] * 5


async def test_facets_that_take_too_long_are_of_a_shorter_range(database: Database, pool: asyncpg.Pool) -> None:
    await store_records(database, [record(n * 10 * MINUTE) for n in range(1, 100)])
    await make_old_records_slow(database)
    request = FacetsRequest(filter="line", fields=["service"], start_time=at(NOW - 20 * HOUR), end_time=at(NOW))
    answer = await facets(pool, "default", read_facets(request, NOW), 4)
    assert not answer.facets[0].exact
    assert 0 < answer.facets[0].counted < 20


async def test_services_whose_errors_rose_most_come_first(database: Database, pool: asyncpg.Pool) -> None:
    made = [record(10 * SECOND, 17, "worse") for _ in range(5)] + [record(100 * SECOND, 17, "worse")]
    made += [record(10 * SECOND, 9, "calm"), record(100 * SECOND, 21, "calm")]
    made += [record(200 * SECOND, 21, "long ago")]
    await store_records(database, made)
    start = NOW - 90 * SECOND
    request = ListChangesRequest(start_time=at(start), end_time=at(NOW))
    answer = await list_changes(pool, "default", read_changes(request, NOW), LIMIT)
    assert [(one.service, one.records, one.errors, one.previous_records, one.previous_errors) for one in answer.services] == [
        ("worse", 5, 5, 1, 1),
        ("calm", 1, 0, 1, 1),
    ]  # fmt: skip
    request.page_size = 1
    answer = await list_changes(pool, "default", read_changes(request, NOW), LIMIT)
    assert [one.service for one in answer.services] == ["worse"]


async def test_no_tenant_sees_anothers_counts(database: Database, pool: asyncpg.Pool) -> None:
    await store_records(database, [record(SECOND, 17, "ours", who="us")], tenant="default")
    await store_records(database, [record(SECOND, 17, "theirs", who="them")] * 2, tenant="acme", spool=2)
    for tenant, service, who, records in (("default", "ours", "us", 1), ("acme", "theirs", "them", 2)):
        for text in ("", "line", f'service = "ours" OR service = "theirs" OR "{tenant}"'):
            request = HistogramRequest(filter=text, group_by="service", previous=True)
            answer = await over_time(pool, request, tenant)
            assert [(series.value, sum(series.counts)) for series in answer.series] == [(service, records)]
            fields = FacetsRequest(filter=text, fields=["service", "attributes.who"])
            assert counted(await values_of(pool, fields, tenant)) == [
                ([(service, records)], 0, True),
                ([(who, records)], 0, True),
            ]
        changes = await list_changes(pool, tenant, read_changes(ListChangesRequest(), NOW), LIMIT)
        assert [one.service for one in changes.services] == [service]
    assert await pool.fetchval("SELECT count(*) FROM logmesh.record_counts") == 0


records = st.builds(
    record,
    st.integers(1, 10 * MINUTE) | st.integers(1, 10).map(lambda n: n * MINUTE),
    st.integers(0, 24),
    st.sampled_from(["a", "b", "c"]),
)
filters = st.sampled_from(
    ["", "severity >= WARN", 'service = "a" OR severity = 0', "NOT service = b", "resource.zone = x"]
)
edges = st.integers(0, 11 * MINUTE) | st.integers(0, 11).map(lambda n: n * MINUTE)


def test_the_rollup_and_the_records_give_the_same_answer(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """And both give what Python counts."""
    stored: list[LogRecord] = []

    @settings(max_examples=200, database=None, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(records, st.sampled_from(["", "x", "y"]), st.sampled_from(["", "pod"]))
    def gather(made: LogRecord, zone: str, instance: str) -> None:
        made.resource.service_instance_id = instance
        made.resource.attributes.update({"zone": zone} if zone else {})
        stored.append(made)

    gather()

    def from_records_only(node: object) -> bool:
        return False

    def both(ask: Callable[[], Any]) -> Any:
        from_counts = ask()
        with monkeypatch.context() as patch:
            patch.setattr(facets_module, "is_countable", from_records_only)
            patch.setattr(histogram_module, "is_countable", from_records_only)
            assert ask() == from_counts
        return from_counts

    def ask_over_time(over: HistogramRequest) -> HistogramResponse:
        return runner.run(over_time(pool, over))

    with asyncio.Runner() as runner:
        runner.run(make_schema(database))
        runner.run(store_records(database, stored))
        pool = runner.run(open_pool(database.reader_dsn, application="test", size=2))

        @settings(max_examples=80, database=None, deadline=None, suppress_health_check=list(HealthCheck))
        @given(filters, edges, edges, st.integers(1, 10))
        def agree(text: str, one: int, other: int, buckets: int) -> None:
            start, end = NOW - max(one, other), NOW - min(one, other)
            matches = compile_predicate(parse_filter(text))
            asked = FacetsRequest(
                filter=text,
                start_time=at(start),
                end_time=at(end),
                fields=["service", "level", "resource.zone", "instance"],
            )
            answer = both(lambda: runner.run(values_of(pool, asked)))
            within = [one for one in stored if start <= one.time_unix_nano < end and matches(one)]
            services = Counter(one.resource.service_name for one in within)
            zones = Counter(one.resource.attributes.fields["zone"].string_value for one in within)
            assert {one.value: one.count for one in answer.facets[0].values} == services
            assert answer.facets[2].rest == zones[""]
            assert all(facet.counted == len(within) for facet in answer.facets)

            for group_by in ("level", "service", "resource.zone"):
                over = HistogramRequest(
                    filter=text,
                    start_time=at(start),
                    end_time=at(end),
                    buckets=buckets,
                    group_by=group_by,
                    previous=True,
                )
                drawn = both(partial(ask_over_time, over))
                first = drawn.start_time.ToNanoseconds()
                within = [one for one in stored if first <= one.time_unix_nano < end and matches(one)]
                assert sum(sum(series.counts) for series in drawn.series) == len(within)
                if group_by == "level":
                    levels = Counter(("", *LEVELS)[(one.severity_number + 3) // 4] for one in within)
                    assert {series.value: sum(series.counts) for series in drawn.series} == levels
                for bucket in range(len(drawn.previous)):
                    low = first + bucket * drawn.width.seconds * SECOND
                    in_it = sum(low <= one.time_unix_nano < low + drawn.width.seconds * SECOND for one in within)
                    assert sum(series.counts[bucket] for series in drawn.series) == in_it

        agree()
        pool.terminate()
