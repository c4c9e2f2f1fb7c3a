"""The API through a real Envoy on a real gateway: gRPC, gRPC-web and JSON on one port, and the same on the dashboard's."""

import asyncio
import contextlib
import http.client
import json
import re
import stat
import time
import zlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import grpc
import pytest
import pytest_asyncio
from tests.conftest import Database
from tests.integration.edge.conftest import MakeOptions
from tests.integration.edge.http import get
from tests.integration.edge.running import code_of, running_edge, running_gateway
from tests.integration.gateway.stored import store_records
from tests.waiting import until_true

from logmesh.cli.local.certificates import WorkloadFiles, spiffe_id
from logmesh.cli.local.envoy import Envoy
from logmesh.cli.local.ports import free_port
from logmesh.edge.options import Address, EdgeOptions
from logmesh.record.values import set_values
from logmesh.v1.ingest_service_pb2 import WriteRequest
from logmesh.v1.ingest_service_pb2_grpc import IngestServiceStub
from logmesh.v1.query_service_pb2 import SEARCH_END_EXHAUSTED, SearchRequest
from logmesh.v1.query_service_pb2_grpc import QueryServiceStub
from logmesh.v1.record_pb2 import SEVERITY_NUMBER_ERROR, LogRecord

WEB_CLIENT = Path(__file__).with_name("grpc_web.mjs")
LISTENERS = ["api", "dashboard"]

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass(frozen=True, slots=True)
class Edge:
    """A running edge and its options."""

    options: EdgeOptions
    envoy: Envoy

    def address(self, listener: str) -> Address:
        """Where a listener listens."""
        found: Address = getattr(self.options, listener)
        return found


@contextlib.asynccontextmanager
async def whole_edge(
    database: Database, certificates: dict[str, WorkloadFiles], options: MakeOptions, folder: Path
) -> AsyncIterator[Edge]:
    """An edge before a gateway with three records."""
    now = time.time_ns()
    records = [LogRecord(time_unix_nano=now - n * 10**9, body=f"line {n}") for n in range(3)]
    records[1].severity_number = SEVERITY_NUMBER_ERROR
    set_values(records[1].attributes, {"free": 0, "user": "Zoë", "big": 2**53 + 1})
    records[1].trace_id, records[1].span_id = bytes.fromhex("0123456789abcdef" * 2), b"\xab" * 8
    await store_records(database, records)
    callers = [spiffe_id("edge"), spiffe_id("operator")]
    async with running_gateway(database.reader_dsn, certificates, callers=callers) as gateway:
        chosen = options(gateway, metrics=Address("127.0.0.1", free_port()))
        with running_edge(folder, chosen) as envoy:
            yield Edge(chosen, envoy)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def edge(
    lasting_database: Database,
    certificates: dict[str, WorkloadFiles],
    options: MakeOptions,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Edge]:
    """One for all tests; who stores more asks for what is no `line`."""
    async with whole_edge(lasting_database, certificates, options, tmp_path_factory.mktemp("edge")) as running:
        yield running


@pytest.mark.parametrize("listener", LISTENERS)
async def test_json_comes_one_object_a_line_as_the_gateway_writes_it(edge: Edge, listener: str) -> None:
    answer = await get(
        edge.address(listener), "/v1/logs?filter=severity%3E%3DERROR+AND+attributes.user%3D%22Zo%C3%AB%22"
    )
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    *rows, done = [json.loads(line) for line in answer.body.splitlines()]
    (record,) = [record for row in rows if "rows" in row for record in row["rows"]["records"]]
    assert (record["body"], record["severity"], record["severity_number"]) == ("line 1", "ERROR", 17)
    assert (record["trace_id"], record["span_id"]) == ("0123456789abcdef" * 2, "ab" * 8)
    assert record["attributes"] == {"free": 0, "user": "Zoë", "big": 2**53 + 1}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z", record["time"])
    assert done["done"]["end"] == "SEARCH_END_EXHAUSTED"


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/v1/logs?filter=sevrity%3D3", 400, "did you mean severity?"),
        ("/v1/logs?filtr=x", 400, "filtr"),
        ("/v1/logs?page_size=many", 400, "page_size"),
        ("/v1/logs?filter=%FF", 400, "not UTF-8"),
        ("/v1/histogram?filter=%FF", 400, "not UTF-8"),
        ("/v1/nothing", 404, "/v1/logs"),
        ("/logmesh.v1.IngestService/Write", 404, "Not here"),
    ],
)
async def test_a_wrong_request_is_told_what_is_wrong(edge: Edge, path: str, status: int, words: str) -> None:
    answer = await get(edge.options.api, path)
    assert answer.status == status
    assert words in answer.body


