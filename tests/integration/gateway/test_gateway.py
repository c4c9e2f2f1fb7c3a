"""A whole gateway on a real database and a real processor, over gRPC and through the commands."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import asyncpg
import google_crc32c
import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from grpc_health.v1 import health_pb2, health_pb2_grpc
from pydantic import SecretStr
from tests.conftest import Database
from tests.integration.gateway.commands import SERVICES, command
from tests.integration.gateway.running import running_gateway
from tests.integration.gateway.stored import store_records
from tests.integration.processor.append_stream import columns_of
from tests.integration.processor.conftest import ServerStore
from tests.integration.processor.running import running_processor

from logmesh.cli.local.certificates import WorkloadFiles
from logmesh.cli.local.ports import free_port
from logmesh.gateway.pipeline.service import PipelineServicer
from logmesh.gateway.settings import GatewaySettings
from logmesh.record.values import set_values
from logmesh.rows.reader import Reader
from logmesh.storage.postgres import open_pool
from logmesh.v1 import ingest_service_pb2 as pb
from logmesh.v1.pipeline_service_pb2 import GetSummaryRequest, ListLedgerRequest, ListProcessorsRequest, ProcessorState
from logmesh.v1.pipeline_service_pb2_grpc import PipelineServiceStub
from logmesh.v1.query_service_pb2 import SEARCH_END_EXHAUSTED, SearchRequest, SearchResponse
from logmesh.v1.query_service_pb2_grpc import QueryServiceStub
from logmesh.v1.record_pb2 import SEVERITY_NUMBER_ERROR, LogRecord


@pytest.fixture
async def gateway(database: Database) -> AsyncIterator[str]:
    """Address of a gateway with five records in its database; one of its two processors is not there."""
    now = time.time_ns()
    records = [
        LogRecord(time_unix_nano=now - n * 10**9, body=f"line {n}", trace_id=bytes([n + 1]) * 16) for n in range(5)
    ]
    records[1].severity_number = SEVERITY_NUMBER_ERROR
    records[1].body = "disk \x1b[31mfull"
    set_values(records[1].attributes, {"free": 0, "path": "/var"})
    await store_records(database, records)
    async with running_gateway(
        database.reader_dsn, processors=f"ipv4:127.0.0.1:{free_port()}", processor_seconds=1
    ) as address:
        yield address


async def ask(address: str, request: SearchRequest) -> list[SearchResponse]:
    async with grpc.aio.insecure_channel(address) as channel:
        return [answer async for answer in QueryServiceStub(channel).Search(request)]


async def test_search_streams_rows_and_ends_with_done(gateway: str) -> None:
    answers = await ask(gateway, SearchRequest())
    meta = answers[0].meta
    assert meta.end_time.ToNanoseconds() - meta.start_time.ToNanoseconds() == 15 * 60 * 10**9
    assert meta.page_size == 100
    assert answers[1].rows.records[0].body == "line 0"
    assert {answer.WhichOneof("message") for answer in answers[2:-1]} <= {"rows", "progress"}
    assert answers[-1].done.end == SEARCH_END_EXHAUSTED
    assert answers[-1].done.next_page_token == ""


async def test_page_tokens_go_on_where_a_page_ended_and_hold_the_range(gateway: str) -> None:
    request, bodies = SearchRequest(page_size=2, filter="line"), []
    while True:
        answers = await ask(gateway, request)
        bodies += [record.body for answer in answers for record in answer.rows.records]
        request.page_token = answers[-1].done.next_page_token
        if not request.page_token:
            break
    assert bodies == ["line 0", "line 2", "line 3", "line 4"]


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (SearchRequest(filter="sevrity >= ERROR"), "did you mean severity?"),
        (SearchRequest(filter='service = "a'), "at character 11"),
        (SearchRequest(page_size=10_001), "page_size"),
        (SearchRequest(page_token="nonsense"), "page_token"),
        (SearchRequest(start_time=Timestamp(seconds=2), end_time=Timestamp(seconds=1)), "start_time"),
    ],
)
async def test_a_wrong_request_is_refused_with_its_reason(gateway: str, request_: SearchRequest, words: str) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await ask(gateway, request_)
    assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert words in (refused.value.details() or "")


async def test_a_token_of_another_filter_is_refused(gateway: str) -> None:
    token = (await ask(gateway, SearchRequest(page_size=1)))[-1].done.next_page_token
    with pytest.raises(grpc.aio.AioRpcError, match="another filter"):
        await ask(gateway, SearchRequest(page_size=1, filter="line", page_token=token))


async def test_a_broken_range_of_times_is_the_whole_range(gateway: str) -> None:
    far = SearchRequest(start_time=Timestamp(seconds=-(10**11)), end_time=Timestamp(seconds=10**11))
    answers = await ask(gateway, far)
    assert sum(len(answer.rows.records) for answer in answers) == 5
    assert answers[-1].done.end == SEARCH_END_EXHAUSTED


async def test_the_ledger_says_what_is_missing(gateway: str, database: Database) -> None:
    owner = await asyncpg.connect(database.owner_dsn)
    await owner.execute(
        "INSERT INTO logmesh.spools (tenant, spool_id, producer, principal, committed, stored, dead_letters, lag, last_commit)"
        " VALUES ('default', gen_random_uuid(), 'log-producer-0', 'p', '{[1,5),[7,8),[10,11)}', 60, 2, '1.5 s', now()),"
        " ('acme', gen_random_uuid(), 'other', 'p', '{[1,5)}', 1, 0, NULL, now()),"
        " ('default', gen_random_uuid(), 'new', 'p', '{}', 0, 0, NULL, NULL)"
    )
    await owner.close()
    async with grpc.aio.insecure_channel(gateway) as channel:
        answer = await PipelineServiceStub(channel).ListLedger(ListLedgerRequest())
    assert [entry.producer for entry in answer.entries] == ["log-producer-0", "new"]
    entry = answer.entries[0]
    assert (entry.last_seq, entry.stored, entry.dead_letters) == (10, 60, 2)
    assert [(gap.first, gap.last) for gap in entry.missing] == [(5, 6), (8, 9)]
    assert entry.lag.ToMilliseconds() == 1500
    code, out, _ = await command("status", "--output", "json", LOGMESH_GATEWAY=gateway)
    assert code == 4  # its processor does not answer
    shown = json.loads(out)["producers"][0]
    assert (shown["last_seq"], shown["missing"], shown["missing_batches"]) == (10, [[5, 6], [8, 9]], 4)
    code, out, _ = await command("status", LOGMESH_GATEWAY=gateway, COLUMNS="160")
    assert code == 4
    assert "4 (5–6, 8–9)" in out


async def test_a_processor_that_does_not_answer_is_listed_as_not_ready(gateway: str) -> None:
    async with grpc.aio.insecure_channel(gateway) as channel:
        answer = await PipelineServiceStub(channel).ListProcessors(ListProcessorsRequest())
    states: Sequence[ProcessorState] = answer.processors
    assert len(states) == 1
    assert states[0].name.startswith("127.0.0.1:")
    assert not states[0].ready


async def test_the_search_command_writes_json_text_or_bodies(gateway: str) -> None:
    code, out, err = await command("search", "severity >= WARNING", "--gateway", gateway)
    assert (code, err) == (0, "")
    line = json.loads(out)
    assert (line["severity"], line["body"], line["trace_id"]) == ("ERROR", "disk \x1b[31mfull", "02" * 16)
    assert line["attributes"] == {"free": 0, "path": "/var"}
    _, out, _ = await command("search", "severity >= WARNING", "-o", "text", LOGMESH_GATEWAY=gateway)
    assert out.endswith("ERROR unknown_service disk full free=0 path=/var\n")
    _, out, _ = await command("search", "line", "-o", "raw", "--limit", "2", LOGMESH_GATEWAY=gateway)
    assert out == "line 0\nline 2\n"


async def test_commands_fail_with_one_line_and_the_exit_code_that_help_states(gateway: str) -> None:
    code, out, err = await command("search", "sevrity = 3", "--gateway", gateway)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "did you mean severity?" in err
    code, _, err = await command("search", "--since", "soon", "--gateway", gateway)
    assert (code, err.count("\n")) == (2, 1)
    nowhere = f"127.0.0.1:{free_port()}"
    for name in ("search", "status"):
        code, _, err = await command(name, "--gateway", nowhere)
        assert (code, err.count("\n")) == (1, 1)
        assert f"no gateway answers at {nowhere}" in err


async def test_an_empty_search_says_in_one_line_what_to_do_next(database: Database) -> None:
    async with running_gateway(database.reader_dsn) as gateway:
        code, out, err = await command("search", "--gateway", f"http://{gateway}/")
        assert (code, out, err.count("\n")) == (0, "", 1)
        assert "no log has come yet" in err
        old = LogRecord(time_unix_nano=time.time_ns() - 5 * 3600 * 10**9, body="connection refused")
        await store_records(database, [old])
        for filter_text, words in (
            ("refused", "--since 6h"),
            ("", "--since 6h"),
            ("timeout", "no record that matches at all"),
        ):
            code, out, err = await command("search", filter_text, "--gateway", gateway)
            assert (code, out, err.count("\n")) == (0, "", 1)
            assert words in err


async def test_a_gateway_process_serves_without_a_database_and_drains_on_sigterm() -> None:
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "logmesh.gateway",
        env={
            **os.environ, "PYTHONPATH": str(SERVICES), "LOGMESH_LISTEN_ADDRESS": "127.0.0.1", "LOGMESH_PORT": str(port),
            "LOGMESH_METRICS_PORT": str(free_port()), "LOGMESH_DATABASE_DSN": f"postgresql://a:b@127.0.0.1:{free_port()}/x",
        },
        stderr=subprocess.PIPE,
    )  # fmt: skip
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        answer = await stub.Check(health_pb2.HealthCheckRequest(), wait_for_ready=True, timeout=20)
        assert answer.status == health_pb2.HealthCheckResponse.NOT_SERVING
        with pytest.raises(grpc.aio.AioRpcError) as away:
            async for _ in QueryServiceStub(channel).Search(SearchRequest()):
                pass
        assert away.value.code() == grpc.StatusCode.UNAVAILABLE
    process.send_signal(signal.SIGTERM)
    _, err = await asyncio.wait_for(process.communicate(), 15)
    assert process.returncode == 0
    assert b'"event_name": "stopped"' in err
    assert b":b@" not in err


async def test_processors_are_asked_in_mutual_tls(
    database: Database, certificates: dict[str, WorkloadFiles], tmp_path: Path
) -> None:
    store = ServerStore(database.server, database.name)
    mine = certificates["gateway"]
    async with running_processor(
        store, tmp_path, server=certificates["log-processor"], client=certificates["log-producer"]
    ) as running:
        settings = GatewaySettings(
            database_dsn=SecretStr(database.reader_dsn),
            processors=f"127.0.0.1:{running.settings.direct_port},127.0.0.1:{free_port()}",
            tls_cert=mine.cert,
            tls_key=mine.key,
            tls_ca=mine.ca,
        )
        pool = await open_pool(database.reader_dsn, application="test", size=1)
        servicer = PipelineServicer(settings, Reader(pool))
        async with asyncio.timeout(20):
            while True:
                answer = await servicer.ListProcessors(ListProcessorsRequest(), None)
                if any(state.ready for state in answer.processors):
                    break
                await asyncio.sleep(0.05)
    gone = await servicer.ListProcessors(ListProcessorsRequest(), None)
    pool.terminate()
    by_readiness = {state.ready: state for state in answer.processors}
    assert (by_readiness[True].name, by_readiness[True].track) == ("log-processor-0", "stable")
    assert by_readiness[False].name.startswith("127.0.0.1:")
    assert {(state.name, state.ready, state.version) for state in gone.processors} == {
        ("log-processor-0", False, ""),
        (by_readiness[False].name, False, ""),
    }


async def test_the_gateway_says_how_the_first_record_is_sent_and_no_more_once_it_is_stored(
    database: Database, tmp_path: Path
) -> None:
    async with running_processor(ServerStore(database.server, database.name), tmp_path) as running:
        settings = GatewaySettings(
            database_dsn=SecretStr(database.reader_dsn),
            processors=running.target,
            ship_command="logmesh ship --data-dir /data",
            ship_certificates="/data/certificates",
        )
        pool = await open_pool(database.reader_dsn, application="test", size=1)
        servicer = PipelineServicer(settings, Reader(pool))
        sent_to = (await servicer.GetSummary(GetSummaryRequest(), None)).send_to
        assert (sent_to.target, sent_to.command, sent_to.certificates) == (
            running.target, settings.ship_command, settings.ship_certificates,
        )  # fmt: skip
        stream = running.stream()
        await stream.hello()
        await stream.send_columns(1, columns_of([b"hello"]))
        await stream.until_committed(1)
        assert not (await servicer.GetSummary(GetSummaryRequest(), None)).HasField("send_to")
        await servicer.close()
        pool.terminate()


async def test_the_gateway_says_why_processors_rejected_records(database: Database, tmp_path: Path) -> None:
    async with running_processor(ServerStore(database.server, database.name), tmp_path) as running:
        stream = running.stream()
        await stream.hello()
        await stream.send_columns(1, columns_of([b"good", b"bad"], attributes=[b"", b"{oops"]))
        # Unreadable as a whole: one dead letter, which stands for three records.
        unreadable = b"\xff\xff\xff"
        await stream.send_batch(pb.Batch(seq=2, count=3, columns=unreadable, crc32c=google_crc32c.value(unreadable)))
        await stream.until_committed(1, 2)
        reasons = [dead["reason"] for dead in await running.dead_letters()]
        state = await _state_through_gateway(database, running.settings.direct_port)
    assert (state.stored, state.write_errors) == (1, 0)
    assert dict(state.rejected) == dict(zip(reasons, (1, 3), strict=True))


async def test_the_gateway_counts_writes_that_failed_and_were_made_again(database: Database, tmp_path: Path) -> None:
    async with running_processor(ServerStore(database.server, database.name), tmp_path) as running:
        stream = running.stream()
        await stream.hello()
        owner = await asyncpg.connect(database.owner_dsn)
        await owner.execute("REVOKE INSERT ON logmesh.dead_letters, logmesh.logs FROM logmesh_writer")
        await stream.send_columns(1, columns_of([b"waits"]))
        async with asyncio.timeout(20):
            while not (await _state_through_gateway(database, running.settings.direct_port)).write_errors:
                await asyncio.sleep(0.1)
        await owner.execute("GRANT INSERT ON logmesh.dead_letters, logmesh.logs TO logmesh_writer")
        await owner.close()
        await stream.until_committed(1, 1)
        state = await _state_through_gateway(database, running.settings.direct_port)
    assert state.stored == 1
    assert state.write_errors >= 1


async def _state_through_gateway(database: Database, direct_port: int) -> ProcessorState:
    settings = GatewaySettings(database_dsn=SecretStr(database.reader_dsn), processors=f"127.0.0.1:{direct_port}")
    pool = await open_pool(database.reader_dsn, application="test", size=1)
    try:
        answer = await PipelineServicer(settings, Reader(pool)).ListProcessors(ListProcessorsRequest(), None)
    finally:
        pool.terminate()
    (state,) = answer.processors
    return state
