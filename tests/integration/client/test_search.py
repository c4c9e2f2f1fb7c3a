"""Questions to a real gateway: pages, ranges, what is wrong with a filter, the ledger."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.conftest import Database
from tests.integration.client.conftest import System, ask
from tests.integration.client.proxy import CuttingProxy
from tests.integration.gateway.stored import store_records

from logmesh import Appender, AsyncClient, Client, Record
from logmesh.cli.local.ports import free_port
from logmesh.client.errors import ConnectionFailed, DeadlineExceeded, InvalidFilter, InvalidRequest
from logmesh.filters import FilterError, parse_filter
from logmesh.v1.record_pb2 import SEVERITY_NUMBER_WARN, LogRecord

COUNT = 1_050  # pages have 100, 300, 900 and 1,000 records


@pytest.fixture
async def stored(system: System, database: Database) -> System:
    """Records of which ten each share their time, so that pages end among equal ones."""
    now = time.time_ns()
    records = [LogRecord(time_unix_nano=now - n // 10 * 10**6, body=f"line {n}") for n in range(COUNT)]
    records[3].severity_number = SEVERITY_NUMBER_WARN
    records[3].attributes.update({"user": "ada", "n": 3})
    records[3].trace_id, records[3].span_id = b"\x01" * 16, b"\x02" * 8
    records[3].resource.service_name = "checkout"
    await store_records(database, records)
    return system


async def test_search_pages_over_boundaries_without_loss_or_repeat(stored: System) -> None:
    records = await ask(stored.gateway, lambda client: list(client.search("line")))
    assert len(records) == COUNT
    assert {record.body for record in records} == {f"line {n}" for n in range(COUNT)}
    times = [record.time_unix_nano for record in records]
    assert times == sorted(times, reverse=True)
    async with AsyncClient(stored.gateway) as client:
        assert [record.id async for record in client.search("line")] == [record.id for record in records]


@pytest.mark.parametrize("limit", [0, 1, 100, 101, 450])
async def test_search_stops_at_its_limit(stored: System, limit: int) -> None:
    assert len(await ask(stored.gateway, lambda client: list(client.search(limit=limit)))) == limit


async def test_records_are_plain_values(stored: System) -> None:
    (record,) = await ask(stored.gateway, lambda client: list(client.search("severity >= WARNING")))
    assert (record.body, record.severity, record.severity_number, record.service) == ("line 3", "WARN", 13, "checkout")
    assert record.attributes == {"user": "ada", "n": 3}
    assert (record.trace_id, record.span_id) == ("01" * 16, "02" * 8)
    assert record.time is not None
    assert abs(datetime.now(UTC) - record.time) < timedelta(minutes=2)
    assert record.id


async def test_a_range_of_times_is_kept_to(stored: System) -> None:
    now = datetime.now(UTC)
    recent, yesterday = now - timedelta(minutes=5), now - timedelta(days=1)

    def questions(client: Client) -> list[int]:
        found = [client.search(since=timedelta(minutes=5)), client.search(start=recent, end=now)]
        found.append(client.search(start=yesterday, end=recent))
        return [len(list(records)) for records in found]

    assert await ask(stored.gateway, questions) == [COUNT, COUNT, 0]


@pytest.mark.parametrize("text", ["sevrity >= ERROR", 'service = "a', "a AND (b OR", "severity >= 3 )"])
async def test_an_invalid_filter_says_where_and_what_instead(system: System, text: str) -> None:
    with pytest.raises(FilterError) as original:
        parse_filter(text)
    with pytest.raises(InvalidFilter) as blocking:
        await ask(system.gateway, lambda client: list(client.search(text)))
    with pytest.raises(InvalidFilter) as asynchronous:
        async with AsyncClient(system.gateway) as client:
            await anext(client.search(text))
    for raised in (blocking.value, asynchronous.value):
        assert raised.position == original.value.position
        assert raised.suggestion == original.value.suggestion
        assert sorted(raised.expected) == sorted(original.value.expected)
        assert isinstance(raised, InvalidRequest)
        assert raised.__cause__ is not None


async def test_nobody_at_the_other_end_is_a_failed_connection() -> None:
    with pytest.raises(ConnectionFailed, match=r"127\.0\.0\.1"):
        await ask(f"127.0.0.1:{free_port()}", lambda client: client.ledger())


async def test_the_ledger_and_the_processors(system: System, tmp_path: Path) -> None:
    def append() -> None:
        with Appender(system.processor.target, service="s", instance="pod-1", spool=tmp_path / "spool") as appender:
            appender.append(Record(body="one"))

    await asyncio.to_thread(append)
    (entry,) = await ask(system.gateway, lambda client: client.ledger())
    assert (entry.producer, entry.stored, entry.missing, entry.missing_batches) == ("pod-1", 1, (), 0)
    assert entry.last_commit is not None
    (state,) = await ask(system.gateway, lambda client: client.processors())
    assert (state.name, state.ready, state.track) == ("log-processor-0", True, "stable")


async def test_a_query_is_made_again_when_nobody_answers_at_first(system: System) -> None:
    async with CuttingProxy(system.gateway, refuse=1) as proxy:
        assert await ask(proxy.address, lambda client: client.ledger()) == []
        assert proxy.connections == 2
    async with CuttingProxy(system.gateway, refuse=1) as proxy, AsyncClient(proxy.address) as client:
        assert [record async for record in client.search()] == []
        assert proxy.connections == 2


async def test_a_call_ends_within_its_time() -> None:
    silent = await asyncio.start_server(lambda _reader, _writer: asyncio.sleep(60), "127.0.0.1", 0)
    address = f"127.0.0.1:{silent.sockets[0].getsockname()[1]}"

    def work() -> None:
        with Client(address, timeout=0.5) as client:
            client.summary()

    with pytest.raises(DeadlineExceeded):
        await asyncio.wait_for(asyncio.to_thread(work), 10)
    silent.close()
