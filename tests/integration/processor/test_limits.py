"""What a processor takes at once is bounded, whoever sends it: what is beyond is refused, and told when to come again."""

import asyncio
import contextlib
import os
from pathlib import Path
from typing import Any

import grpc
from tests.integration.processor.append_stream import AppendStream, columns_of
from tests.integration.processor.conftest import ServerStore
from tests.integration.processor.locked import logs_are_locked
from tests.integration.processor.process import memory_mib, peak_mib, processor_process
from tests.integration.processor.running import running_processor

from logmesh.client.errors import Overloaded
from logmesh.client.failures import from_rpc
from logmesh.v1 import ingest_service_pb2 as pb
from logmesh.v1.ingest_service_pb2_grpc import IngestServiceStub
from logmesh.v1.record_pb2 import LogRecord

MIB = 1 << 20
FOUR_MIB = pb.WriteRequest(records=[LogRecord(body="x" * 250_000)] * 16)


async def test_writes_beyond_the_limit_are_refused_with_the_time_to_come_again(
    store: ServerStore, tmp_path: Path
) -> None:
    async with running_processor(store, tmp_path, max_writes=2) as processor, logs_are_locked(store) as unlock:
        stub: Any = IngestServiceStub(processor.channel())
        request = pb.WriteRequest(records=[LogRecord(body="waits")])
        calls = [asyncio.ensure_future(stub.Write(request, timeout=20)) for _ in range(3)]
        done, taken = await asyncio.wait(calls, timeout=10, return_when=asyncio.FIRST_COMPLETED)
        error = from_rpc(done.pop().exception(), "processor")
        assert isinstance(error, Overloaded) and error.retry_after is not None
        unlock.set()
        assert [answer.stored for answer in await asyncio.gather(*taken)] == [1, 1]
        assert (await stub.Write(request, timeout=20)).stored == 1


async def test_streams_beyond_the_limit_are_refused_with_the_time_to_come_again(
    store: ServerStore, tmp_path: Path
) -> None:
    async with running_processor(store, tmp_path, max_streams=1) as processor:
        streams = [processor.stream() for _ in range(2)]  # they say nothing yet, and count all the same
        refusals = [asyncio.ensure_future(stream.refusal()) for stream in streams]
        done, _ = await asyncio.wait(refusals, timeout=10, return_when=asyncio.FIRST_COMPLETED)
        refused = done.pop()
        error = from_rpc(refused.result(), "processor")
        assert isinstance(error, Overloaded) and error.retry_after is not None
        other = streams[1 - refusals.index(refused)]
        refusals[streams.index(other)].cancel()
        await other.hello()
        await other.send_columns(1, columns_of([b"goes on"]))
        await other.until_committed(1)


async def test_batches_beyond_those_that_memory_has_room_for_wait_in_their_spool(
    store: ServerStore, tmp_path: Path
) -> None:
    async with running_processor(store, tmp_path, wal_max_batches=3) as processor:
        stream = processor.stream()
        await stream.hello()
        async with logs_are_locked(store):
            for seq in range(1, 5):
                await stream.send_columns(seq, columns_of([b"line %d" % seq]))
                await stream.until(lambda seq=seq: seq in stream.logged or seq in stream.nacks)  # type: ignore[misc]
            assert stream.nacks.keys() == {4}
            assert stream.nacks[4].code == pb.NACK_CODE_RESOURCE_EXHAUSTED and stream.nacks[4].HasField("retry_after")
        await stream.until_committed(1, 2, 3)
        await stream.send_columns(4, columns_of([b"line 4"]))
        await stream.until_committed(4)


async def test_a_refused_write_leaves_no_gap_in_the_ledger(store: ServerStore, tmp_path: Path) -> None:
    async with running_processor(store, tmp_path) as processor:
        stub: Any = IngestServiceStub(processor.channel())
        async with logs_are_locked(store) as unlock:
            calls = [asyncio.ensure_future(stub.Write(FOUR_MIB, timeout=30)) for _ in range(40)]
            async with asyncio.timeout(20):
                while not any(call.done() for call in calls):
                    await asyncio.sleep(0.02)
            unlock.set()
        answers = await asyncio.gather(*calls, return_exceptions=True)
        refused = [answer for answer in answers if isinstance(answer, grpc.aio.AioRpcError)]
        assert refused and {error.code() for error in refused} == {grpc.StatusCode.RESOURCE_EXHAUSTED}
        async with asyncio.timeout(20):
            while True:
                with contextlib.suppress(grpc.aio.AioRpcError):  # until there is room again
                    await stub.Write(pb.WriteRequest(records=[LogRecord(body="more")]), timeout=20)
                    break
                await asyncio.sleep(0.05)
        (row,) = await processor.query("SELECT committed::text AS committed FROM logmesh.spools")
        assert row["committed"] == f"{{[1,{len(answers) - len(refused) + 2})}}"


async def test_many_large_writes_at_once_take_little_memory(store: ServerStore, tmp_path: Path) -> None:
    async with processor_process(store, tmp_path) as (channel, process):
        stub: Any = IngestServiceStub(channel)
        answers = await asyncio.gather(*(stub.Write(FOUR_MIB, timeout=60) for _ in range(80)), return_exceptions=True)
        stored = [answer for answer in answers if isinstance(answer, pb.WriteResponse)]
        assert len(stored) >= 40
        assert peak_mib(process) < 400


async def test_streams_that_have_fallen_silent_hold_nothing_of_their_last_batch(
    store: ServerStore, tmp_path: Path
) -> None:
    async with processor_process(store, tmp_path) as (channel, process):
        large = columns_of([os.urandom(125_000).hex().encode()] * 15)
        before, streams = 0.0, []
        for number in range(30):
            streams.append(stream := AppendStream(channel))
            await stream.hello()
            await stream.send_columns(1, large)
            await stream.until_committed(1)
            if number == 9:
                before = memory_mib(process)  # with all that a processor takes under load
        assert memory_mib(process) - before < 60, "20 streams were heard since, of 3.6 MiB each"
        for stream in streams:
            stream.cut()


async def test_a_backlog_of_large_bodies_takes_little_memory(store: ServerStore, tmp_path: Path) -> None:
    async with processor_process(store, tmp_path) as (channel, process):
        stream = AppendStream(channel)
        await stream.hello()
        async with logs_are_locked(store):
            for seq in range(1, 31):
                # 7.5 MiB each, some kilobytes on the wire.
                await stream.send_columns(seq, columns_of([b"x" * 250_000] * 31), compress=True)
            await stream.until(lambda: all(seq in stream.logged for seq in range(1, 31)))
        await stream.until_committed(*range(1, 31))
        stream.cut()
        assert peak_mib(process) < 300
