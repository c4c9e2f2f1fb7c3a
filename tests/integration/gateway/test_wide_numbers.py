"""Spools and origins whose numbers need more than 32 bits, in a new database and in one that has records of before: everything
that a reader can ask is answered, through a whole gateway, over what a whole processor stored."""

import json
import time
import uuid
from pathlib import Path
from typing import Any

import asyncpg
import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from tests.conftest import Database
from tests.integration.gateway.commands import command
from tests.integration.gateway.running import TailReader, running_gateway
from tests.integration.processor.append_stream import AppendStream, columns_of
from tests.integration.processor.conftest import ServerStore
from tests.integration.processor.running import RunningProcessor, running_processor
from tests.integration.storage.old_schema import BEFORE, make_old_schema, store_before
from tests.waiting import until

from logmesh.cli.local.redis import Redis
from logmesh.gateway.requests.page_token import decode_page_token
from logmesh.record.ids import parse_record_id
from logmesh.storage.migrate import migrate
from logmesh.storage.postgres import connect
from logmesh.v1 import pipeline_service_pb2 as pipeline
from logmesh.v1 import query_service_pb2 as pb
from logmesh.v1.pipeline_service_pb2_grpc import PipelineServiceStub
from logmesh.v1.query_service_pb2_grpc import QueryServiceStub
from logmesh.v1.record_pb2 import LogRecord

FIRST = (1 << 33) + 1
TRACE = uuid.UUID(int=7)
WIDE = [f"wide {n}" for n in range(7)]


@pytest.fixture
def store(empty_database: Database) -> ServerStore:
    """A fresh database, without the schema: some get that of before."""
    return ServerStore(empty_database.server, empty_database.name)


@pytest.mark.parametrize("before", [[], BEFORE], ids=["new", "upgraded"])
async def test_every_question_is_answered(
    store: ServerStore, redis_server: Redis, tmp_path: Path, before: list[str]
) -> None:
    await _prepare(store, with_records_of_before=bool(before))
    redis_url: Any = redis_server.url
    async with running_processor(store, tmp_path, redis_url=redis_url) as processor:
        address = processor.target
        async with (
            running_gateway(store.reader_dsn, address, redis_url=redis_url) as gateway,
            running_gateway(store.reader_dsn, address) as without_cache,
            grpc.aio.insecure_channel(gateway) as channel,
            grpc.aio.insecure_channel(without_cache) as other,
        ):
            spool_id = await _send(processor, gateway)
            stub, questions = QueryServiceStub(channel), PipelineServiceStub(channel)
            records = await _pages(stub)
            assert sorted(record.body for record in records) == sorted(WIDE + before)
            wide = [record for record in records if record.body in WIDE]
            assert {parse_record_id(record.id)[0] for record in wide} == {FIRST}
            await _around(stub, records)
            await _of_one_trace(stub, QueryServiceStub(other), wide)
            await _aggregated(stub, len(records))
            await _exported(stub, records)
            await _in_the_ledger(questions, gateway, spool_id, len(before))
            owner = await asyncpg.connect(store.superuser_dsn)
            await _lost_and_acknowledged(owner, questions)
        assert await owner.fetchval("SELECT spool FROM logmesh.dead_letters") == FIRST
        assert await owner.fetchval("SELECT min(origin) FROM logmesh.counts") == FIRST
        assert await owner.fetchval("SELECT bool_and(spool = $1 AND origin = $1) FROM logmesh.logs", FIRST)
        await owner.close()


async def _prepare(store: ServerStore, *, with_records_of_before: bool) -> None:
    owner = await connect(store.owner_dsn, application="test")
    if with_records_of_before:
        await make_old_schema(owner, "postgresql")
        await store_before(owner)
    await migrate(owner)
    for sequence in ("spools_spool_seq", "origins_origin_seq"):
        await owner.execute(f"SELECT setval('logmesh.{sequence}', $1)", FIRST - 1)
    await owner.close()


async def _send(processor: RunningProcessor, gateway: str) -> str:
    """Three batches, beside a tail that breaks after the first and goes on after the second; the spool's id."""
    tail, stream = TailReader(), processor.stream()
    await stream.hello()
    async with tail.reading(gateway, followed=[processor]):
        await _batch(stream, 1, WIDE[:3])
        await tail.until(lambda: len(tail.seen) == 3)
    await _batch(stream, 2, WIDE[3:5])
    async with tail.reading(gateway):
        await tail.until(lambda: len(tail.seen) == 5)
        await _batch(stream, 3, WIDE[5:], dead=True)
        await tail.until(lambda: len(tail.seen) >= 7)
    assert sorted(set(tail.bodies)) == WIDE
    assert {parse_record_id(record_id)[0] for record_id in tail.seen} == {FIRST}
    assert (set(tail.seen.values()), tail.gaps) == ({1}, [])
    return stream.spool_id


