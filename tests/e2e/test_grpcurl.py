"""What someone with grpcurl alone can do: look around by reflection, ask for health, stream a file, write a record."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from tests.conftest import Database
from tests.integration.processor.conftest import ServerStore
from tests.integration.processor.running import RunningProcessor, running_processor

GRPCURL = shutil.which("grpcurl")
EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "append.json"

pytestmark = pytest.mark.needs("grpcurl")


@pytest.fixture
async def processor(database: Database, tmp_path: Path) -> AsyncIterator[RunningProcessor]:
    """A processor with reflection on."""
    async with running_processor(ServerStore(database.server, database.name), tmp_path) as running:
        yield running


async def _grpcurl(processor: RunningProcessor, *arguments: str, sent: str | None = None) -> str:
    """Run grpcurl against the processor and return what it prints."""
    options = ["-plaintext", "-max-time", "20", *(["-d", "@"] if sent is not None else [])]
    process = await asyncio.create_subprocess_exec(
        str(GRPCURL),
        *options,
        processor.target,
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate((sent or "").encode())
    assert process.returncode == 0, err.decode()
    return out.decode()


def _messages(printed: str) -> list[dict[str, Any]]:
    """JSON objects one after the other, as grpcurl prints a stream."""
    decoder, messages, at = json.JSONDecoder(), [], 0
    while printed[at:].strip():
        at += len(printed[at:]) - len(printed[at:].lstrip())
        message, at = decoder.raw_decode(printed, at)
        messages.append(message)
    return messages


async def test_services_are_listed_and_described_by_reflection(processor: RunningProcessor) -> None:
    services = (await _grpcurl(processor, "list")).split()
    assert {"logmesh.v1.IngestService", "logmesh.v1.PipelineService", "grpc.health.v1.Health"} <= set(services)
    described = await _grpcurl(processor, "describe", "logmesh.v1.IngestService")
    assert "rpc Append ( stream .logmesh.v1.AppendRequest ) returns ( stream .logmesh.v1.AppendResponse )" in described


async def test_health_is_served(processor: RunningProcessor) -> None:
    for service in ("", "logmesh.v1.IngestService"):
        asked = json.dumps({"service": service})
        assert _messages(await _grpcurl(processor, "grpc.health.v1.Health/Check", sent=asked)) == [
            {"status": "SERVING"}
        ]


async def test_a_file_of_batches_streams_through_append_and_is_acknowledged(processor: RunningProcessor) -> None:
    """grpcurl half-closes when its input ends; the processor keeps the stream until everything is committed."""
    spool_id = str(uuid4())
    example = EXAMPLE.read_text("utf-8")
    sent = example.replace(_messages(example)[0]["hello"]["spool_id"], spool_id)
    answers = _messages(await _grpcurl(processor, "logmesh.v1.IngestService/Append", sent=sent))
    assert next(iter(answers[0])) == "welcome"
    assert answers[0]["welcome"]["processor"] == "log-processor-0"
    assert _numbers(answers, "logged") == _numbers(answers, "committed") == {1, 2}
    assert not [answer for answer in answers if "nack" in answer]
    rows = await processor.query("SELECT body, service, trace_id, attributes FROM logmesh.logs ORDER BY position")
    assert [row["body"] for row in rows] == [
        record["body"] for message in _messages(example)[1:] for record in message["batch"]["records"]
    ]
    assert [row["service"] for row in rows] == ["checkout", "checkout", "basket"]
    assert rows[1]["trace_id"].hex == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert json.loads(rows[1]["attributes"]) == {"code": "card_expired"}

    # The same file again: its batches are known and not stored twice. (One attribute a record:
    # grpcurl writes the members of a map in any order, and a batch with other bytes would be refused.)
    answers = _messages(await _grpcurl(processor, "logmesh.v1.IngestService/Append", sent=sent))
    assert answers[0]["welcome"]["committed"] == [{"first": "1", "last": "2"}]
    assert _numbers(answers, "committed") == {1, 2}
    assert len(await processor.bodies()) == 3


def _numbers(answers: list[dict[str, Any]], kind: str) -> set[int]:
    ranges = [span for answer in answers for span in answer.get(kind, {}).get("ranges", [])]
    return {seq for span in ranges for seq in range(int(span["first"]), int(span["last"]) + 1)}


async def test_a_record_is_written_with_one_call(processor: RunningProcessor) -> None:
    sent = json.dumps({"records": [{"body": "by hand"}, {"body": "bad", "trace_id": "AAAA"}]})
    (answer,) = _messages(await _grpcurl(processor, "logmesh.v1.IngestService/Write", sent=sent))
    assert answer["stored"] == 1
    assert [dead["entry"] for dead in answer["dead_letters"]] == [1]
    assert await processor.bodies() == ["by hand"]
