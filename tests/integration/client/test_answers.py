"""Counts, traces, surroundings, patterns and the summary, as plain values, from a real gateway."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from tests.integration.client.conftest import System, ask

from logmesh import Appender, AsyncClient, Client, Record
from logmesh.client.errors import NotFound

HOUR = timedelta(hours=1)
TRACE = "ab" * 16

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stored(lasting_system: System) -> System:
    """Thirty records of two services over half a minute, through a processor, so that all that counts them has seen them."""
    now = time.time_ns()

    def append() -> None:
        with Appender(lasting_system.processor.target, service="checkout", instance="pod-1") as appender:
            for number in range(30):
                appender.append(
                    Record(
                        body=f"user {number} logged in",
                        severity="ERROR" if number % 3 == 0 else "INFO",
                        service="cart" if number % 5 == 0 else "",
                        trace_id=TRACE if number in (4, 7) else "",
                        time_unix_nano=now - (30 - number) * 10**9,
                    )
                )

    await asyncio.to_thread(append)
    return lasting_system


async def test_a_histogram_stacks_levels_and_compares_with_the_period_before(stored: System) -> None:
    histogram = await ask(stored.gateway, lambda client: client.histogram(since=HOUR, buckets=60, previous=True))
    assert sum(histogram.totals()) == 30
    assert {series.value: sum(series.counts) for series in histogram.series if sum(series.counts)} == {
        "ERROR": 10,
        "INFO": 20,
    }
    assert histogram.width == timedelta(minutes=1)
    assert sum(histogram.previous) == 0
    assert histogram.counted_from <= histogram.start
    assert datetime.now(UTC) - 2 * HOUR < histogram.start < datetime.now(UTC)


async def test_facets_come_in_the_order_asked_for(stored: System) -> None:
    facets = await ask(stored.gateway, lambda client: client.facets(since=HOUR, fields=["level", "service"]))
    assert [facet.field for facet in facets] == ["level", "service"]
    assert facets[1].values == (("checkout", 24), ("cart", 6))
    assert (facets[1].rest, facets[1].counted, facets[1].exact) == (0, 30, True)


async def test_a_trace_is_oldest_first_and_an_unknown_one_is_not_found(stored: System) -> None:
    trace = await ask(stored.gateway, lambda client: client.trace(TRACE))
    assert [record.body for record in trace.records] == ["user 4 logged in", "user 7 logged in"]
    assert not trace.truncated
    with pytest.raises(NotFound):
        await ask(stored.gateway, lambda client: client.trace("cd" * 16))


async def test_a_record_s_context_is_of_its_instance(stored: System) -> None:
    def look(client: Client) -> tuple[Record, Record, int]:
        (record,) = client.search('"user 7 logged"')
        context = client.context(record, before=2, after=1)
        by_id = client.context(record.id, before=2, after=1)
        assert by_id == context
        return record, context.records[context.index], len(context.records)

    record, found, count = await ask(stored.gateway, look)
    assert found == record
    assert count == 4
    with pytest.raises(NotFound):
        await ask(stored.gateway, lambda client: client.context("7fff-1"))


async def test_patterns_and_changes(stored: System) -> None:
    patterns = await ask(stored.gateway, lambda client: client.patterns(since=HOUR))
    (pattern,) = patterns.patterns
    assert (pattern.template, pattern.count, pattern.severity) == ("user <*> logged in", 30, "ERROR")
    assert sorted(pattern.services) == ["cart", "checkout"]
    assert pattern.example.body.startswith("user ")
    assert (patterns.counted, patterns.exact) == (30, True)
    changes = await ask(stored.gateway, lambda client: client.changes(since=HOUR))
    assert {change.service: (change.records, change.errors) for change in changes} == {
        "checkout": (24, 8),
        "cart": (6, 2),
    }
    assert {change.previous_records for change in changes} == {0}


async def test_the_summary(stored: System) -> None:
    summary = await ask(stored.gateway, lambda client: client.summary())
    assert (summary.lost_batches, summary.unaccounted_batches, summary.stored, summary.producers) == (0, 0, 30, 1)
    assert (summary.processors_ready, summary.processors) == (1, 1)


async def test_both_clients_answer_the_same(stored: System) -> None:
    now = datetime.now(UTC)

    def everything(client: Client) -> list[object]:
        return [
            client.histogram(start=now - HOUR, end=now),
            client.facets(start=now - HOUR, end=now),
            client.trace(TRACE).records,
            client.patterns(start=now - HOUR, end=now),
            client.changes(start=now - HOUR, end=now),
            client.ledger()[0].spool_id,
            client.processors()[0].name,
            client.summary().stored,
        ]

    blocking = await ask(stored.gateway, everything)
    async with AsyncClient(stored.gateway) as client:
        assert blocking == [
            await client.histogram(start=now - HOUR, end=now),
            await client.facets(start=now - HOUR, end=now),
            (await client.trace(TRACE)).records,
            await client.patterns(start=now - HOUR, end=now),
            await client.changes(start=now - HOUR, end=now),
            (await client.ledger())[0].spool_id,
            (await client.processors())[0].name,
            (await client.summary()).stored,
        ]
