"""A client that goes away frees its backend in PostgreSQL at once, whatever it had asked."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import asyncpg
import grpc
import pytest
from tests.conftest import Database
from tests.integration.gateway.running import running_gateway

from logmesh.v1.query_service_pb2 import ExportRequest, GetContextRequest, GetTraceRequest, SearchRequest
from logmesh.v1.query_service_pb2_grpc import QueryServiceStub

# A loaded machine may take its time once; something that waits for a timeout does so always.
ATTEMPTS = 3
ACTIVE = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active'"
    " AND query LIKE '%logmesh.records%' AND pid <> pg_backend_pid()"
)

QUERIES: dict[str, Callable[[Any], Any]] = {
    "search": lambda stub: stub.Search(SearchRequest()),
    "trace": lambda stub: stub.GetTrace(GetTraceRequest(trace_id="1" * 32)),
    "context": lambda stub: stub.GetContext(GetContextRequest(record_id="1-0", time_unix_nano=time.time_ns())),
    "export": lambda stub: stub.Export(ExportRequest()),
}


@pytest.mark.parametrize("asked", QUERIES)
async def test_a_call_that_is_given_up_frees_its_backend_within_100_ms(database: Database, asked: str) -> None:
    watcher = await asyncpg.connect(database.server.dsn("postgres", database.name))
    owner = await asyncpg.connect(database.owner_dsn)

    async def until(active: int) -> float:
        began = time.monotonic()
        async with asyncio.timeout(10):
            while await watcher.fetchval(ACTIVE) != active:
                await asyncio.sleep(0.001)
        return time.monotonic() - began

    took: list[float] = []
    async with running_gateway(database.reader_dsn) as address, grpc.aio.insecure_channel(address) as channel:
        for _ in range(ATTEMPTS):
            # What is locked lets every query wait, for a second at most.
            async with owner.transaction():
                await owner.execute("LOCK TABLE logmesh.logs IN ACCESS EXCLUSIVE MODE")
                call = QUERIES[asked](QueryServiceStub(channel))
                await until(active=1)
                call.cancel()
                took.append(await until(active=0))
    assert min(took) < 0.1
    for connection in (watcher, owner):
        await connection.close()
