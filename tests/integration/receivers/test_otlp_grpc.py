"""OTLP over gRPC, from a real sender's call to rows in the database."""

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.rpc.error_details_pb2 import RetryInfo
from grpc_status import rpc_status
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceRequest,
    ExportLogsServiceResponse,
)
from opentelemetry.proto.collector.logs.v1.logs_service_pb2_grpc import LogsServiceStub
from tests.integration.processor.conftest import ServerStore
from tests.integration.processor.running import RunningProcessor, running_processor
from tests.integration.receivers.running import running_receiver
from tests.waiting import until, until_true

from logmesh.producer.receivers.limits import MOST_BODY_BYTES
from logmesh.producer.receivers.otlp import grpc_door
from logmesh.producer.receivers.otlp.records import read_request
from logmesh.producer.receivers.received import Received

NOW = 1_764_590_000_000_000_000


def request_of(first: int, count: int, *, timed: bool = True) -> ExportLogsServiceRequest:
    """Records whose bodies are numbers."""
    request = ExportLogsServiceRequest()
    of_resource = request.resource_logs.add()
    of_resource.resource.attributes.add(key="service.name").value.string_value = "shop"
    scope = of_resource.scope_logs.add()
    for number in range(first, first + count):
        record = scope.log_records.add(time_unix_nano=NOW + number if timed else 0)
        record.body.string_value = str(number)
    return request


async def export(channel: grpc.aio.Channel, request: ExportLogsServiceRequest) -> ExportLogsServiceResponse:
    """One call."""
    stub: Any = LogsServiceStub(channel)  # type: ignore[no-untyped-call]
    answer: ExportLogsServiceResponse = await stub.Export(request)
    return answer


async def test_what_was_acknowledged_is_stored_once_whichever_receiver_it_is_repeated_to(
    processor: RunningProcessor, tmp_path: Path
) -> None:
    async with (
        running_receiver(processor.target, tmp_path, "log-receiver-0") as one,
        running_receiver(processor.target, tmp_path, "log-receiver-1") as other,
        grpc.aio.insecure_channel(one.otlp) as to_one,
        grpc.aio.insecure_channel(other.otlp) as to_other,
    ):
        requests = [request_of(10 * at, 10) for at in range(20)]
        for request in requests:
            await asyncio.gather(
                export(to_one, request),
                export(to_other, request),
                export(to_one, request),
            )
        await one.all_committed()
        await other.all_committed()
        await export(to_other, requests[0])  # once it is committed, too
        await other.all_committed()
    assert sorted(map(int, await processor.bodies())) == list(range(200))
    rows = await processor.query(
        "SELECT sum(stored)::int AS stored, sum(dead_letters)::int AS dead FROM logmesh.spools"
    )
    assert (rows[0]["stored"], rows[0]["dead"]) == (200, 0)
    missing = await processor.query(
        "SELECT 1 FROM logmesh.spools WHERE committed <> int8multirange(int8range(1, upper(committed))) AND NOT isempty(committed)"
    )
    assert not missing


async def test_the_lake_stores_a_repeated_request_once(store: ServerStore, tmp_path: Path) -> None:
    async with (
        running_processor(store, tmp_path, lake=tmp_path / "lake") as processor,
        running_receiver(processor.target, tmp_path, "log-receiver-0") as one,
        running_receiver(processor.target, tmp_path, "log-receiver-1") as other,
        grpc.aio.insecure_channel(one.otlp) as to_one,
        grpc.aio.insecure_channel(other.otlp) as to_other,
    ):
        for at in range(10):
            request = request_of(10 * at, 10)
            await asyncio.gather(export(to_one, request), export(to_other, request))
        await one.all_committed()
        await other.all_committed()
        (found,) = await processor.query("SELECT sum(stored)::int AS stored FROM logmesh.spools")
        hot = await processor.query("SELECT body FROM logmesh.hot ORDER BY body::int")
    assert found["stored"] == 100 and [row["body"] for row in hot] == [str(at) for at in range(100)]


async def test_equal_requests_without_times_are_both_stored(processor: RunningProcessor, tmp_path: Path) -> None:
    async with (
        running_receiver(processor.target, tmp_path) as receiver,
        grpc.aio.insecure_channel(receiver.otlp) as channel,
    ):
        for _ in range(2):
            await export(channel, request_of(0, 3, timed=False))
        await receiver.all_committed()
    assert await processor.bodies() == ["0", "1", "2"] * 2


async def test_a_request_of_many_records_is_stored_once_in_pieces(processor: RunningProcessor, tmp_path: Path) -> None:
    async with (
        running_receiver(processor.target, tmp_path) as receiver,
        grpc.aio.insecure_channel(receiver.otlp) as channel,
    ):
        request = request_of(0, 25_000)
        for _ in range(2):
            await export(channel, request)
        await receiver.all_committed()
    assert sorted(map(int, await processor.bodies())) == list(range(25_000))


