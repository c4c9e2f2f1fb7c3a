"""Exports through a whole gateway: whole files, or a status that says that they are not."""

import asyncio
import csv
import io
import json
import threading
import time
from collections.abc import AsyncIterator, Iterable
from datetime import timedelta

import asyncpg
import grpc
import pytest
from google.api.httpbody_pb2 import HttpBody
from google.protobuf.timestamp_pb2 import Timestamp
from tests.conftest import Database
from tests.integration.gateway.running import running_gateway
from tests.integration.gateway.stored import store_records

from logmesh.client.errors import Overloaded
from logmesh.client.failures import from_rpc
from logmesh.gateway.answers import answering
from logmesh.gateway.answers.export_formats import CSV_COLUMNS, FORMATS, write_ndjson
from logmesh.gateway.query import export as exporting
from logmesh.record.json_line import json_line
from logmesh.v1.query_service_pb2 import EXPORT_FORMAT_CSV, EXPORT_FORMAT_UNSPECIFIED, ExportRequest, SearchRequest
from logmesh.v1.query_service_pb2_grpc import QueryServiceStub
from logmesh.v1.record_pb2 import LogRecord

IN_A_TRANSACTION = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND xact_start IS NOT NULL"
    " AND pid <> pg_backend_pid()"
)


@pytest.fixture
async def gateway(database: Database) -> AsyncIterator[str]:
    """Address of a gateway with an empty database; two exports at once."""
    async with running_gateway(database.reader_dsn, database_connections=4) as address:
        yield address


def records(count: int, body: str = "line", size: int = 0) -> list[LogRecord]:
    now = time.time_ns()
    return [
        LogRecord(time_unix_nano=now - n * 10**6, body=f"{body} {n}" + "x" * size, span_id=b"\1" * 8)
        for n in range(count)
    ]


async def export(address: str, request: ExportRequest) -> tuple[str, bytes]:
    """Content type and bytes of a whole file."""
    async with grpc.aio.insecure_channel(address) as channel:
        pieces: list[HttpBody] = [piece async for piece in QueryServiceStub(channel).Export(request)]
    assert not any(piece.content_type for piece in pieces[1:])
    return pieces[0].content_type, b"".join(piece.data for piece in pieces)


async def rest(call: AsyncIterator[HttpBody]) -> bytes:
    """What is still to come of a file."""
    return b"".join([piece.data async for piece in call])


async def test_ndjson_has_every_matching_record_as_search_shows_them(gateway: str, database: Database) -> None:
    await store_records(database, records(40) + records(10, "noise"))
    content_type, data = await export(gateway, ExportRequest(filter="line"))
    assert content_type == "application/x-ndjson"
    async with grpc.aio.insecure_channel(gateway) as channel:
        answers = [answer async for answer in QueryServiceStub(channel).Search(SearchRequest(filter="line"))]
    found = [record for answer in answers for record in answer.rows.records]
    assert data.decode() == "".join(f"{json_line(record)}\n" for record in found)
    assert len(found) == 40


async def test_without_a_limit_nothing_is_left_out(gateway: str, database: Database) -> None:
    await store_records(database, [LogRecord(time_unix_nano=time.time_ns(), body="one")])
    owner = await asyncpg.connect(database.owner_dsn)
    await owner.execute(
        "INSERT INTO logmesh.logs (received, time, ns, position, spool, origin, severity, tenant, service, body)"
        " SELECT received, time, ns, position + n, spool, origin, severity, tenant, service, ''"
        " FROM logmesh.logs, generate_series(1, 100000) AS n"
    )
    await owner.close()
    _, data = await export(gateway, ExportRequest())
    assert data.count(b"\n") == 100_001


async def test_csv_has_a_header_even_for_nothing(gateway: str, database: Database) -> None:
    await store_records(database, records(3, "=cmd()"))
    content_type, data = await export(gateway, ExportRequest(format=EXPORT_FORMAT_CSV))
    assert content_type.startswith("text/csv")
    header, *rows = csv.reader(io.StringIO(data.decode(), newline=""))
    assert header == list(CSV_COLUMNS)
    assert [row[CSV_COLUMNS.index("body")] for row in rows] == [f"'=cmd() {n}" for n in range(3)]
    _, data = await export(gateway, ExportRequest(format=EXPORT_FORMAT_CSV, filter="nothing"))
    assert data.decode() == ",".join(CSV_COLUMNS) + "\r\n"
    content_type, data = await export(gateway, ExportRequest(filter="nothing"))
    assert (content_type, data) == ("application/x-ndjson", b"")


