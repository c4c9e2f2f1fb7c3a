"""Counts are exact: by bucket, by key, by value, whatever of a minute the range begins and ends with."""

from collections import Counter
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from tests.conftest import Database
from tests.contract.store.asked import ALL, MINUTE, NOW, SECOND, SECONDS, matching, record
from tests.contract.store.stores import STORES, Kept, Readers

from logmesh.filters import parse_field, parse_filter
from logmesh.filters.fields import LEVELS
from logmesh.store.counts import Buckets
from logmesh.store.time_range import TimeRange
from logmesh.v1.record_pb2 import LogRecord

pytestmark = pytest.mark.asyncio(loop_scope="module")

SPANS = (ALL, TimeRange(NOW - 7 * MINUTE + 1, NOW - 90 * SECOND), TimeRange(NOW - 100 * SECOND, NOW - 99 * SECOND))
FILTERS = ("", 'service = "s1"', "severity >= WARNING", '"odd"', "NOT attributes.user = 3")


RECORDS = [
    record(
        n * 7 * SECOND + n % 3,
        "odd" if n % 2 else "even",
        service=f"s{n % 3}",
        severity=[0, 9, 10, 13, 17, 21][n % 6],
        attributes={} if n % 5 == 0 else {"user": n % 7},
    )
    for n in range(1, 200)
]


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=STORES)
async def filled(request: pytest.FixtureRequest, shared_database: Database, readers: Readers) -> AsyncIterator[Kept]:
    """A store with RECORDS of the tenant `default`. No test changes what another asks for."""
    async with STORES[request.param](shared_database, readers) as opened:
        await opened.put(*RECORDS)
        yield opened


