"""A database that falls silent, is locked in part, or has another clock, holds up what depends on it and nothing else, and is seen."""

import asyncio
import errno
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from tests.integration.client.proxy import CuttingProxy
from tests.integration.processor.append_stream import AppendStream, columns_of
from tests.integration.processor.conftest import ServerStore
from tests.integration.processor.process import processor_process
from tests.integration.processor.running import SERVING, RunningProcessor, running_processor

from logmesh.runtime import metrics
from logmesh.v1.pipeline_service_pb2 import ListProcessorsRequest
from logmesh.v1.pipeline_service_pb2_grpc import PipelineServiceStub

DAY = 24 * 3600


@dataclass(frozen=True, slots=True)
class FarStore:
    """A database behind a proxy; a test looks at it without one."""

    near: ServerStore
    address: str

    @property
    def superuser_dsn(self) -> str:
        return self.near.superuser_dsn

    @property
    def owner_dsn(self) -> str:
        return self.near.owner_dsn

    @property
    def writer_dsn(self) -> str:
        return self.near.writer_dsn.replace(f"127.0.0.1:{self.near.server.port}", self.address)

    @property
    def reader_dsn(self) -> str:
        return self.near.reader_dsn


@pytest.fixture
async def proxy(store: ServerStore) -> AsyncIterator[CuttingProxy]:
    async with CuttingProxy(f"127.0.0.1:{store.server.port}") as proxy:
        yield proxy


