"""The four aggregating calls through a whole gateway: what is refused, and what giving up a call does to the database."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import grpc
import pytest
import pytest_asyncio
from google.protobuf.timestamp_pb2 import Timestamp
from grpc_health.v1 import health_pb2, health_pb2_grpc
from pydantic import SecretStr
from tests.conftest import Database
from tests.integration.gateway.stored import store_records

from logmesh.cli.local.ports import free_port
from logmesh.gateway.process import run_gateway
from logmesh.gateway.settings import GatewaySettings
from logmesh.v1.query_service_pb2 import (
    FacetsRequest,
    HistogramRequest,
    ListChangesRequest,
    ListPatternsRequest,
)
from logmesh.v1.query_service_pb2_grpc import QueryServiceStub
from logmesh.v1.record_pb2 import LogRecord

pytestmark = pytest.mark.asyncio(loop_scope="module")

SLOW = " OR ".join(f'body =~ "(a|aa)+{n}$"' for n in range(100))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stub(lasting_database: Database) -> AsyncIterator[Any]:
    """A client of a gateway with records that a slow filter takes long over."""
    now = time.time_ns()
    await store_records(
        lasting_database, [LogRecord(time_unix_nano=now - n * 10**6, body="a" * 20_000 + "b") for n in range(300)]
    )
    port, stop = free_port(), asyncio.Event()
    settings = GatewaySettings(
        listen_address="127.0.0.1", port=port, metrics_port=0, database_dsn=SecretStr(lasting_database.reader_dsn)
    )
    task = asyncio.create_task(run_gateway(settings, stop))
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        health = health_pb2_grpc.HealthStub(channel)
        async with asyncio.timeout(20):
            while (
                await health.Check(health_pb2.HealthCheckRequest(), wait_for_ready=True)
            ).status != health_pb2.HealthCheckResponse.SERVING:
                await asyncio.sleep(0.02)
        yield QueryServiceStub(channel)
    stop.set()
    await task


async def test_each_call_answers(stub: Any) -> None:
    histogram = await stub.Histogram(HistogramRequest(previous=True))
    assert (histogram.width.seconds, [sum(series.counts) for series in histogram.series]) == (15, [300])
    facets = await stub.Facets(FacetsRequest())
    assert [facet.field for facet in facets.facets] == ["service", "level", "instance"]
    assert [(value.value, value.count) for value in facets.facets[0].values] == [("unknown_service", 300)]
    patterns = await stub.ListPatterns(ListPatternsRequest())
    assert [(one.template, one.count) for one in patterns.patterns] == [("<*>", 300)]
    changes = await stub.ListChanges(ListChangesRequest())
    assert [(one.service, one.records) for one in changes.services] == [("unknown_service", 300)]


UPSIDE_DOWN: dict[str, Any] = {"start_time": Timestamp(seconds=2), "end_time": Timestamp(seconds=1)}


@pytest.mark.parametrize(
    ("call", "request_", "words"),
    [
        ("Histogram", HistogramRequest(group_by="servce"), "did you mean service?"),
        ("Histogram", HistogramRequest(group_by="severity"), "did you mean level?"),
        ("Histogram", HistogramRequest(buckets=1_001), "1000 is the most"),
        ("Histogram", HistogramRequest(filter="sevrity = 1"), "did you mean severity?"),
        ("Histogram", HistogramRequest(**UPSIDE_DOWN), "start_time"),
        ("Facets", FacetsRequest(fields=["service", "user_id"]), "did you mean attributes.user_id?"),
        ("Facets", FacetsRequest(fields=["body"]), "can't be grouped by"),
        ("Facets", FacetsRequest(fields=["service"] * 11), "10 are the most"),
        ("Facets", FacetsRequest(values=101), "100 is the most"),
        ("ListPatterns", ListPatternsRequest(page_size=201), "200 is the most"),
        ("ListPatterns", ListPatternsRequest(filter='"'), "at character 1"),
        ("ListChanges", ListChangesRequest(page_size=101), "100 is the most"),
        ("ListChanges", ListChangesRequest(**UPSIDE_DOWN), "start_time"),
    ],
)
async def test_a_wrong_request_is_refused_with_its_reason(stub: Any, call: str, request_: Any, words: str) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await getattr(stub, call)(request_)
    assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert words in (refused.value.details() or "")


@pytest.mark.parametrize(
    ("call", "request_"),
    [
        ("Histogram", HistogramRequest(filter=SLOW)),
        ("Facets", FacetsRequest(filter=SLOW)),
        ("ListPatterns", ListPatternsRequest(filter=SLOW)),
    ],
)
async def test_a_call_that_is_given_up_frees_its_backend_within_100_ms(
    stub: Any, lasting_database: Database, call: str, request_: Any
) -> None:
    watcher = await asyncpg.connect(lasting_database.server.dsn("postgres", lasting_database.name))

    async def until_active(expected: bool) -> float:
        began = time.monotonic()
        async with asyncio.timeout(10):
            while expected is not await watcher.fetchval(
                "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND state = 'active'"
                " AND query LIKE '%logmesh.records%' AND pid <> pg_backend_pid())"
            ):
                await asyncio.sleep(0.005)
        return time.monotonic() - began

    took = []
    for _ in range(3):
        given_up = getattr(stub, call)(request_)
        await until_active(True)
        given_up.cancel()
        took.append(await until_active(False))
    # A machine that others use stands still now and then; what waits for the query would be late every time.
    assert min(took) < 0.1
    await watcher.close()


async def test_changes_that_are_given_up_free_their_backend(stub: Any, lasting_database: Database) -> None:
    """The rollup is quick: a lock makes it wait."""
    owner = await asyncpg.connect(lasting_database.owner_dsn)
    transaction = owner.transaction()
    await transaction.start()
    await owner.execute("LOCK TABLE logmesh.counts")
    given_up = stub.ListChanges(ListChangesRequest())
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    async with asyncio.timeout(10):
        while not await owner.fetchval(waiting):
            await asyncio.sleep(0.005)
    given_up.cancel()
    began = time.monotonic()
    async with asyncio.timeout(10):
        while await owner.fetchval(waiting):
            await asyncio.sleep(0.005)
    assert time.monotonic() - began < 0.5
    await transaction.rollback()
    await owner.close()