async def test_pages_follow_one_another_and_the_limit_ends_them(
    gateway: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "_PAGE_SIZE", 7)
    stored = records(40)
    for record in stored[10:30]:
        record.time_unix_nano = stored[10].time_unix_nano  # pages end amid equal times
    await store_records(database, stored)
    _, data = await export(gateway, ExportRequest())
    ids = [json.loads(line)["id"] for line in data.splitlines()]
    assert len(ids) == len(set(ids)) == 40
    for limit in (1, 7, 12, 40, 41):
        _, data = await export(gateway, ExportRequest(limit=limit))
        assert [json.loads(line)["id"] for line in data.splitlines()] == ids[:limit]


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (ExportRequest(filter="sevrity = 3"), "did you mean severity?"),
        (ExportRequest(format=9), "format 9"),  # type: ignore[arg-type]
        (ExportRequest(start_time=Timestamp(seconds=2), end_time=Timestamp(seconds=1)), "start_time"),
    ],
)
async def test_a_wrong_request_is_refused_before_a_file_begins(
    gateway: str, request_: ExportRequest, words: str
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await export(gateway, request_)
    assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert words in (refused.value.details() or "")


async def test_a_database_that_goes_away_ends_the_file_with_a_status(gateway: str, database: Database) -> None:
    await store_records(database, records(400, size=50_000))
    superuser = await asyncpg.connect(database.server.dsn("postgres", database.name))
    async with grpc.aio.insecure_channel(gateway) as channel:
        call = aiter(QueryServiceStub(channel).Export(ExportRequest()))
        for _ in range(2):
            await anext(call)
        await superuser.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%logmesh.records%'"
            " AND datname = current_database() AND pid <> pg_backend_pid()"
        )
        with pytest.raises(grpc.aio.AioRpcError) as broken:
            await rest(call)
    await superuser.close()
    assert broken.value.code() == grpc.StatusCode.UNAVAILABLE


async def test_a_filter_that_takes_too_long_ends_the_file_with_a_status(database: Database) -> None:
    owner = await asyncpg.connect(database.owner_dsn)
    async with running_gateway(database.reader_dsn, search_seconds=0.3) as address, owner.transaction():
        await owner.execute("LOCK TABLE logmesh.logs IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(grpc.aio.AioRpcError) as ended:
            await export(address, ExportRequest())
    await owner.close()
    assert ended.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED


async def test_a_client_that_stops_reading_is_let_go(
    gateway: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering, "STALL_SECONDS", 0.3)
    await store_records(database, records(600, size=50_000))
    async with grpc.aio.insecure_channel(gateway) as channel:
        call = aiter(QueryServiceStub(channel).Export(ExportRequest()))
        await anext(call)
        superuser = await asyncpg.connect(database.server.dsn("postgres", database.name))
        async with asyncio.timeout(20):
            while not await superuser.fetchval(IN_A_TRANSACTION):
                await asyncio.sleep(0.02)
        async with asyncio.timeout(30):
            # Between two windows nothing is held for a moment either.
            free = 0
            while free < 50:
                await asyncio.sleep(0.02)
                free = 0 if await superuser.fetchval(IN_A_TRANSACTION) else free + 1
        await superuser.close()
        with pytest.raises(grpc.aio.AioRpcError) as ended:
            await asyncio.wait_for(rest(call), 20)
    assert ended.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
    assert "stopped reading" in (ended.value.details() or "")


async def test_exports_leave_connections_for_others(gateway: str, database: Database) -> None:
    await store_records(database, records(600, size=50_000))
    async with grpc.aio.insecure_channel(gateway) as channel:
        stub = QueryServiceStub(channel)
        running = [stub.Export(ExportRequest()) for _ in range(2)]
        for call in running:
            await call.read()
            await call.read()
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await export(gateway, ExportRequest())
        told = from_rpc(refused.value, gateway)
        assert isinstance(told, Overloaded)
        assert told.retry_after == timedelta(seconds=1)
        answers = [answer async for answer in stub.Search(SearchRequest(page_size=1))]
        assert answers[-1].HasField("done")
        for call in running:
            call.cancel()
        async with asyncio.timeout(10):
            while True:
                try:
                    await export(gateway, ExportRequest(limit=1))
                    break
                except grpc.aio.AioRpcError:
                    await asyncio.sleep(0.05)


async def test_while_a_piece_is_written_others_are_answered(
    gateway: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store_records(database, records(3))
    answered = threading.Event()
    waited: list[bool] = []

    def write(records: Iterable[LogRecord]) -> bytes:
        """Takes for as long as nobody else is answered."""
        writing.set()
        waited.append(answered.wait(5))
        return write_ndjson(records)

    writing = threading.Event()
    ndjson = FORMATS[EXPORT_FORMAT_UNSPECIFIED]
    monkeypatch.setitem(FORMATS, EXPORT_FORMAT_UNSPECIFIED, ndjson._replace(write=write))
    task = asyncio.create_task(export(gateway, ExportRequest()))
    await asyncio.to_thread(writing.wait, 20)
    async with grpc.aio.insecure_channel(gateway) as channel:
        answers = [answer async for answer in QueryServiceStub(channel).Search(SearchRequest(page_size=1))]
    answered.set()
    assert answers[-1].HasField("done")
    _, data = await task
    assert (len(data.splitlines()), waited) == (3, [True])


async def test_no_tenant_exports_anothers_records(database: Database) -> None:
    await store_records(database, records(1, "ours"))
    await store_records(database, records(1, "theirs"), tenant="acme", spool=2)
    for tenant, body in (("default", "ours 0"), ("acme", "theirs 0")):
        async with running_gateway(database.reader_dsn, tenant=tenant) as address:
            _, data = await export(address, ExportRequest())
        assert [json.loads(line)["body"] for line in data.splitlines()] == [body]
