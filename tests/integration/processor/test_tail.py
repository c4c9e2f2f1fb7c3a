"""What a processor shows live is what the database holds, field by field and under the same ids."""

import asyncio
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import asyncpg
import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from tests.integration.identities import issue
from tests.integration.processor.append_stream import columns_of
from tests.integration.processor.bad_entries import BAD_COLUMNS
from tests.integration.processor.conftest import ServerStore
from tests.integration.processor.running import RunningProcessor, running_processor

from logmesh.cli.local.certificates import WorkloadFiles, spiffe_id
from logmesh.live.frames import TENANT_KEY
from logmesh.record.ids import parse_record_id
from logmesh.rows.records import record_from_row
from logmesh.runtime.settings import TlsFiles
from logmesh.v1 import tail_service_pb2 as pb
from logmesh.v1.pipeline_service_pb2 import ListProcessorsRequest
from logmesh.v1.pipeline_service_pb2_grpc import PipelineServiceStub
from logmesh.v1.record_pb2 import LogRecord
from logmesh.v1.tail_service_pb2_grpc import TailServiceStub


async def opened(channel: grpc.aio.Channel, request: pb.TailRequest, tenant: str = "default") -> Any:
    """A tail that is listened for. Raises grpc.aio.AioRpcError when it is refused."""
    call: Any = TailServiceStub(channel).Tail(request, metadata=((TENANT_KEY, tenant),))
    await call.wait_for_connection()
    return call


async def until_records(call: Any, count: int, seconds: float = 15) -> Sequence[pb.TailResponse]:
    """What comes until so many records have."""
    messages: list[pb.TailResponse] = []
    async with asyncio.timeout(seconds):
        while sum(len(message.frame.records) for message in messages) < count:
            message = await call.read()
            assert isinstance(message, pb.TailResponse)
            messages.append(message)
    return messages


def records_of(messages: Sequence[pb.TailResponse]) -> list[LogRecord]:
    return [record for message in messages for record in message.frame.records]


async def stored_records(processor: RunningProcessor) -> dict[str, LogRecord]:
    connection = await asyncpg.connect(processor.database.superuser_dsn)
    await connection.execute("SELECT set_config('app.tenant', 'default', false)")
    rows = await connection.fetch("SELECT * FROM logmesh.records")
    await connection.close()
    return {record.id: record for record in map(record_from_row, rows)}


async def test_live_records_are_those_that_are_stored(processor: RunningProcessor) -> None:
    call = await opened(processor.channel(), pb.TailRequest())
    stream = processor.stream()
    await stream.hello()
    for seq, bad in enumerate(BAD_COLUMNS.values(), start=1):
        await stream.send_columns(seq, bad.columns)
    last = len(BAD_COLUMNS) + 1
    await stream.send_columns(last, columns_of([b"the last one"]))
    await stream.until_committed(*range(1, last + 1))
    stored = await stored_records(processor)
    messages: list[pb.TailResponse] = []
    while not any(record.body == "the last one" for record in records_of(messages)):
        messages += await until_records(call, 1)
    live = {record.id: record for record in records_of(messages)}
    assert len(live) == len(records_of(messages))
    for record_id, record in live.items():
        if record.original_time_unix_nano:  # clamped to the moment at which it was looked at
            record.time_unix_nano = stored[record_id].time_unix_nano
        assert record == stored[record_id]
    looked = {part.first_position >> 14 for message in messages for part in message.progress}
    passed_over = set(range(1, last + 1)) - looked
    # Whether these are JSON only the database can tell, so they are its to show.
    assert {list(BAD_COLUMNS.values())[seq - 1].reason for seq in passed_over} <= {"attributes are not valid JSON", ""}
    assert len(passed_over) < len(BAD_COLUMNS) / 3
    shown = {record_id for record_id in stored if parse_record_id(record_id)[1] >> 14 in looked}
    assert live.keys() == shown