def buckets_of(span: TimeRange, width: int) -> Buckets:
    start = span.start_unix_nano // width * width
    return Buckets(start, width, -(-(span.end_unix_nano - start) // width), span)


def level_of(one: LogRecord) -> int:
    return -(-one.severity_number // 4)


def value_of(one: LogRecord, field: str) -> str | None:
    if field == "service":
        return one.resource.service_name
    return str(one.attributes["user"].int_value) if "user" in one.attributes else None


@pytest.mark.parametrize("text", FILTERS)
@pytest.mark.parametrize("width", [MINUTE, 5 * MINUTE, 15 * SECOND])
async def test_levels_are_counted_by_bucket(filled: Kept, text: str, width: int) -> None:
    level = parse_field("level")
    for span in SPANS:
        buckets = buckets_of(span, width)
        counted = await filled.store.count_keys(
            "default", parse_filter(text), span, buckets, level, LEVELS, seconds=SECONDS
        )
        right = Counter((buckets.index(one.time_unix_nano), level_of(one)) for one in matching(text, RECORDS, span))
        assert _summed((one.bucket, one.key, one.records) for one in counted) == right


@pytest.mark.parametrize("text", FILTERS)
@pytest.mark.parametrize("field", ["service", "attributes.user"])
async def test_values_are_counted_by_bucket(filled: Kept, text: str, field: str) -> None:
    for span in SPANS:
        buckets = buckets_of(span, MINUTE)
        counted = await filled.store.count_values(
            "default", parse_filter(text), span, buckets, parse_field(field), 100, seconds=SECONDS
        )
        right = Counter(
            (buckets.index(one.time_unix_nano), value_of(one, field)) for one in matching(text, RECORDS, span)
        )
        assert not any(one.is_rest for one in counted)
        assert _summed((one.bucket, one.value, one.records) for one in counted) == right


async def test_values_that_are_less_frequent_are_the_rest(filled: Kept) -> None:
    made = [record(n * SECOND + at, service=f"s{n}") for n in range(1, 6) for at in range(n)]
    await filled.put(*made, tenant="acme", spool=2)
    counted = await filled.store.count_values(
        "acme", parse_filter(""), ALL, buckets_of(ALL, MINUTE), parse_field("service"), 2, seconds=SECONDS
    )
    named = _summed((one.value, one.is_rest, one.records) for one in counted)
    assert named == {("s5", False): 5, ("s4", False): 4, (None, True): 6}


@pytest.mark.parametrize("text", FILTERS)
async def test_facets_are_the_most_frequent_values(filled: Kept, text: str) -> None:
    names = ["service", "attributes.user"]
    node, fields = parse_filter(text), [parse_field(name) for name in names]
    for span in SPANS:
        found = {
            name: (
                await filled.store.facets(
                    "default", node, span, [field], 2,
                    newest=None if await filled.store.is_counted(node, field, span, seconds=SECONDS) else 10_000,
                    seconds=SECONDS,
                )
            )[0]
            for name, field in zip(names, fields, strict=True)
        }  # fmt: skip
        for name, one in found.items():
            right = Counter(value_of(record, name) for record in matching(text, RECORDS, span))
            assert one.counted == right.total()
            del right[None]
            assert list(one.values) == sorted(right.items(), key=lambda item: (-item[1], item[0] or ""))[:2]


async def test_facets_of_the_newest_are_of_no_others(filled: Kept) -> None:
    fields = [parse_field("attributes.user"), parse_field("service")]
    users, services = await filled.store.facets(
        "default", parse_filter(""), ALL, fields, 100, newest=20, seconds=SECONDS
    )
    newest = sorted(RECORDS, key=lambda one: -one.time_unix_nano)[:20]
    assert (users.counted, services.counted) == (20, 20)
    assert dict(services.values) == Counter(one.resource.service_name for one in newest)
    assert dict(users.values) == Counter(value for one in newest if (value := value_of(one, "attributes.user")))
    assert newest[-1].time_unix_nano - 1_000 < services.oldest_unix_nano <= newest[-1].time_unix_nano
    (nothing,) = await filled.store.facets(
        "default", parse_filter("nowhere"), ALL, fields[:1], 100, newest=20, seconds=SECONDS
    )
    assert (list(nothing.values), nothing.counted) == ([], 0)


async def test_totals_are_of_each_service_in_each_range(filled: Kept) -> None:
    spans = TimeRange(NOW - 5 * MINUTE, NOW), TimeRange(NOW - 10 * MINUTE, NOW - 5 * MINUTE)
    for span, totals in zip(spans, await filled.store.totals("default", spans, seconds=SECONDS), strict=True):
        for service in ("s0", "s1", "s2"):
            right = matching(f"service = {service}", RECORDS, span)
            one = totals[service]
            assert one.records == len(right)
            assert one.errors == sum(record.severity_number >= 17 for record in right)
            assert one.fatal == sum(record.severity_number >= 21 for record in right)
            assert one.minutes == len({record.time_unix_nano // MINUTE for record in right})
        assert set(totals) == {"s0", "s1", "s2"}


async def test_what_was_stored_at_once_was_not_written_live(filled: Kept) -> None:
    await filled.put(*(record(n * MINUTE) for n in range(1, 11)), tenant="shipped", spool=3)
    (totals,) = await filled.store.totals("shipped", [ALL], seconds=SECONDS)
    assert list(await filled.store.written_live("shipped", totals, seconds=SECONDS)) == []


async def test_what_is_of_the_minute_in_which_it_was_stored_was_written_live(filled: Kept) -> None:
    made = [record(n * SECOND, service="brief") for n in range(1, 17)]
    await filled.put(*made, *(record(n * MINUTE, service="long") for n in range(2, 12)), tenant="both", spool=4)
    (totals,) = await filled.store.totals("both", [ALL], seconds=SECONDS)
    assert set(totals) == {"brief", "long"}
    assert list(await filled.store.written_live("both", totals, seconds=SECONDS)) == ["brief"]


def _summed(rows: object) -> Counter[tuple[object, ...]]:
    """By all but the last, the sums of the last."""
    found: Counter[tuple[object, ...]] = Counter()
    for *key, records in rows:  # type: ignore[attr-defined]
        found[tuple(key)] += records
    return found
