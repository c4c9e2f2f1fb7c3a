"""A tail over real processors and a real database: everything once, whatever goes away meanwhile."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from structlog.testing import capture_logs
from structlog.typing import EventDict
from tests.conftest import Database
from tests.integration.gateway.running import TailReader, running_gateway
from tests.integration.processor.append_stream import AppendStream, columns_of
from tests.integration.processor.conftest import ServerStore
from tests.integration.processor.running import RunningProcessor, running_processor

from logmesh.cli.local.certificates import WorkloadFiles, spiffe_id
from logmesh.live import frames
from logmesh.v1 import tail_service_pb2 as pb
from logmesh.v1.tail_service_pb2_grpc import TailServiceStub


@pytest.fixture
def store(database: Database) -> ServerStore:
    """A fresh database."""
    return ServerStore(database.server, database.name)


@pytest.fixture
async def processors(store: ServerStore, tmp_path: Path) -> AsyncIterator[list[RunningProcessor]]:
    """Two of them, on one database."""
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(running_processor(store, tmp_path / name, name=name))
            for name in ("log-processor-0", "log-processor-1")
        ]


@pytest.fixture
def logs() -> Iterator[list[EventDict]]:
    """What is logged meanwhile."""
    with capture_logs() as entries:
        yield entries


def target(*processors: RunningProcessor) -> str:
    return "ipv4:" + ",".join(processor.target for processor in processors)


async def opened(processor: RunningProcessor, spool_id: str | None = None) -> AppendStream:
    stream = processor.stream(spool_id)
    await stream.hello()
    return stream


async def test_records_of_all_processors_come_live_and_once(
    store: ServerStore, processors: list[RunningProcessor]
) -> None:
    reader = TailReader("line")
    async with (
        running_gateway(store.reader_dsn, target(*processors)) as address,
        reader.reading(address, followed=processors),
    ):
        streams = [await opened(processor) for processor in processors]
        for seq in range(1, 11):
            for at, stream in enumerate(streams):
                await stream.send_columns(seq, columns_of([b"line %d of %d" % (seq, at), b"another"]))
        await reader.until(lambda: len(reader.bodies) == 20)
        await asyncio.sleep(2.5)  # two readings of the ledger: nothing may come again from the store
        assert sorted(reader.bodies) == sorted(f"line {seq} of {at}" for seq in range(1, 11) for at in range(2))
        assert set(reader.seen.values()) == {1}
        assert not reader.gaps
        assert reader.from_store == 0
        assert (reader.counters.received, reader.counters.sent, reader.counters.dropped) == (40, 20, 0)


async def test_a_batch_that_two_processors_logged_comes_once(
    store: ServerStore, processors: list[RunningProcessor]
) -> None:
    reader = TailReader()
    async with (
        running_gateway(store.reader_dsn, target(*processors)) as address,
        reader.reading(address, followed=processors),
    ):
        first = await opened(processors[0])
        second = await opened(processors[1], first.spool_id)
        for stream in (first, second):
            await stream.send_columns(1, columns_of([b"one", b"two"]))
        await first.until(lambda: 1 in first.committed)
        await second.until(lambda: 1 in second.committed)
        await second.send_columns(2, columns_of([b"three"]))
        await reader.until(lambda: "three" in reader.bodies)
    assert reader.bodies == ["one", "two", "three"]


async def test_a_token_goes_on_where_the_tail_was_on_another_gateway(
    store: ServerStore, processors: list[RunningProcessor]
) -> None:
    reader = TailReader('NOT "even"')
    lines = [b"line %d %s" % (number, b"odd" if number % 2 else b"even") for number in range(1, 601)]
    stream = await opened(processors[0])
    await stream.send_columns(1, columns_of([b"long before"]))
    await stream.until_committed(1)
    async with running_gateway(store.reader_dsn, target(*processors)) as address:
        async with reader.reading(address, followed=processors):
            await stream.send_columns(2, columns_of(lines[:200]))
            await reader.until(lambda: len(reader.bodies) == 100)
        await stream.send_columns(3, columns_of(lines[200:400]))
        await stream.until_committed(3)
    # While no gateway runs, out of order, and by another processor.
    other = await opened(processors[1])
    await other.send_columns(2, columns_of([b"second spool, second batch"]))
    await other.until_committed(2)
    async with (
        running_gateway(store.reader_dsn, target(*processors)) as address,
        reader.reading(address, followed=processors),
    ):
        await reader.until(lambda: reader.from_store == 101)
        await other.send_columns(1, columns_of([b"second spool, first batch"]))
        await stream.send_columns(4, columns_of(lines[400:]))
        await reader.until(lambda: len(reader.bodies) == 302)
        await asyncio.sleep(2.5)
    assert set(reader.seen.values()) == {1}
    expected = [line.decode() for line in lines if b"odd" in line]
    assert sorted(reader.bodies) == sorted([*expected, "second spool, first batch", "second spool, second batch"])
    assert not reader.gaps


async def test_backlog_comes_first_in_the_order_of_storing(
    store: ServerStore, processors: list[RunningProcessor]
) -> None:
    stream = await opened(processors[0])
    for seq in range(1, 4):
        await stream.send_columns(seq, columns_of([b"old %d" % seq]))
        await stream.until_committed(seq)
    reader = TailReader()
    request = pb.TailRequest(backlog=Duration(seconds=60))
    async with running_gateway(store.reader_dsn, target(*processors)) as address, reader.reading(address, request):
        await reader.until(lambda: len(reader.bodies) == 3)
        await stream.send_columns(4, columns_of([b"new"]))
        await reader.until(lambda: len(reader.bodies) == 4)
    assert reader.bodies == ["old 1", "old 2", "old 3", "new"]
    assert reader.from_store == 3


async def test_what_a_processor_took_unseen_is_loaded_from_the_store(
    store: ServerStore, processors: list[RunningProcessor]
) -> None:
    reader = TailReader()
    known, unknown = processors
    async with running_gateway(store.reader_dsn, target(known)) as address, reader.reading(address, followed=[known]):
        here, there = await opened(known), await opened(unknown)
        await here.send_columns(1, columns_of([b"live"]))
        await there.send_columns(1, columns_of([b"of a processor that is not found"]))
        await reader.until(lambda: len(reader.bodies) == 2)
    assert sorted(reader.bodies) == ["live", "of a processor that is not found"]
    assert reader.from_store == 1


async def test_a_client_that_does_not_read_loses_records_and_is_told_how_many(
    store: ServerStore, processors: list[RunningProcessor]
) -> None:
    count, body = 100, b"x" * 200_000
    reader, other = TailReader(), TailReader()
    async with (
        running_gateway(store.reader_dsn, target(*processors)) as address,
        grpc.aio.insecure_channel(address, options=[("grpc.http2.lookahead_bytes", 1 << 16)]) as channel,
    ):
        call = TailServiceStub(channel).Tail(pb.TailRequest())
        await processors[0].until_followed()
        async with other.reading(address):
            stream = await opened(processors[0])
            for seq in range(1, count + 1):
                await stream.send_columns(seq, columns_of([body]))
                await stream.until_committed(seq)
            # What one client was shown the gateway has had for both.
            await other.until(lambda: len(other.seen) + sum(gap.dropped for gap in other.gaps) == count)
        async with asyncio.timeout(20):
            while len(reader.seen) + sum(gap.dropped for gap in reader.gaps) < count:
                message = await call.read()
                assert isinstance(message, pb.TailResponse)
                reader.take(message)
    assert reader.gaps
    assert {gap.reason for gap in reader.gaps} == {pb.TAIL_GAP_REASON_SLOW}
    assert len(reader.seen) + sum(gap.dropped for gap in reader.gaps) == count
    assert set(reader.seen.values()) == {1}
    assert reader.counters.dropped == sum(gap.dropped for gap in reader.gaps)
    assert all(gap.start_time.ToNanoseconds() < gap.end_time.ToNanoseconds() for gap in reader.gaps)


async def test_a_client_that_does_not_read_at_all_is_disconnected(
    store: ServerStore,
    processors: list[RunningProcessor],
    logs: list[EventDict],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(frames, "STALL_SECONDS", 1.0)
    async with (
        running_gateway(store.reader_dsn, target(*processors), max_tails=1) as address,
        running_gateway(store.reader_dsn, target(*processors)) as elsewhere,
        grpc.aio.insecure_channel(address) as channel,
    ):
        call = TailServiceStub(channel).Tail(pb.TailRequest())
        await processors[0].until_followed()
        stream = await opened(processors[0])
        for seq in range(1, 101):
            await stream.send_columns(seq, columns_of([b"x" * 200_000]))
            await stream.until_committed(seq)
        reader = TailReader()
        await reader.until(lambda: any(entry["event_name"] == "tail_stalled" for entry in logs))
        other = TailReader()
        async with other.reading(address):  # the place is free, though gRPC tells the first of it once that reads
            assert other.ended is None
        with contextlib.suppress(grpc.aio.AioRpcError):
            while isinstance(message := await asyncio.wait_for(call.read(), 20), pb.TailResponse):
                reader.take(message)
        assert await call.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
        assert 0 < len(reader.seen) < 100
        # The last token of what was read goes on with the rest.
        async with reader.reading(elsewhere):
            await reader.until(lambda: len(reader.seen) + sum(gap.dropped for gap in reader.gaps) == 100)
        assert set(reader.seen.values()) == {1}


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (pb.TailRequest(filter="sevrity >= ERROR"), "did you mean severity?"),
        (pb.TailRequest(resume_token="nonsense"), "resume_token"),
        (pb.TailRequest(backlog=Duration(seconds=3601)), "backlog"),
        (pb.TailRequest(backlog=Duration(seconds=1), resume_token="x"), "don't go together"),
    ],
)
async def test_a_wrong_request_is_refused_with_its_reason(
    store: ServerStore, request_: pb.TailRequest, words: str
) -> None:
    reader = TailReader()
    async with running_gateway(store.reader_dsn, "") as address:
        await asyncio.wait_for(reader.read(address, request_), 10)
    assert reader.ended is not None
    assert reader.ended.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert words in (reader.ended.details() or "")


async def test_more_tails_than_allowed_are_refused(store: ServerStore) -> None:
    reader, more = TailReader(), TailReader()
    async with running_gateway(store.reader_dsn, "", max_tails=1) as address, reader.reading(address):
        await asyncio.wait_for(more.read(address), 10)
    assert more.ended is not None
    assert more.ended.code() == grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_a_tenant_is_shown_its_own_records_alone_live_and_from_the_store(
    store: ServerStore, certificates: dict[str, WorkloadFiles], tmp_path: Path
) -> None:
    acme, gateway = spiffe_id("log-producer"), certificates["gateway"]
    async with running_processor(
        store,
        tmp_path,
        server=certificates["log-processor"],
        client=certificates["log-producer"],
        tenants={acme: "acme"},
    ) as processor:
        stream = await opened(processor)
        await stream.send_columns(1, columns_of([b"before"]))
        await stream.until_committed(1)
        tls = {"tls_cert": gateway.cert, "tls_key": gateway.key, "tls_ca": gateway.ca}
        request = pb.TailRequest(backlog=Duration(seconds=60))
        ours, theirs = TailReader(), TailReader()
        async with (
            running_gateway(store.reader_dsn, processor.target, tenant="acme", **tls) as of_acme,
            running_gateway(store.reader_dsn, processor.target, **tls) as of_default,
            ours.reading(of_acme, request),
            theirs.reading(of_default, request),
        ):
            await ours.until(lambda: ours.bodies == ["before"])
            await stream.send_columns(2, columns_of([b"live"]))
            await ours.until(lambda: ours.bodies == ["before", "live"])
            await asyncio.sleep(2.5)
    assert ours.from_store == 1
    assert not theirs.seen
    assert theirs.counters.received == 0


async def test_both_servers_list_the_service_in_health_and_reflection(
    store: ServerStore, processors: list[RunningProcessor]
) -> None:
    async with running_gateway(store.reader_dsn, target(*processors)) as address:
        for server in (address, processors[0].target):
            async with grpc.aio.insecure_channel(server) as channel:
                health = health_pb2_grpc.HealthStub(channel)
                answer = await health.Check(health_pb2.HealthCheckRequest(service="logmesh.v1.TailService"))
                assert answer.status == health_pb2.HealthCheckResponse.SERVING
                asked = reflection_pb2.ServerReflectionRequest(list_services="")
                call = reflection_pb2_grpc.ServerReflectionStub(channel).ServerReflectionInfo(iter([asked]))
                async for listed in call:
                    names = [service.name for service in listed.list_services_response.service]
                    assert "logmesh.v1.TailService" in names