async def test_a_request_of_the_largest_size_is_taken_and_a_larger_one_is_not(
    processor: RunningProcessor, tmp_path: Path
) -> None:
    async with (
        running_receiver(processor.target, tmp_path) as receiver,
        grpc.aio.insecure_channel(receiver.otlp) as channel,
    ):
        request = request_of(0, 100)
        records = request.resource_logs[0].scope_logs[0].log_records
        for record in records:
            record.body.string_value = record.body.string_value.rjust(MOST_BODY_BYTES // 101, "0")
        assert MOST_BODY_BYTES * 0.98 < request.ByteSize() < MOST_BODY_BYTES
        await export(channel, request)
        records[0].body.string_value = "0" * (MOST_BODY_BYTES // 50)
        with pytest.raises(grpc.aio.AioRpcError, match="larger than max"):
            await export(channel, request)
        await receiver.all_committed()
    assert sorted(int(body[-2:]) for body in await processor.bodies()) == list(range(100))


async def test_what_is_no_request_is_refused_for_good(processor: RunningProcessor, tmp_path: Path) -> None:
    async with (
        running_receiver(processor.target, tmp_path) as receiver,
        grpc.aio.insecure_channel(receiver.otlp) as channel,
    ):
        raw: Any = channel.unary_unary("/opentelemetry.proto.collector.logs.v1.LogsService/Export", None, None)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await raw(b"\x0a\xff")
        assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        request = request_of(0, 2)
        request.resource_logs[0].scope_logs[0].log_records[0].severity_number = 99  # type: ignore[assignment]
        answer = await export(channel, request)
        assert answer.partial_success.rejected_log_records == 1
        assert "severity_number is 99" in answer.partial_success.error_message


async def test_a_full_spool_asks_the_sender_to_come_again(tmp_path: Path) -> None:
    async with (
        running_receiver("ipv4:127.0.0.1:1", tmp_path, spool_max_bytes=64 << 20, compress=False) as receiver,
        grpc.aio.insecure_channel(receiver.otlp) as channel,
    ):
        big = request_of(0, 10)
        for record in big.resource_logs[0].scope_logs[0].log_records:
            record.body.string_value = "x" * 200_000

        async def refused() -> grpc.aio.AioRpcError | None:
            try:
                await export(channel, big)
            except grpc.aio.AioRpcError as error:
                return error
            return None

        error = await until(refused)
        assert error is not None and error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        (detail,) = rpc_status.from_call(error).details  # type: ignore[arg-type]
        retry = RetryInfo()
        assert detail.Unpack(retry) and retry.retry_delay.seconds > 0


async def test_what_is_in_a_spool_is_sent_by_the_next_start(processor: RunningProcessor, tmp_path: Path) -> None:
    async with (
        running_receiver("ipv4:127.0.0.1:1", tmp_path, drain_seconds=0) as receiver,
        grpc.aio.insecure_channel(receiver.otlp) as channel,
    ):
        await export(channel, request_of(0, 5))
    async with running_receiver(processor.target, tmp_path) as again:
        await again.all_committed()
        assert await processor.bodies() == list("01234")


async def test_senders_that_send_nothing_on_do_not_keep_out_others(processor: RunningProcessor, tmp_path: Path) -> None:
    never = asyncio.Event()

    async def nothing() -> AsyncIterator[bytes]:
        await never.wait()
        yield b""

    async with (
        running_receiver(processor.target, tmp_path) as receiver,
        grpc.aio.insecure_channel(receiver.otlp) as slow,
        grpc.aio.insecure_channel(receiver.otlp) as channel,
    ):
        method: Any = slow.stream_unary("/opentelemetry.proto.collector.logs.v1.LogsService/Export", None, None)
        calls = [method(nothing()) for _ in range(8)]
        await asyncio.gather(*(call.wait_for_connection() for call in calls))
        for at in range(20):
            await export(channel, request_of(at, 1))
        assert sum(call.done() for call in calls) < 8, "each of those that waited had one make way"
        for call in calls:
            call.cancel()
        await receiver.all_committed()
    assert sorted(map(int, await processor.bodies())) == list(range(20))


async def test_others_do_not_wait_while_a_large_request_is_read(
    processor: RunningProcessor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = request_of(0, 60_000)
    size, begun, answered = len(large.SerializeToString()), threading.Event(), threading.Event()

    def read(raw: bytes) -> Received:
        if len(raw) == size:
            begun.set()
            answered.wait(10)
        return read_request(raw)

    monkeypatch.setattr(grpc_door, "read_request", read)
    async with (
        running_receiver(processor.target, tmp_path) as receiver,
        grpc.aio.insecure_channel(receiver.otlp) as channel,
    ):
        waiting = asyncio.create_task(export(channel, large))
        await until_true(begun.is_set)
        await export(channel, request_of(60_000, 10))
        assert not waiting.done()
        answered.set()
        await waiting
        await receiver.all_committed()
    assert len(await processor.bodies()) == 60_010
