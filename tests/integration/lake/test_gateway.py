"""A gateway whose store is the lake answers as one of rows does, from files and hot rows."""

import time
from typing import Any

import asyncpg
import grpc
from google.protobuf.timestamp_pb2 import Timestamp
from tests.conftest import Database
from tests.integration.gateway.running import TailReader, running_gateway
from tests.integration.lake.batches import columns
from tests.integration.lake.storing import Spool, Storing

from logmesh.lake.tending.seal import seal
from logmesh.lake.writing.filing import FILE_ROWS
from logmesh.v1.query_service_pb2 import FacetsRequest, GetTraceRequest, HistogramRequest, SearchRequest
from logmesh.v1.query_service_pb2_grpc import QueryServiceStub

FEW = 40


async def test_questions_and_a_tail_are_answered(
    storing: Storing, owner: asyncpg.Connection, database: Database
) -> None:
    at, spool = time.time_ns() - 10**9, Spool("default")
    await storing.store(spool.batch(columns(FILE_ROWS, at=at, name="filed")))
    await storing.store(spool.batch(columns(FEW, at=at + FILE_ROWS, name="hot")))
    day: dict[str, Any] = {"start_time": _timestamp(at - 3_600 * 10**9), "end_time": _timestamp(at + 3_600 * 10**9)}
    async with (
        running_gateway(database.reader_dsn, store="lake", lake_dir=storing.root) as address,
        grpc.aio.insecure_channel(address) as channel,
    ):
        stub = QueryServiceStub(channel)

        async def found(text: str) -> list[str]:
            request = SearchRequest(filter=text, page_size=1_000, **day)
            return [record.body async for answer in stub.Search(request) for record in answer.rows.records]

        assert await found("attributes.n = 7") == ["hot 7", "filed 7"]
        assert await found('"hot" severity >= ERROR') == ["hot 0"]
        histogram = await stub.Histogram(HistogramRequest(filter="attributes.n < 10", **day))
        assert sum(sum(series.counts) for series in histogram.series) == 20
        facets = await stub.Facets(FacetsRequest(fields=["attributes.n", "service"], values=2, **day))
        n, service = facets.facets
        assert [(value.value, value.count) for value in n.values] == [("0", 2), ("1", 2)]
        assert (n.counted, n.exact) == (FILE_ROWS + FEW, True)
        assert {value.value: value.count for value in service.values} == dict.fromkeys(
            ("api", "checkout"), (FILE_ROWS + FEW) // 2
        )
        trace = await stub.GetTrace(GetTraceRequest(trace_id=(9).to_bytes(16, "big").hex(), **day))
        assert [record.body for record in trace.records] == ["filed 9", "hot 9"]
        tail = TailReader("attributes.n <= 1")
        async with tail.reading(address):
            await storing.store(spool.batch(columns(FILE_ROWS, name="filed later")))
            await storing.store(spool.batch(columns(FEW, name="hot later")))
            await tail.until(lambda: len(tail.bodies) >= 4)
        assert sorted(tail.bodies) == ["filed later 0", "filed later 1", "hot later 0", "hot later 1"]
        before = await found("attributes.n = 7")
        assert (await seal(owner, storing.root, "test", seal_bytes=1, seal_seconds=0)).files == 1
        assert await found("attributes.n = 7") == before


def _timestamp(unix_nano: int) -> Timestamp:
    return Timestamp(seconds=unix_nano // 10**9, nanos=unix_nano % 10**9)