async def test_what_json_says_of_a_record_its_filters_take(edge: Edge) -> None:
    (record,) = await records_of(edge, "/v1/logs?filter=severity%3E%3DERROR")
    for condition in (
        f"trace_id = {record['trace_id']}",
        f"span_id = {record['span_id']}",
        f"attributes.big = {record['attributes']['big']}",
        f"time = {record['time']}",
    ):
        assert await records_of(edge, f"/v1/logs?filter={quote(condition)}") == [record]
    trace = json.loads((await get(edge.options.api, f"/v1/traces/{record['trace_id']}")).body)
    assert trace["records"] == [record]


async def test_numbers_of_64_bits_stand_without_quotes(edge: Edge) -> None:
    answer = await get(edge.options.api, "/v1/histogram?buckets=1&filter=line")
    assert [count for series in json.loads(answer.body)["series"] for count in series["counts"] if count] == [1, 2]


async def test_an_answer_of_megabytes_comes_whole(edge: Edge, lasting_database: Database) -> None:
    trace, now = b"\x07" * 16, time.time_ns()
    await store_records(
        lasting_database,
        [LogRecord(time_unix_nano=now, body="\\" * 180_000, trace_id=trace) for _ in range(20)],
        spool=2,
    )
    answer = await get(edge.options.api, f"/v1/traces/{trace.hex()}")
    assert (answer.status, len(json.loads(answer.body)["records"])) == (200, 20)
    assert len(answer.body) > 7_000_000


async def test_head_options_and_post(edge: Edge) -> None:
    for path in ("/v1/logs", "/v1/histogram", "/v1/tail", "/v1/export"):
        head = await get(edge.options.api, path, method="HEAD")
        asked = "application/x-ndjson" if path == "/v1/export" else "application/json"
        assert (head.status, head.headers["content-type"], head.body) == (200, asked, "")
        options = await get(edge.options.api, path, method="OPTIONS")
        assert (options.status, options.headers["allow"], options.body) == (204, "GET, HEAD, POST, OPTIONS", "")
    assert (await get(edge.options.api, "/v1/logs?filter=sevrity%3D3", method="HEAD")).status == 400
    body = json.dumps({"filter": 'attributes.user = "Zoë"', "page_size": 1})
    answer = await get(edge.options.api, "/v1/logs", method="POST", body=body, content__type="application/json")
    assert [record["body"] for record in records_in(answer.body)] == ["line 1"]


async def test_answers_are_compressed_for_who_accepts_it_and_a_stream_is_not_held_back(edge: Edge) -> None:
    def ask() -> tuple[dict[str, str], bytes]:
        connection = http.client.HTTPConnection(edge.options.api.host, edge.options.api.port, timeout=20)
        try:
            connection.request("GET", "/v1/tail", headers={"Accept-Encoding": "gzip"})
            answer = connection.getresponse()
            unpacked, unpacker = b"", zlib.decompressobj(wbits=31)
            while b"\n" not in unpacked:  # the tail goes on for ever
                unpacked += unpacker.decompress(answer.read1())
            return dict(answer.getheaders()), unpacked
        finally:
            connection.close()

    headers, text = await asyncio.to_thread(ask)
    assert headers["content-encoding"] == "gzip"
    assert "heartbeat" in json.loads(text.splitlines()[0])
    assert (await get(edge.options.api, "/v1/logs", Accept__Encoding="gzip")).headers["content-encoding"] == "gzip"
    assert "content-encoding" not in (await get(edge.options.api, "/v1/logs")).headers


