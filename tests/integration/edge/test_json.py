"""What becomes of large and of raw answers on their way to someone with curl."""

import json
from pathlib import Path

import pytest
from google.api.httpbody_pb2 import HttpBody
from tests.integration.edge.conftest import MakeOptions
from tests.integration.edge.http import get
from tests.integration.edge.running import running_edge
from tests.integration.edge.upstream import running_upstream

from logmesh.cli.local.certificates import WorkloadFiles
from logmesh.v1.query_service_pb2 import SearchResponse, SearchRows
from logmesh.v1.record_pb2 import LogRecord


@pytest.mark.parametrize("mebibytes", [1, 4, 12])
async def test_a_large_message_becomes_one_whole_line(
    certificates: dict[str, WorkloadFiles], options: MakeOptions, tmp_path: Path, mebibytes: int
) -> None:
    async with running_upstream(certificates["gateway"]) as upstream:
        upstream.go_on.set()
        records = [LogRecord(body="x" * (1 << 16)) for _ in range(16 * mebibytes)]
        upstream.answer = SearchResponse(rows=SearchRows(records=records))
        chosen = options(upstream.address)
        with running_edge(tmp_path / "edge", chosen):
            answer = await get(chosen.api, "/v1/logs")
    assert answer.status == 200
    lines = answer.body.splitlines()
    assert [len(json.loads(line)["rows"]["records"]) for line in lines] == [16 * mebibytes] * 2


async def test_an_export_is_the_file_itself(
    certificates: dict[str, WorkloadFiles], options: MakeOptions, tmp_path: Path
) -> None:
    async with running_upstream(certificates["gateway"]) as upstream:
        rows = [f"{number},{'y' * 1_000}\n".encode() for number in range(3_000)]
        upstream.pieces = [
            HttpBody(content_type="text/csv", data=b"".join(rows[at : at + 500])) for at in range(0, 3_000, 500)
        ]
        chosen = options(upstream.address)
        with running_edge(tmp_path / "edge", chosen):
            answer = await get(chosen.api, "/v1/export?format=EXPORT_FORMAT_CSV&limit=3000")
    assert (answer.status, answer.headers["content-type"]) == (200, "text/csv")
    assert answer.body.encode() == b"".join(rows)
