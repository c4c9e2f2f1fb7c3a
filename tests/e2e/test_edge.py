"""The API of a running system as someone with curl, grpcurl or a browser's code meets it."""

import asyncio
import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.test_up import Running, child_pid

from logmesh.v1.query_service_pb2 import SearchRequest

WEB_CLIENT = Path(__file__).parents[1] / "integration" / "edge" / "grpc_web.mjs"


def printed(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def followed(*command: str) -> Iterator[str]:
    """Lines as a command prints them that would go on for ever; it is ended with the iteration, or after a minute."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        limit = threading.Timer(60, process.kill)
        limit.start()
        try:
            yield from process.stdout
        finally:
            limit.cancel()
            process.kill()


def until_rows(*command: str) -> str:
    """What the command prints once there are records."""
    for _ in range(100):
        if "body" in (text := printed(*command)):
            return text
    raise AssertionError(f"no records: {command}")


def test_the_start_says_where_everything_is_and_to_whom_it_is_open(up: Running) -> None:
    api = up.wait_for(r"^  API ")
    assert f"http://{up.api}" in api
    assert "this machine alone" in api and "no TLS, no tokens" in api
    assert f"http://{up.dashboard}" in up.wait_for(r"^  dashboard ")


@pytest.mark.needs("curl")
@pytest.mark.parametrize("listener", ["api", "dashboard"])
def test_curl_prints_records_as_lines_of_json(up: Running, listener: str) -> None:
    url = f"{getattr(up, listener)}/v1/logs?filter=severity%3E%3DINFO&page_size=5"
    lines = [json.loads(line) for line in until_rows("curl", "-sSN", "--fail", url).splitlines()]
    records = [record for line in lines for record in line.get("rows", {}).get("records", [])]
    assert 1 <= len(records) <= 5
    assert {"id", "time", "severity_number", "body", "service"} <= records[0].keys()
    assert "done" in lines[-1]


@pytest.mark.needs("curl")
def test_curl_follows_new_records_as_lines_of_json(up: Running) -> None:
    for line in followed("curl", "-sSN", f"{up.api}/v1/tail?filter=severity%3E%3DINFO"):
        if json.loads(line).get("frame", {}).get("records"):
            return
    pytest.fail("the answer ended, without records")


@pytest.mark.needs("curl")
def test_curl_asks_for_the_pipelines_state(up: Running) -> None:
    state = json.loads(printed("curl", "-sS", "--fail", f"{up.api}/v1/pipeline/processors"))
    assert [processor["name"] for processor in state["processors"]] == ["log-processor-0", "log-processor-1"]


@pytest.mark.needs("grpcurl")
def test_grpcurl_finds_and_streams_search_without_protos(up: Running) -> None:
    assert "logmesh.v1.QueryService" in printed("grpcurl", "-plaintext", up.api, "list").split()
    asked = ("grpcurl", "-plaintext", "-d", '{"page_size": 3}', up.api, "logmesh.v1.QueryService/Search")
    assert '"done"' in until_rows(*asked)


@pytest.mark.needs("grpcurl")
def test_grpcurl_follows_new_records(up: Running) -> None:
    command = ("grpcurl", "-plaintext", "-d", "{}", up.api, "logmesh.v1.TailService/Tail")
    assert any('"frame"' in line for line in followed(*command)), "the answer ended, without a frame"


@pytest.mark.needs("node")
def test_node_gets_rows_in_grpc_web(up: Running) -> None:
    request = SearchRequest(page_size=3).SerializeToString().hex()
    url = f"http://{up.dashboard}/logmesh.v1.QueryService/Search"
    for _ in range(100):
        seen = json.loads(printed("node", str(WEB_CLIENT), url, request))
        if len(seen["messages"]) > 1:
            break
    assert len(seen["messages"]) > 1
    assert "grpc-status:0" in seen["trailers"].replace(" ", "")


@pytest.mark.needs("curl")
async def test_a_killed_edge_comes_back(up: Running) -> None:
    os.kill(child_pid(up.process.pid, "edge", "envoy"), signal.SIGKILL)
    await asyncio.to_thread(up.wait_for, "edge was killed by signal 9: it starts again")
    await asyncio.to_thread(up.wait_for, "edge is up again")
    assert "processors" in printed("curl", "-sS", "--fail", f"{up.api}/v1/pipeline/processors")