async def test_a_connection_that_falls_silent_is_left_for_a_new_one(
    store: ServerStore, proxy: CuttingProxy, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    far = FarStore(store, proxy.address)
    async with running_processor(far, tmp_path, database_seconds=1) as processor:
        stream = await opened(processor)
        await stream.send_columns(1, columns_of([b"before"]))
        await stream.until_committed(1)
        proxy.silence()
        await stream.send_columns(2, columns_of([b"after"]))
        await stream.until_committed(2)
        assert await processor.bodies() == ["before", "after"]
        assert await write_errors(processor) >= 1
        await processor.until_health(SERVING)
    assert "event_name=flush_retry" in capfd.readouterr().out


async def test_a_host_that_vanishes_is_seen_and_what_waited_for_it_is_stored_when_it_is_back(
    store: ServerStore, proxy: CuttingProxy, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    far = FarStore(store, proxy.address)
    async with running_processor(far, tmp_path, database_seconds=1) as processor:
        stream = await opened(processor)
        await stream.send_columns(1, columns_of([b"before"]))
        await stream.until_committed(1)
        proxy.answers = False
        proxy.silence()
        await stream.send_columns(2, columns_of([b"after"]))
        await processor.until_ready(False)
        said = ""
        async with asyncio.timeout(20):
            while not await write_errors(processor) or "event_name=step_overdue" not in said or "_flush" not in said:
                await asyncio.sleep(0.05)
                said += capfd.readouterr().out  # where the flush stands, too
        assert await processor.health() == SERVING, "it takes what comes"
        proxy.answers = True
        await stream.until_committed(2)
        await processor.until_health(SERVING)


async def test_a_locked_row_of_the_ledger_holds_up_its_own_spool_alone(processor: RunningProcessor) -> None:
    locked, free = await opened(processor), await opened(processor)
    for stream in (locked, free):
        await stream.send_columns(1, columns_of([b"first"]))
        await stream.until_committed(1)
    connection = await asyncpg.connect(processor.database.superuser_dsn)
    async with connection.transaction():
        await connection.execute("SELECT FROM logmesh.spools WHERE spool_id = $1::uuid FOR UPDATE", locked.spool_id)
        for seq in range(2, 12):
            for stream in (locked, free):
                await stream.send_columns(seq, columns_of([b"line %d" % seq]))
        await free.until_committed(*range(1, 12))
        assert 2 not in locked.committed
        assert await write_errors(processor) == 0
    await connection.close()
    await locked.until_committed(*range(1, 12))
    assert len(await processor.bodies()) == 22
    assert value("logmesh_batches_deferred_total") > 0


async def test_a_database_too_slow_for_a_group_is_given_smaller_ones(store: ServerStore, tmp_path: Path) -> None:
    async with running_processor(store, tmp_path, database_seconds=1, flush_interval_seconds=0.5) as processor:
        stream = await opened(processor)
        await processor.query(
            "CREATE FUNCTION logmesh.slow() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN PERFORM pg_sleep(0.2); RETURN NEW; END $$"
        )
        await processor.query(
            "CREATE TRIGGER slow BEFORE INSERT ON logmesh.logs FOR EACH ROW EXECUTE FUNCTION logmesh.slow()"
        )
        for seq in range(1, 11):
            await stream.send_columns(seq, columns_of([b"line %d" % seq]))
        await stream.until_committed(*range(1, 11))
        assert await write_errors(processor) >= 1
        assert await processor.bodies() == [f"line {seq}" for seq in range(1, 11)]


@pytest.mark.parametrize("ahead", [40 * DAY, -40 * DAY, -3600], ids=["40 days", "-40 days", "-1 hour"])
async def test_a_processor_with_another_clock_stores_records_at_their_times(
    store: ServerStore, tmp_path: Path, ahead: int
) -> None:
    now = time.time_ns()
    async with processor_process(store, tmp_path, clock_ahead=ahead) as (channel, _):
        stream = AppendStream(channel)
        await stream.hello()
        await stream.send_columns(1, columns_of([b"says when"], time_unix_nano=now))
        await stream.send_columns(2, columns_of([b"says nothing"]))
        await stream.until_committed(1, 2)
        stream.cut()
    database = await asyncpg.connect(store.superuser_dsn)
    rows = await database.fetch(
        "SELECT body, extract(epoch FROM time)::float8 AS at, original_time_unix_nano AS original FROM logmesh.logs"
        " ORDER BY position"
    )
    await database.close()
    assert [row["body"] for row in rows] == ["says when", "says nothing"]
    assert rows[0]["at"] == pytest.approx(now / 1e9, abs=1e-3)
    assert rows[1]["at"] == pytest.approx(now / 1e9, abs=30)
    assert [row["original"] for row in rows] == [None, None]
    assert '"event_name":"clocks_differ"' in (tmp_path / "out").read_text().replace(" ", "")


async def test_a_segment_that_cannot_be_deleted_holds_up_no_acknowledgement(
    store: ServerStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = one_failure(monkeypatch, errno.EIO)
    async with running_processor(store, tmp_path) as processor:
        stream = await opened(processor)
        for seq in range(1, 9):
            await stream.send_columns(seq, columns_of([b"x" * 200_000] * 15))
            await stream.until_committed(seq)
        assert not list(failures), "no segment was given back"
        assert await write_errors(processor) == 0
        assert len(await processor.bodies()) == 8 * 15


def one_failure(monkeypatch: pytest.MonkeyPatch, number: int) -> Iterator[int]:
    """Let the first attempt to give back a segment's file fail as a disk does; what is left of the iterator is to come."""
    failures = iter([number])
    for name in ("unlink", "rename"):
        was = getattr(Path, name)

        def fails(path: Path, *rest: Any, was: Any = was, **more: Any) -> Any:
            if path.name.endswith(".segment") and (error := next(failures, None)):
                raise OSError(error, "the disk says no", str(path))
            return was(path, *rest, **more)

        monkeypatch.setattr(Path, name, fails)
    return failures


async def opened(processor: RunningProcessor) -> AppendStream:
    """A stream of a new spool."""
    stream = processor.stream()
    await stream.hello()
    return stream


async def write_errors(processor: RunningProcessor) -> int:
    """What the processor says of itself."""
    stub: Any = PipelineServiceStub(processor.channel())
    answer = await stub.ListProcessors(ListProcessorsRequest())
    return int(answer.processors[0].write_errors)


def value(name: str) -> float:
    """What /metrics would show of a metric without labels."""
    found = metrics.PROCESSOR.get_sample_value(name)
    assert found is not None, f"{name} is not in the catalogue"
    return found