async def records_of(edge: Edge, path: str) -> list[Any]:
    answer = await get(edge.options.api, path)
    assert answer.status == 200, answer.body
    return records_in(answer.body)


def records_in(text: str) -> list[Any]:
    return [record for line in text.splitlines() for record in json.loads(line).get("rows", {}).get("records", [])]


@pytest.mark.parametrize("listener", LISTENERS)
async def test_grpc_streams_through(edge: Edge, listener: str) -> None:
    async with grpc.aio.insecure_channel(str(edge.address(listener))) as channel:
        answers = [
            answer async for answer in QueryServiceStub(channel).Search(SearchRequest(filter="line"), timeout=20)
        ]
        assert [record.body for answer in answers for record in answer.rows.records] == ["line 0", "line 1", "line 2"]
        assert answers[-1].done.end == SEARCH_END_EXHAUSTED
        code, details = await code_of(QueryServiceStub(channel).Search(SearchRequest(filter="sevrity = 3"), timeout=20))
        assert (code, "did you mean severity?" in details) == (grpc.StatusCode.INVALID_ARGUMENT, True)


async def test_what_is_not_the_gateways_does_not_pass(edge: Edge) -> None:
    async with grpc.aio.insecure_channel(str(edge.options.api)) as channel:
        code, _ = await code_of(IngestServiceStub(channel).Write(WriteRequest(), timeout=20))
        assert code is grpc.StatusCode.UNIMPLEMENTED


@pytest.mark.needs("node")
@pytest.mark.parametrize("listener", LISTENERS)
async def test_a_browsers_call_gets_rows_in_grpc_web(edge: Edge, listener: str) -> None:
    request = SearchRequest(filter="line 2").SerializeToString().hex()
    url = f"http://{edge.address(listener)}/logmesh.v1.QueryService/Search"
    process = await asyncio.create_subprocess_exec(
        "node", str(WEB_CLIENT), url, request, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 0, err.decode()
    seen = json.loads(out)
    assert seen["contentType"] == "application/grpc-web+proto"
    assert any("line 2" in bytes.fromhex(message).decode("utf-8", "replace") for message in seen["messages"])
    assert "grpc-status:0" in seen["trailers"].replace(" ", "")


async def test_administration_is_a_socket_and_metrics_are_all_that_is_reached(edge: Edge) -> None:
    assert stat.S_IMODE(edge.envoy.admin_socket.stat().st_mode) == 0o600
    metrics = edge.options.metrics
    assert metrics is not None
    await get(edge.options.api, "/v1/logs")
    shown = await get(metrics, "/metrics")
    assert "envoy_cluster_upstream_rq_total" in shown.body
    assert (await get(metrics, "/ready")).body == "LIVE\n"
    for path in ("/", "/config_dump", "/stats", "/quitquitquit", "/metrics/../config_dump"):
        assert (await get(metrics, path)).status == 404
    for path in ("/metrics", "/config_dump"):
        assert (await get(edge.options.api, path)).status == 404


async def test_requests_are_logged_as_json_without_their_query(
    database: Database, certificates: dict[str, WorkloadFiles], options: MakeOptions, tmp_path: Path
) -> None:
    async with whole_edge(database, certificates, options, tmp_path / "edge") as edge:
        await get(edge.options.api, "/v1/logs?filter=secret")
        await until_true(lambda: "/v1/logs" in edge.envoy.log_path.read_text())
        text = edge.envoy.log_path.read_text()
    (line,) = [entry for entry in map(json.loads, text.splitlines()) if entry.get("path") == "/v1/logs"]
    assert (line["event"], line["listener"], line["status"], line["grpc_status"]) == ("request", "api", 200, "OK")
    assert "secret" not in text
