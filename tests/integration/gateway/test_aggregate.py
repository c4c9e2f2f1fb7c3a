"""Histogram, Facets and ListChanges on a real database: right by a count in Python, from the rollup and from records alike.

It is long because all three are one promise, counted on the same records: no two of their figures may disagree.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import asyncpg
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conftest import Database
from tests.integration.gateway.stored import store_records

from logmesh.filters import compile_predicate, parse_filter
from logmesh.filters.completion import write_value
from logmesh.filters.fields import LEVELS
from logmesh.gateway.query import facets as facets_module
from logmesh.gateway.query.facets import facets, read_facets
from logmesh.gateway.query.histogram import histogram, read_histogram
from logmesh.gateway.query.list_changes import list_changes, read_changes
from logmesh.record.values import set_values
from logmesh.rows.reader import Reader
from logmesh.rows.store import RowsStore
from logmesh.storage.postgres import open_pool
from logmesh.store.counts import ValueCount
from logmesh.store.store import Store
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


def record(age_nano: int, severity: int = 9, service: str = "checkout", **attributes: Any) -> LogRecord:
    made = LogRecord(time_unix_nano=NOW - age_nano, severity_number=severity, body="line")  # type: ignore[arg-type]
    made.resource.service_name = service
    set_values(made.attributes, attributes)
    return made


def at(unix_nano: int) -> Timestamp:
    return Timestamp(seconds=unix_nano // SECOND, nanos=unix_nano % SECOND)


async def over_time(store: Store, request: HistogramRequest, tenant: str = "default") -> HistogramResponse:
    return await histogram(store, tenant, read_histogram(request, NOW), LIMIT)


async def values_of(store: Store, request: FacetsRequest, tenant: str = "default") -> FacetsResponse:
    return await facets(store, tenant, read_facets(request, NOW), LIMIT)


def shown(answer: HistogramResponse) -> list[tuple[str, bool, list[int]]]:
    return [(series.value, series.is_rest, list(series.counts)) for series in answer.series]


def counted(answer: FacetsResponse) -> list[tuple[list[tuple[str, int]], int, bool]]:
    return [([(one.value, one.count) for one in facet.values], facet.rest, facet.exact) for facet in answer.facets]


async def test_levels_stack_up_most_severe_first_and_no_severity_is_a_series_without_a_value(
    database: Database, store: Store
) -> None:
    ages = [(1, 9), (2, 12), (61, 17), (62, 24), (119, 0), (181, 1)]
    await store_records(database, [record(age * SECOND, severity) for age, severity in ages])
    answer = await over_time(store, HistogramRequest(start_time=at(NOW - 4 * MINUTE), end_time=at(NOW), buckets=4))
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
    database: Database, store: Store, filter_text: str
) -> None:
    made = [record(n * SECOND, service=f"s{n:02}") for n in range(1, 13) for _ in range(n)]
    await store_records(database, made)
    request = HistogramRequest(
        filter=filter_text, start_time=at(NOW - MINUTE), end_time=at(NOW), buckets=1, group_by="service"
    )
    values = [(value, rest, sum(counts)) for value, rest, counts in shown(await over_time(store, request))]
    assert values == [(f"s{n:02}", False, n) for n in range(12, 2, -1)] + [("", True, 3)]
    request.group_by = "attributes.k"
    assert [(value, rest, sum(counts)) for value, rest, counts in shown(await over_time(store, request))] == [
        ("", False, 78)
    ]


async def test_what_is_counted_beforehand_gives_no_more_values_than_are_told_apart(
    database: Database, store: RowsStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[ValueCount] = []
    count_values = store.count_values

    async def watched(*arguments: Any, seconds: float) -> Sequence[ValueCount]:
        found = await count_values(*arguments, seconds=seconds)
        given.extend(found)
        return found

    monkeypatch.setattr(store, "count_values", watched)
    services = [f"s{n:02}" for n in range(40)]
    made = [record(minute * MINUTE + 1, service=service) for minute in range(3) for service in services]
    await store_records(database, [*made, record(1, service="s33")])
    request = HistogramRequest(start_time=at(NOW - 3 * MINUTE), end_time=at(NOW), buckets=3, group_by="service")
    answer = await over_time(store, request)
    assert (answer.exact, answer.counted_from) == (True, answer.start_time)
    assert shown(answer) == [
        ("s33", False, [1, 1, 2]), *((service, False, [1, 1, 1]) for service in services[:9]), ("", True, [30, 30, 30]),
    ]  # fmt: skip
    assert len({one.value for one in given if one.value is not None}) == 10
    assert len(given) == 33


@pytest.mark.parametrize("filter_text", ["", "line"])
async def test_the_most_frequent_value_is_told_apart_though_the_newest_records_lack_it(
    database: Database, store: Store, monkeypatch: pytest.MonkeyPatch, filter_text: str
) -> None:
    monkeypatch.setattr(facets_module, "SAMPLE", 20)
    made = [record(n * SECOND, user=f"rare-{n}") for n in range(1, 31)]
    made += [record(40 * SECOND + n, user="frequent") for n in range(50)]
    await store_records(database, made)
    request = HistogramRequest(
        filter=filter_text, start_time=at(NOW - MINUTE), end_time=at(NOW), buckets=1, group_by="attributes.user"
    )
    answer = await over_time(store, request)
    assert (answer.series[0].value, sum(answer.series[0].counts), answer.exact) == ("frequent", 50, True)
    assert sum(sum(series.counts) for series in answer.series) == 80


@pytest.mark.parametrize("filter_text", ["", "line"])
async def test_a_histogram_and_facets_count_the_same_range(database: Database, store: Store, filter_text: str) -> None:
    await store_records(database, [record(age * SECOND) for age in (10, 119, 121, 140)])
    start, end = NOW - 120 * SECOND, NOW - 5 * SECOND
    over = HistogramRequest(filter=filter_text, start_time=at(start), end_time=at(end), buckets=2, previous=True)
    answer = await over_time(store, over)
    fields = FacetsRequest(filter=filter_text, start_time=at(start), end_time=at(end), fields=["service"])
    (facet,) = (await values_of(store, fields)).facets
    assert sum(sum(series.counts) for series in answer.series) == facet.counted == 2
    over.start_time.CopyFrom(at(start + 30 * SECOND))
    answer = await over_time(store, over)
    assert answer.width.seconds == 60
    assert sum(sum(series.counts) for series in answer.series) == 1
    assert answer.counted_from == answer.start_time
    assert answer.exact


async def test_the_period_before_is_counted_by_bucket(database: Database, store: Store) -> None:
    await store_records(database, [record(age * SECOND) for age in (30, 90, 150, 151, 210, 270)])
    request = HistogramRequest(start_time=at(NOW - 2 * MINUTE), end_time=at(NOW), buckets=2, previous=True)
    for request.filter in ("", "line"):
        answer = await over_time(store, request)
        assert shown(answer) == [("INFO", False, [1, 1])]
        assert list(answer.previous) == [1, 2]
    request.previous = False
    assert list((await over_time(store, request)).previous) == []


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


async def test_a_histogram_that_runs_out_of_time_says_from_where_it_counted(database: Database, store: Store) -> None:
    ages = [n * MINUTE + 1 for n in range(600)]
    await store_records(database, [record(age) for age in ages])
    await make_old_records_slow(database)
    request = HistogramRequest(
        filter="line", start_time=at(NOW - 23 * HOUR), end_time=at(NOW), buckets=1000, previous=True
    )
    answer = await histogram(store, "default", read_histogram(request, NOW), 2)
    reached = answer.counted_from.ToNanoseconds()
    assert answer.start_time.ToNanoseconds() < reached < NOW - HOUR
    assert sum(sum(series.counts) for series in answer.series) == sum(NOW - age >= reached for age in ages) > 0
    assert list(answer.previous) == []


async def test_facets_count_values_exactly_or_say_that_they_are_of_the_newest(
    database: Database, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [record(n * SECOND, 17 if n % 4 == 0 else 9, f"s{n % 3}", user=n % 5, plan="free") for n in range(1, 31)]
    made.append(record(40 * SECOND, 0, "s0", user="x" * 300, plan=""))
    await store_records(database, made)
    request = FacetsRequest(fields=["attributes.user", "level", "service", "attributes.plan", "instance"], values=2)
    answer = await values_of(store, request)
    assert counted(answer) == [
        ([("0", 6), ("1", 6)], 19, True),
        ([("INFO", 23), ("ERROR", 7)], 1, True),
        ([("s0", 11), ("s1", 10)], 10, True),
        ([("free", 30)], 1, True),
        ([], 31, True),
    ]
    assert [facet.field for facet in answer.facets] == list(request.fields)
    assert {facet.counted_from.ToNanoseconds() for facet in answer.facets} == {NOW - 15 * MINUTE}
    monkeypatch.setattr(facets_module, "SAMPLE", 10)
    answer = await values_of(store, request)
    assert [facet.counted_from.ToNanoseconds() for facet in answer.facets[:2]] == [NOW - 10 * SECOND, NOW - 15 * MINUTE]
    assert [(facet.counted, facet.exact) for facet in answer.facets] == [
        (10, False), (31, True), (31, True), (10, False), (31, True),
    ]  # fmt: skip
    request.filter = "line"
    assert {(facet.counted, facet.exact) for facet in (await values_of(store, request)).facets} == {(10, False)}
    request.filter = "no such line"
    assert counted(await values_of(store, request)) == [([], 0, True)] * 5


async def test_a_value_of_a_facet_finds_its_records_when_it_is_put_back(database: Database, store: Store) -> None:
    values: list[Any] = [
        "plain", 'said "no"\n', "check*", "/api/", "a && b", "500ms", "", 42, 42.0, 4.25, 10**29, 1e100, -0.0, True, "true", [],
        ["a", "b"], [1, None, {"x": [2.50]}], {"status": 503, "ok": False}, {}, '["a", "b"]', b"\0\xff", "Ошибка",
    ]  # fmt: skip
    await store_records(database, [record(n * SECOND, v=value) for n, value in enumerate(values, 1)])
    (facet,) = (await values_of(store, FacetsRequest(fields=["attributes.v"], values=100))).facets
    assert len(facet.values) == len(values) - 3  # one is empty, and two are written as others are
    for one in facet.values:
        request = FacetsRequest(filter=f"attributes.v = {write_value(one.value)}", fields=["attributes.v"])
        (found,) = (await values_of(store, request)).facets
        assert found.counted >= one.count, one.value
        assert one.value in {value.value for value in found.values}


async def test_facets_that_take_too_long_are_of_a_shorter_range(database: Database, store: Store) -> None:
    await store_records(database, [record(n * 10 * MINUTE) for n in range(1, 100)])
    await make_old_records_slow(database)
    request = FacetsRequest(filter="line", fields=["service"], start_time=at(NOW - 20 * HOUR), end_time=at(NOW))
    answer = await facets(store, "default", read_facets(request, NOW), 4)
    assert not answer.facets[0].exact
    assert NOW - 4 * HOUR < answer.facets[0].counted_from.ToNanoseconds() < NOW
    assert 0 < answer.facets[0].counted < 20


async def test_services_whose_errors_rose_most_come_first(database: Database, store: Store) -> None:
    made = [record(10 * SECOND, 17, "worse") for _ in range(5)] + [record(100 * SECOND, 17, "worse")]
    made += [record(10 * SECOND, 9, "calm"), record(100 * SECOND, 21, "calm")]
    made += [record(200 * SECOND, 21, "long ago")]
    await store_records(database, made)
    start = NOW - 90 * SECOND
    request = ListChangesRequest(start_time=at(start), end_time=at(NOW))
    answer = await list_changes(store, "default", read_changes(request, NOW), LIMIT)
    assert [(one.service, one.records, one.errors, one.previous_records, one.previous_errors) for one in answer.services] == [
        ("worse", 5, 5, 1, 1),
        ("calm", 1, 0, 1, 1),
    ]  # fmt: skip
    request.page_size = 1
    answer = await list_changes(store, "default", read_changes(request, NOW), LIMIT)
    assert [one.service for one in answer.services] == ["worse"]


async def test_what_is_fatal_is_never_cut_off_and_traffic_is_no_rise(database: Database, store: Store) -> None:
    now, before = range(10, 80), range(100, 170)
    made = [record(age * SECOND, 9, "busy") for age in now for _ in range(4)] + [
        record(age * SECOND, 9, "busy") for age in before
    ]
    made += [record(age * SECOND, 17, "busy") for age in now for _ in range(4)] + [
        record(age * SECOND, 17, "busy") for age in before
    ]
    made += [record(age * SECOND, 17, "worse") for age in now] + [record(20 * SECOND, 21, "calm")]
    await store_records(database, made)
    request = ListChangesRequest(start_time=at(NOW - 90 * SECOND), end_time=at(NOW), page_size=2)
    answer = await list_changes(store, "default", read_changes(request, NOW), LIMIT)
    assert [(one.service, one.errors_rose, one.fatal_rose) for one in answer.services] == [
        ("calm", False, True),
        ("worse", True, False),
    ]
    request.page_size = 10
    busy = (await list_changes(store, "default", read_changes(request, NOW), LIMIT)).services[-1]
    assert (busy.service, busy.errors, busy.previous_errors, busy.errors_rose) == ("busy", 280, 70, False)
    assert busy.expected_errors == pytest.approx(277, abs=5)


async def test_a_file_that_was_shipped_is_not_silent(database: Database, store: Store) -> None:
    minutes = range(21, 40)
    made = [
        record(age * MINUTE, 9, service)
        for age in minutes
        for service in ("followed", "shipped", "other")
        for _ in range(2)
    ]
    await store_records(database, [*made, record(MINUTE, 9, "other")])
    owner = await asyncpg.connect(database.owner_dsn)
    await owner.execute("UPDATE logmesh.logs SET received = time + interval '1 second' WHERE service <> 'shipped'")
    await owner.close()
    request = ListChangesRequest(start_time=at(NOW - 20 * MINUTE), end_time=at(NOW))
    answer = await list_changes(store, "default", read_changes(request, NOW), LIMIT)
    assert [(one.service, one.records, one.silent) for one in answer.services] == [
        ("followed", 0, True),
        ("other", 1, False),
        ("shipped", 0, False),
    ]


async def test_no_tenant_sees_anothers_counts(database: Database, store: Store, pool: asyncpg.Pool) -> None:
    await store_records(database, [record(SECOND, 17, "ours", who="us")], tenant="default")
    await store_records(database, [record(SECOND, 17, "theirs", who="them")] * 2, tenant="acme", spool=2)
    for tenant, service, who, records in (("default", "ours", "us", 1), ("acme", "theirs", "them", 2)):
        for text in ("", "line", f'service = "ours" OR service = "theirs" OR "{tenant}"'):
            request = HistogramRequest(filter=text, group_by="service", previous=True)
            answer = await over_time(store, request, tenant)
            assert [(series.value, sum(series.counts)) for series in answer.series] == [(service, records)]
            fields = FacetsRequest(filter=text, fields=["service", "attributes.who"])
            assert counted(await values_of(store, fields, tenant)) == [
                ([(service, records)], 0, True),
                ([(who, records)], 0, True),
            ]
        changes = await list_changes(store, tenant, read_changes(ListChangesRequest(), NOW), LIMIT)
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

    @settings(max_examples=200, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(records, st.sampled_from(["", "x", "y"]), st.sampled_from(["", "pod"]))
    def gather(made: LogRecord, zone: str, instance: str) -> None:
        made.resource.service_instance_id = instance
        set_values(made.resource.attributes, {"zone": zone} if zone else {})
        stored.append(made)

    gather()

    def from_records_only(*_: object, **__: object) -> bool:
        return False

    def both(ask: Callable[[], Any]) -> Any:
        from_counts = ask()
        with monkeypatch.context() as patch:
            patch.setattr("logmesh.rows.histogram._is_counted", from_records_only)
            assert ask() == from_counts
        return from_counts

    def ask_over_time(over: HistogramRequest) -> HistogramResponse:
        return runner.run(over_time(store, over))

    with asyncio.Runner() as runner:
        runner.run(store_records(database, stored))
        pool = runner.run(open_pool(database.reader_dsn, application="test", size=2))
        store = RowsStore(Reader(pool))

        @settings(max_examples=80, database=None, suppress_health_check=list(HealthCheck))
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
            answer = both(lambda: runner.run(values_of(store, asked)))
            within = [one for one in stored if start <= one.time_unix_nano < end and matches(one)]
            services = Counter(one.resource.service_name for one in within)
            zones = Counter(one.resource.attributes["zone"].string_value for one in within)
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
