"""The API of a running system as someone with curl, grpcurl or a browser's code meets it."""

import asyncio
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.test_up import LOOPBACK, Running, child_pid

from logmesh.v1.query_service_pb2 import SearchRequest

API, DASHBOARD = f"{LOOPBACK}.1:8080", f"{LOOPBACK}.1:3000"
WEB_CLIENT = Path(__file__).parents[1] / "integration" / "edge" / "grpc_web.mjs"


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = Running(tmp_path_factory.mktemp("edge") / "data", "--rate", "300")
    try:
        running.wait_for("Logmesh is up")
        running.wait_for("stream is open")
        yield running
    finally:
        running.stop()


def printed(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def until_rows(*command: str) -> str:
    """What the command prints once there are records."""
    for _ in range(100):
        if "body" in (text := printed(*command)):
            return text
    raise AssertionError(f"no records: {command}")


def test_the_start_says_where_everything_is_and_to_whom_it_is_open(system: Running) -> None:
    api = system.wait_for(r"^  API ")
    assert f"http://{API}" in api
    assert "this machine alone" in api and "no TLS, no tokens" in api
    assert f"http://{DASHBOARD}" in system.wait_for(r"^  dashboard ")


@pytest.mark.needs("curl")
@pytest.mark.parametrize("address", [API, DASHBOARD])
def test_curl_prints_records_as_lines_of_json(system: Running, address: str) -> None:
    url = f"{address}/v1/logs?filter=severity%3E%3DINFO&page_size=5"
    lines = [json.loads(line) for line in until_rows("curl", "-sSN", "--fail", url).splitlines()]
    records = [record for line in lines for record in line.get("rows", {}).get("records", [])]
    assert 1 <= len(records) <= 5
    assert {"id", "time_unix_nano", "severity_number", "body", "resource"} <= records[0].keys()
    assert "done" in lines[-1]


@pytest.mark.needs("curl")
def test_curl_follows_new_records_as_lines_of_json(system: Running) -> None:
    command = ["curl", "-sSN", "--max-time", "5", f"{API}/v1/tail?filter=severity%3E%3DINFO"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 28, done.stderr  # it would have gone on
    whole = done.stdout.splitlines()[:-1] or done.stdout.splitlines()
    frames = [json.loads(line) for line in whole]
    assert [record for frame in frames for record in frame.get("frame", {}).get("records", [])]


@pytest.mark.needs("curl")
def test_curl_asks_for_the_pipelines_state(system: Running) -> None:
    state = json.loads(printed("curl", "-sS", "--fail", f"{API}/v1/pipeline/processors"))
    assert [processor["name"] for processor in state["processors"]] == ["log-processor-0", "log-processor-1"]


@pytest.mark.needs("grpcurl")
def test_grpcurl_finds_and_streams_search_without_protos(system: Running) -> None:
    assert "logmesh.v1.QueryService" in printed("grpcurl", "-plaintext", API, "list").split()
    asked = ("grpcurl", "-plaintext", "-d", '{"page_size": 3}', API, "logmesh.v1.QueryService/Search")
    assert '"done"' in until_rows(*asked)


@pytest.mark.needs("grpcurl")
def test_grpcurl_follows_new_records(system: Running) -> None:
    command = ["grpcurl", "-plaintext", "-max-time", "5", "-d", "{}", API, "logmesh.v1.TailService/Tail"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert "DeadlineExceeded" in done.stderr
    assert '"frame"' in done.stdout


@pytest.mark.needs("node")
def test_node_gets_rows_in_grpc_web(system: Running) -> None:
    request = SearchRequest(page_size=3).SerializeToString().hex()
    url = f"http://{DASHBOARD}/logmesh.v1.QueryService/Search"
    for _ in range(100):
        seen = json.loads(printed("node", str(WEB_CLIENT), url, request))
        if len(seen["messages"]) > 1:
            break
    assert len(seen["messages"]) > 1
    assert "grpc-status:0" in seen["trailers"].replace(" ", "")


@pytest.mark.needs("curl")
async def test_a_killed_edge_comes_back(system: Running) -> None:
    os.kill(child_pid(system.process.pid, "edge", "envoy"), signal.SIGKILL)
    await asyncio.to_thread(system.wait_for, "edge was killed by signal 9: it starts again")
    await asyncio.to_thread(system.wait_for, "edge is up again")
    assert "processors" in printed("curl", "-sS", "--fail", f"{API}/v1/pipeline/processors")