async def test_a_filter_is_applied_before_anything_is_sent_and_all_is_accounted_for(
    processor: RunningProcessor,
) -> None:
    some = await opened(processor.channel(), pb.TailRequest(filter='"3"'))
    none = await opened(processor.channel(), pb.TailRequest(filter="severity >= ERROR"))
    stream = processor.stream()
    await stream.hello()
    await stream.send_columns(1, columns_of([b"line %d" % number for number in range(2_500)]))
    matching = [number for number in range(2_500) if "3" in str(number)]
    messages = await until_records(some, len(matching))
    assert [record.body for record in records_of(messages)] == [f"line {number}" for number in matching]
    while messages[-1].counters.received < 2_500:
        messages = [*messages, await some.read()]
    assert messages[-1].counters.sent == len(matching)
    unmatched = [await none.read()]
    while unmatched[-1].counters.received < 2_500:
        unmatched.append(await none.read())
    assert not records_of(unmatched)
    for said in (messages, unmatched):
        parts = [part for message in said for part in message.progress]
        assert parts[0].first_position == 1 << 14
        assert parts[-1].last_position == (2 << 14) - 1
        assert all(one.last_position + 1 == two.first_position for one, two in pairwise(parts))
    state = await PipelineServiceStub(processor.channel()).ListProcessors(ListProcessorsRequest())
    assert state.processors[0].tails == 2


async def test_a_tenant_sees_its_own_records_alone(processor: RunningProcessor) -> None:
    mine = await opened(processor.channel(), pb.TailRequest())
    theirs = await opened(processor.channel(), pb.TailRequest(), tenant="acme")
    stream = processor.stream()
    await stream.hello()
    await stream.send_columns(1, columns_of([b"mine"]))
    assert [record.body for record in records_of(await until_records(mine, 1))] == ["mine"]
    assert (await theirs.read()).HasField("heartbeat")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await theirs.read()


@pytest.mark.parametrize(
    "request_",
    [
        pb.TailRequest(filter="sevrity = 1"),
        pb.TailRequest(resume_token="x"),
        pb.TailRequest(backlog=Duration(seconds=1)),
    ],
)
async def test_what_a_processor_cannot_answer_is_refused(processor: RunningProcessor, request_: pb.TailRequest) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await (await opened(processor.channel(), request_)).read()
    assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT


async def test_tails_that_open_at_one_moment_are_no_more_than_allowed(store: ServerStore, tmp_path: Path) -> None:
    async with running_processor(store, tmp_path, max_tails=20) as running:
        calls = [TailServiceStub(running.channel()).Tail(pb.TailRequest()) for _ in range(30)]
        async with asyncio.timeout(20):
            answers = await asyncio.gather(*(call.read() for call in calls), return_exceptions=True)
    refused = [answer.code() for answer in answers if isinstance(answer, grpc.aio.AioRpcError)]
    assert refused == [grpc.StatusCode.RESOURCE_EXHAUSTED] * 10


async def test_records_are_shown_to_the_named_gateway_alone(
    store: ServerStore, certificates: dict[str, WorkloadFiles], tmp_path: Path
) -> None:
    server = certificates["log-processor"]
    producer, gateway = (
        TlsFiles(files.cert, files.key, files.ca) for files in (certificates["log-producer"], certificates["gateway"])
    )
    others = {
        "a producer": producer,
        "of another namespace": issue(tmp_path, server.ca, ["spiffe://logmesh.local/ns/other/sa/gateway"]),
        "of another trust domain": issue(tmp_path, server.ca, ["spiffe://else.where/ns/log-system/sa/gateway"]),
        "with a longer path": issue(tmp_path, server.ca, ["spiffe://logmesh.local/x/ns/log-system/sa/gateway"]),
    }
    async with running_processor(
        store, tmp_path, server=server, client=certificates["log-producer"], callers=[spiffe_id("gateway")]
    ) as running:
        for name, files in others.items():
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await (await opened(running.channel(files), pb.TailRequest())).read()
            assert (name, refused.value.code()) == (name, grpc.StatusCode.PERMISSION_DENIED)
        call = await opened(running.channel(gateway), pb.TailRequest())
        stream = running.stream()
        await stream.hello()
        await stream.send_columns(1, columns_of([b"seen"]))
        assert len(records_of(await until_records(call, 1))) == 1
