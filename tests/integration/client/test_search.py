"""Questions to a real gateway: pages, ranges, what is wrong with a filter, the ledger."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import grpc
import pytest
import pytest_asyncio
from tests.conftest import Database
from tests.integration.client.conftest import System, ask
from tests.integration.client.proxy import CuttingProxy
from tests.integration.gateway.stored import store_records

from logmesh import Appender, AsyncClient, Client, Record
from logmesh.cli.local.ports import free_port
from logmesh.client.errors import ConnectionFailed, DeadlineExceeded, InvalidFilter, InvalidRequest
from logmesh.client.record import from_message
from logmesh.filters import FilterError, parse_filter
from logmesh.record.values import set_values
from logmesh.v1.query_service_pb2 import SEARCH_END_EXHAUSTED, SearchDone, SearchRequest, SearchResponse, SearchRows
from logmesh.v1.record_pb2 import SEVERITY_NUMBER_WARN, LogRecord

on_lasting_system = pytest.mark.asyncio(loop_scope="module")

COUNT = 1_050  # pages have 100, 300 and 900 records


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stored(lasting_system: System, lasting_database: Database) -> System:
    """Records of which ten each share their time, so that pages end among equal ones."""
    now = time.time_ns()
    records = [LogRecord(time_unix_nano=now - n // 10 * 10**6, body=f"line {n}") for n in range(COUNT)]
    records[3].severity_number = SEVERITY_NUMBER_WARN
    set_values(records[3].attributes, {"user": "ada", "n": 3})
    records[3].trace_id, records[3].span_id = b"\x01" * 16, b"\x02" * 8
    records[3].resource.service_name = "checkout"
    await store_records(lasting_database, records)
    return lasting_system


@on_lasting_system
async def test_search_pages_over_boundaries_without_loss_or_repeat(stored: System) -> None:
    records = await ask(stored.gateway, lambda client: list(client.search("line")))
    assert len(records) == COUNT
    assert {record.body for record in records} == {f"line {n}" for n in range(COUNT)}
    times = [record.time_unix_nano for record in records]
    assert times == sorted(times, reverse=True)
    async with AsyncClient(stored.gateway) as client:
        assert [record.id async for record in client.search("line")] == [record.id for record in records]


@on_lasting_system
async def test_messages_are_the_same_records_exact_to_the_nanosecond(stored: System) -> None:
    def both(client: Client) -> tuple[list[Record], list[LogRecord]]:
        return list(client.search("line", limit=150)), list(client.search("line", limit=150).messages())

    records, messages = await ask(stored.gateway, both)
    assert [from_message(message) for message in messages] == records
    moment = messages[20].time_unix_nano
    here = await ask(stored.gateway, lambda client: list(client.search("line", start=moment, end=moment + 1)))
    assert len(here) == 10 and {record.time_unix_nano for record in here} == {moment}
    async with AsyncClient(stored.gateway) as client:
        assert [message async for message in client.search("line", limit=150).messages()] == messages


class HeldSearch:
    """Finds one record, and the other once `go_on` is set."""

    def __init__(self) -> None:
        self.go_on = asyncio.Event()
        self.ended = asyncio.Event()

    def server(self) -> tuple[grpc.aio.Server, str]:
        """One that answers so, not yet started, and its address."""
        search = grpc.unary_stream_rpc_method_handler(
            self.search, SearchRequest.FromString, SearchResponse.SerializeToString
        )
        server = grpc.aio.server()
        service = grpc.method_handlers_generic_handler("logmesh.v1.QueryService", {"Search": search})
        server.add_generic_rpc_handlers((service,))
        return server, f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"

    async def search(self, request: SearchRequest, context: Any) -> AsyncIterator[SearchResponse]:
        yield SearchResponse(rows=SearchRows(records=[LogRecord(body="first")]))
        await self.go_on.wait()
        for body in ("second", "third"):
            yield SearchResponse(rows=SearchRows(records=[LogRecord(body=body)]))
        yield SearchResponse(done=SearchDone(end=SEARCH_END_EXHAUSTED))
        self.ended.set()


async def test_a_record_is_handed_out_when_it_is_found_and_one_who_takes_long_over_it_holds_up_nobody() -> None:
    held = HeldSearch()
    server, address = held.server()
    await server.start()
    async with AsyncClient(address, timeout=20) as client:
        found = client.search()
        assert (await anext(found)).body == "first"
        held.go_on.set()
        await asyncio.wait_for(held.ended.wait(), 10)  # though nobody has asked for the second yet
        assert [record.body async for record in found] == ["second", "third"]
    held.go_on.clear()
    held.ended.clear()
    with Client(address, timeout=20) as blocking:
        others = blocking.search()
        assert (await asyncio.to_thread(next, others)).body == "first"
        held.go_on.set()
        await asyncio.wait_for(held.ended.wait(), 10)
        assert await asyncio.to_thread(lambda: [record.body for record in others]) == ["second", "third"]
    await server.stop(None)


@on_lasting_system
@pytest.mark.parametrize("limit", [0, 1, 100, 101, 450])
async def test_search_stops_at_its_limit(stored: System, limit: int) -> None:
    assert len(await ask(stored.gateway, lambda client: list(client.search(limit=limit)))) == limit


async def test_values_come_back_as_the_types_that_they_were(system: System) -> None:
    values = {
        "int": 2**53 + 1, "long": -(10**29) - 1, "float": 1.0, "small": 5e-324, "large": 1e300, "bool": True, "none": None,
        "bytes": b"\0\xff", "exact": Decimal("0.1234567890123456789"), "text": "NaN", "deep": {"list": [1, 1.5, b"", {"k": []}]},
    }  # fmt: skip
    seen = datetime.now(UTC).replace(microsecond=5)

    def append() -> None:
        with Appender(system.processor.target, service="s") as appender:
            appender.append(Record(body="typed", attributes=values | {"nan": float("nan")}, resource={"big": 2**60}))
            appender.append(Record(structured_body=values, event_name="order.placed", observed_time=seen, flags=1))

    await asyncio.to_thread(append)
    typed, structured = await ask(
        system.gateway, lambda client: sorted(client.search(), key=lambda one: one.event_name)
    )
    for found in (dict(typed.attributes), structured.structured_body):
        assert found.pop("nan", "NaN") == "NaN"
        assert found == values
        assert {name: type(value) for name, value in found.items()} == {name: type(one) for name, one in values.items()}
    assert typed.resource == {"big": 2**60}
    assert (typed.structured_body, typed.event_name, typed.observed_time, typed.flags) == (None, "", None, 0)
    assert (structured.event_name, structured.observed_time, structured.flags) == ("order.placed", seen, 1)
    assert '"long":-100000000000000000000000000001' in structured.body


@on_lasting_system
async def test_records_are_plain_values(stored: System) -> None:
    (record,) = await ask(stored.gateway, lambda client: list(client.search("severity >= WARNING")))
    assert (record.body, record.severity, record.severity_number, record.service) == ("line 3", "WARN", 13, "checkout")
    assert record.attributes == {"user": "ada", "n": 3}
    assert (record.trace_id, record.span_id) == ("01" * 16, "02" * 8)
    assert record.time is not None
    assert abs(datetime.now(UTC) - record.time) < timedelta(minutes=2)
    assert record.id


@on_lasting_system
async def test_a_range_of_times_is_kept_to(stored: System) -> None:
    now = datetime.now(UTC)
    recent, yesterday = now - timedelta(minutes=5), now - timedelta(days=1)

    def questions(client: Client) -> list[int]:
        found = [client.search(since=timedelta(minutes=5)), client.search(start=recent, end=now)]
        found.append(client.search(start=yesterday, end=recent))
        return [len(list(records)) for records in found]

    assert await ask(stored.gateway, questions) == [COUNT, COUNT, 0]


@on_lasting_system
@pytest.mark.parametrize("text", ["sevrity >= ERROR", 'service = "a', "a AND (b OR", "severity >= 3 )"])
async def test_an_invalid_filter_says_where_and_what_instead(stored: System, text: str) -> None:
    with pytest.raises(FilterError) as original:
        parse_filter(text)
    with pytest.raises(InvalidFilter) as blocking:
        await ask(stored.gateway, lambda client: list(client.search(text)))
    with pytest.raises(InvalidFilter) as asynchronous:
        async with AsyncClient(stored.gateway) as client:
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