async def _batch(stream: AppendStream, seq: int, bodies: list[str], *, dead: bool = False) -> None:
    attributes = [b""] * len(bodies) + [b"{oops"] * dead
    columns = columns_of([body.encode() for body in bodies] + [b"dead"] * dead, attributes=attributes)
    columns.trace_ids = TRACE.bytes * len(attributes)
    await stream.send_columns(seq, columns)
    await stream.until_committed(seq)


async def _pages(stub: Any) -> list[LogRecord]:
    """All records, two a page: pages end amid records of one time, so that a token names a spool and a position."""
    found: list[LogRecord] = []
    request = pb.SearchRequest(start_time=Timestamp(seconds=int(time.time()) - 7_200), page_size=2)
    cursors = []
    while True:
        answers = [answer async for answer in stub.Search(request)]
        found += [record for answer in answers for record in answer.rows.records]
        request.page_token = answers[-1].done.next_page_token
        if not request.page_token:
            break
        cursors.append(decode_page_token(request.page_token, "")[1].spool)
    assert FIRST in cursors
    assert len({record.id for record in found}) == len(found)
    return found


async def _around(stub: Any, records: list[LogRecord]) -> None:
    for one in (records[3], records[-1]):
        for hint in (0, one.time_unix_nano):
            answer = await stub.GetContext(pb.GetContextRequest(record_id=one.id, time_unix_nano=hint))
            assert [record.id for record in answer.records] == [record.id for record in reversed(records)]
            assert answer.records[answer.index].id == one.id


async def _of_one_trace(stub: Any, without_cache: Any, wide: list[LogRecord]) -> None:
    request = pb.GetTraceRequest(trace_id=TRACE.hex)

    async def cached() -> Any:
        found = await stub.GetTrace(request)
        return found if found.cached else None

    answer = await until(cached)  # on a busy machine Redis may have been too slow for the first
    assert list(answer.records) == list(reversed(wide)) == list((await without_cache.GetTrace(request)).records)


async def _aggregated(stub: Any, count: int) -> None:
    start = Timestamp(seconds=int(time.time()) - 7_200)
    histogram = await stub.Histogram(pb.HistogramRequest(start_time=start))
    assert sum(sum(series.counts) for series in histogram.series) == count
    facets = await stub.Facets(pb.FacetsRequest(start_time=start))
    assert [(value.value, value.count) for value in facets.facets[0].values] == [("test", count)]
    patterns = await stub.ListPatterns(pb.ListPatternsRequest(start_time=start))
    assert patterns.counted == count
    assert all(pattern.example.id for pattern in patterns.patterns)
    changes = await stub.ListChanges(pb.ListChangesRequest(start_time=start))
    assert [(one.service, one.records) for one in changes.services] == [("test", count)]


async def _exported(stub: Any, records: list[LogRecord]) -> None:
    request = pb.ExportRequest(start_time=Timestamp(seconds=int(time.time()) - 7_200))
    data = b"".join([piece.data async for piece in stub.Export(request)])
    assert [json.loads(line)["id"] for line in data.splitlines()] == [record.id for record in records]


async def _in_the_ledger(questions: Any, gateway: str, spool_id: str, before: int) -> None:
    entries = (await questions.ListLedger(pipeline.ListLedgerRequest())).entries
    stored = {entry.spool_id: (entry.stored, entry.dead_letters, entry.last_seq) for entry in entries}
    assert stored[spool_id] == (len(WIDE), 1, 3)
    code, out, _ = await command("status", "--output", "json", LOGMESH_GATEWAY=gateway)
    assert code == 0
    assert sum(producer["stored"] for producer in json.loads(out)["producers"]) == len(WIDE) + before


async def _lost_and_acknowledged(owner: asyncpg.Connection, questions: Any) -> None:
    await owner.execute("UPDATE logmesh.spools SET given = 5, abandoned = '{[1,6)}' WHERE spool = $1", FIRST)
    facts = (await questions.ListFacts(pipeline.ListFactsRequest())).facts
    assert [(fact.kind, fact.batches) for fact in facts] == [("lost", 2)]
    request = pipeline.AcknowledgeFactsRequest(facts=facts, reason="a test")
    assert (await questions.AcknowledgeFacts(request)).batches == 2
    assert not (await questions.ListFacts(pipeline.ListFactsRequest())).facts
