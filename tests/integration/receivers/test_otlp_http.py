"""OTLP over HTTP, from a real sender's request to rows in the database."""

import gzip
from pathlib import Path

import aiohttp
import pytest
import zstandard
from google.protobuf.json_format import MessageToJson
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from tests.integration.processor.running import RunningProcessor
from tests.integration.receivers.running import running_receiver
from tests.integration.receivers.test_otlp_grpc import request_of

PROTOBUF = {"Content-Type": "application/x-protobuf"}
JSON = {"Content-Type": "application/json"}


async def test_every_kind_of_body_is_stored_once_and_answered_in_kind(
    processor: RunningProcessor, tmp_path: Path
) -> None:
    requests = [request_of(10 * at, 10) for at in range(4)]
    bodies = [
        (requests[0].SerializeToString(), PROTOBUF),
        (gzip.compress(requests[1].SerializeToString()), PROTOBUF | {"Content-Encoding": "gzip"}),
        (zstandard.compress(requests[2].SerializeToString()), PROTOBUF | {"Content-Encoding": "zstd"}),
        (MessageToJson(requests[3]).encode(), JSON),
    ]
    async with (
        running_receiver(processor.target, tmp_path) as receiver,
        aiohttp.ClientSession(receiver.http) as session,
    ):
        for body, headers in bodies * 2:
            async with session.post("/v1/logs", data=body, headers=headers) as answer:
                assert answer.status == 200 and answer.content_type == headers["Content-Type"]
                said = await answer.read()
            if headers is JSON:
                assert said == b"{}"
            else:
                assert ExportLogsServiceResponse.FromString(said) == ExportLogsServiceResponse()
        await receiver.all_committed()
    assert sorted(map(int, await processor.bodies())) == list(range(40))


async def test_records_that_cannot_be_stored_are_a_partial_success(processor: RunningProcessor, tmp_path: Path) -> None:
    request = request_of(0, 3)
    request.resource_logs[0].scope_logs[0].log_records[1].severity_number = 99  # type: ignore[assignment]
    async with (
        running_receiver(processor.target, tmp_path) as receiver,
        aiohttp.ClientSession(receiver.http) as session,
    ):
        async with session.post("/v1/logs", data=request.SerializeToString(), headers=PROTOBUF) as answer:
            said = ExportLogsServiceResponse.FromString(await answer.read())
        await receiver.all_committed()
    assert answer.status == 200 and said.partial_success.rejected_log_records == 1
    assert await processor.bodies() == ["0", "2"]


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"\x0a\xff", PROTOBUF, 400),
        (b"{", JSON, 400),
        (b"x", {"Content-Type": "text/plain"}, 415),
        (b"x", PROTOBUF | {"Content-Encoding": "br"}, 415),
        (gzip.compress(bytes(17 << 20)), PROTOBUF | {"Content-Encoding": "gzip"}, 413),
    ],
)
async def test_a_refusal_is_a_status_that_is_not_retried(
    processor: RunningProcessor, tmp_path: Path, body: bytes, headers: dict[str, str], status: int
) -> None:
    async with (
        running_receiver(processor.target, tmp_path) as receiver,
        aiohttp.ClientSession(receiver.http) as session,
        session.post("/v1/logs", data=body, headers=headers) as answer,
    ):
        assert answer.status == status
        said = await answer.read()
        if headers == PROTOBUF:
            assert "ExportLogsServiceRequest" in Status.FromString(said).message
