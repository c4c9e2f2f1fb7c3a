"""Streams that are opened while the database is away: what they bring is durable at once, and stored exactly once when it is back."""

import asyncio
import contextlib
import copy
import functools
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import grpc
import pytest
from tests.integration.processor.append_stream import AppendStream, columns_of
from tests.integration.processor.conftest import ServerStore
from tests.integration.processor.running import RunningProcessor, running_processor
from tests.integration.processor.test_restored_database import _restore, _save
from tests.integration.processor.test_rewound_spools import Copy
from tests.waiting import until, until_true

from logmesh.cli.local.certificates import WorkloadFiles, spiffe_id
from logmesh.client.delivering.memory_spool import MemorySpool
from logmesh.client.delivering.spool import Spool
from logmesh.producer.forwarder import Forwarder
from logmesh.producer.settings import ProducerSettings
from logmesh.runtime import metrics
from logmesh.runtime.settings import TlsFiles

SECONDS = 40
running = functools.partial(running_processor, drain_seconds=0)


@contextlib.asynccontextmanager
async def away(store: ServerStore) -> AsyncIterator[None]:
    """Nobody but the test can connect meanwhile."""
    await _limit_connections(store, 0)
    try:
        yield
    finally:
        await _limit_connections(store, -1)


async def _limit_connections(store: ServerStore, limit: int) -> None:
    connection = await asyncpg.connect(store.server.dsn("postgres", "postgres"))
    try:
        await connection.execute(f"ALTER DATABASE {store.name} CONNECTION LIMIT {limit}")
        if limit == 0:
            await connection.fetch(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1", store.name
            )
    finally:
        await connection.close()


async def until_stored(processor: RunningProcessor, lines: list[str]) -> None:
    """Wait until these lines are stored, and no other one."""

    async def are_stored() -> bool:
        found = await processor.bodies()
        assert len(found) <= len(lines)
        return sorted(found) == sorted(lines)

    await until(are_stored, SECONDS, every_seconds=0.05)


async def test_a_new_stream_is_logged_at_once_and_committed_by_the_one_after_it(
    store: ServerStore, tmp_path: Path
) -> None:
    async with running(store, tmp_path) as processor:
        async with away(store):
            stream = processor.stream()
            welcome = await stream.hello()
            assert "no connection free" in welcome.database_away
            await stream.send_columns(1, columns_of([b"while it was away"]))
            await stream.until(lambda: 1 in stream.logged)
            # It takes streams, and says that it stores nothing.
            await processor.until_health(1)
            await processor.until_ready(False)
        await stream.until(lambda: stream.drain is not None)
        assert not stream.committed
        again = processor.stream(stream.spool_id)
        assert not (await again.hello()).database_away
        await again.send_columns(1, columns_of([b"while it was away"]))
        await again.until_committed(1)
        await processor.until_ready(True)
        assert await processor.bodies() == ["while it was away"]


async def test_a_busy_producer_rotates_and_is_logged_for_as_long_as_the_database_is_away(
    store: ServerStore, tmp_path: Path
) -> None:
    spool = Spool(tmp_path / "spool", max_bytes=64 << 20, retain_seconds=3600)
    lines: list[str] = []
    async with running(store, tmp_path) as processor:
        settings = ProducerSettings(
            target=processor.target, spool_dir=spool.directory, metrics_port=0, rotate_seconds=(0.5, 0.5)
        )
        forwarder = _Counting(settings, spool)

        def append() -> None:
            lines.append(f"line {len(lines)}")
            spool.hold(columns_of([lines[-1].encode()]))
            forwarder.spooled()

        forwarding = asyncio.create_task(forwarder.run())
        append()
        await asyncio.wait_for(forwarder.all_committed(), SECONDS)
        async with away(store):
            streams = forwarder.away
            while forwarder.away < streams + 6:
                append()
                await until_true(lambda: _is_in_log(processor, lines[-1]))
            assert spool.uncommitted() == len(lines) - 1, "a spool lets nothing go before it is committed"
        await asyncio.wait_for(forwarder.all_committed(), SECONDS)
        forwarding.cancel()
        assert sorted(await processor.bodies()) == sorted(lines)
    spool.close()


class _Counting(Forwarder):
    away = 0

    def opened(self, processor: str, to_send: int, database_away: str, *, any_age: bool) -> None:
        super().opened(processor, to_send, database_away, any_age=any_age)
        self.away += bool(database_away)


def _is_in_log(processor: RunningProcessor, line: str) -> bool:
    return any(line.encode() in path.read_bytes() for path in processor.settings.buffer_dir.glob("*.segment"))


@pytest.mark.parametrize("is_restarted", [False, True], ids=["processor-remembers", "processor-restarted"])
@pytest.mark.parametrize("is_alive", [False, True], ids=["original-stopped", "original-alive"])
@pytest.mark.parametrize("appends_first", [True, False], ids=["appended-before-contact", "appended-after-contact"])
async def test_a_folder_that_is_put_back_meanwhile_loses_and_repeats_nothing(
    store: ServerStore, tmp_path: Path, appends_first: bool, is_alive: bool, is_restarted: bool
) -> None:
    original, restored = Copy("original", tmp_path / "spool"), Copy("restored", tmp_path / "restored")
    spool = original.open()
    async with contextlib.AsyncExitStack() as stack:
        processor = await stack.enter_async_context(running(store, tmp_path))
        original.append(spool, 3)
        async with original.delivering(processor, spool):
            shutil.copytree(original.folder, restored.folder, ignore=shutil.ignore_patterns("*.tmp"))
            original.append(spool, 7)
        async with contextlib.AsyncExitStack() as absence:
            await absence.enter_async_context(away(store))
            if is_restarted:
                await stack.pop_all().aclose()
                processor = await stack.enter_async_context(running(store, tmp_path, ready=False))
            async with contextlib.AsyncExitStack() as delivering:
                if is_alive:
                    await delivering.enter_async_context(original.delivering(processor, spool))
                    original.append(spool, 2)
                back = restored.open()
                if appends_first:
                    restored.append(back, 5)
                await delivering.enter_async_context(restored.delivering(processor, back))
                if not appends_first:
                    restored.append(back, 5)
                if is_alive:
                    original.append(spool, 2)
                last = [restored.lines[-1], *original.lines[-1:]] if is_alive else restored.lines[-1:]
                await until_true(lambda: all(_is_in_log(processor, line) for line in last))
                await absence.aclose()
        back.close()
        await stack.pop_all().aclose()
        bodies = await processor.bodies()
    spool.close()
    assert sorted(bodies) == sorted(original.lines + restored.lines)
    told = [divergence.code for one in (original, restored) for divergence in one.told]
    assert told == ["rewound"], "whichever of the two asks later"


@pytest.mark.parametrize(("appended", "code", "stored"), [(4, "overtaken", 0), (9, "forked", 0)])
@pytest.mark.parametrize("is_restarted", [False, True], ids=["processor-remembers", "processor-restarted"])
async def test_a_machine_put_back_with_its_memory_meanwhile_sets_aside_what_the_ledger_has_otherwise(
    store: ServerStore, tmp_path: Path, appended: int, code: str, stored: int, is_restarted: bool
) -> None:
    original, back = Copy("original", tmp_path / "a"), Copy("back", tmp_path / "b")
    spool = MemorySpool(64 << 20)
    async with contextlib.AsyncExitStack() as stack:
        processor = await stack.enter_async_context(running(store, tmp_path))
        original.append(spool, 3)
        async with original.delivering(processor, spool):
            pass
        put_back = copy.deepcopy(spool)
        original.append(spool, 7)
        async with original.delivering(processor, spool):
            pass
        async with contextlib.AsyncExitStack() as absence:
            await absence.enter_async_context(away(store))
            if is_restarted:
                await stack.pop_all().aclose()
                processor = await stack.enter_async_context(running(store, tmp_path, ready=False))
            back.append(put_back, appended)  # numbers from 4 on, a second time
            async with back.delivering(processor, put_back):
                if is_restarted:  # else it knows better
                    await until_true(lambda: _is_in_log(processor, back.lines[-1]))
                await absence.aclose()
                await back.until_committed()
                back.append(put_back, 3)
        await until_stored(processor, original.lines + back.lines[-3:])
    (told,) = back.told
    assert (told.code, told.batches) == (code, appended), "nothing is let go without being named"


async def test_another_principal_s_batches_are_not_stored_and_cost_the_owner_nothing(
    store: ServerStore, tmp_path: Path, certificates: dict[str, WorkloadFiles]
) -> None:
    server, client, other = certificates["log-processor"], certificates["log-producer"], certificates["gateway"]
    thief_files = TlsFiles(other.cert, other.key, other.ca)
    forbidden = metrics.STREAMS_REFUSED.labels("forbidden")._value
    async with running(store, tmp_path, server=server, client=client) as processor:
        owner = processor.stream()
        await owner.hello()
        await owner.send_columns(1, columns_of([b"the owner's"]))
        await owner.until_committed(1)
        async with away(store):
            # What this process remembers it goes by.
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await processor.stream(owner.spool_id, processor.channel(thief_files)).hello()
            assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED
            await processor.close()
    async with contextlib.AsyncExitStack() as stack:
        async with away(store):
            processor = await stack.enter_async_context(
                running(store, tmp_path, server=server, client=client, ready=False)
            )
            thief = await _opened(processor, owner.spool_id, thief_files)
            await thief.send_columns(2, columns_of([b"the thief's"]))
            await thief.until(lambda: 2 in thief.logged)
            before = forbidden.get()
        await until_true(lambda: forbidden.get() == before + 1)
        # For a moment the processor may still go by what it remembers, which is the thief; a producer comes again then.
        again = await _opened(processor, owner.spool_id)
        await again.send_columns(2, columns_of([b"the owner's, too"]))
        await again.until_committed(2)
        assert await processor.bodies() == ["the owner's", "the owner's, too"]
        (row,) = await processor.query("SELECT principal FROM logmesh.spools")
        assert row["principal"] == spiffe_id("log-producer")


async def _opened(processor: RunningProcessor, spool_id: str, tls: TlsFiles | None = None) -> AppendStream:
    """A stream that is welcomed, by a processor that may not have looked for its database yet."""
    async with asyncio.timeout(SECONDS):
        while True:
            stream = processor.stream(spool_id, processor.channel(tls))
            with contextlib.suppress(grpc.aio.AioRpcError):
                await stream.hello()
                return stream
            await asyncio.sleep(0.05)


async def test_a_producer_that_is_moved_to_another_tenant_meanwhile_has_nothing_stored_in_both(
    store: ServerStore, tmp_path: Path
) -> None:
    async with running(store, tmp_path) as processor:
        stream = processor.stream()
        await stream.hello()
        await stream.send_columns(1, columns_of([b"before"]))
        await stream.until_committed(1)
    async with contextlib.AsyncExitStack() as stack:
        async with away(store):
            moved = running(store, tmp_path, ready=False, tenants={"anonymous": "other"})
            processor = await stack.enter_async_context(moved)
            again = await _opened(processor, stream.spool_id)
            for seq, body in ((1, b"before"), (2, b"after")):  # whether the first is stored, nobody can say
                await again.send_columns(seq, columns_of([body]))
            await again.until(lambda: 2 in again.logged)
        await until_stored(processor, ["before", "after"])
        ledger = await processor.query(
            "SELECT tenant, committed::text AS committed FROM logmesh.spools WHERE moved_to IS NULL"
        )
        assert [tuple(row) for row in ledger] == [("other", "{[1,3)}")]


async def test_a_database_that_comes_back_as_an_older_copy_gets_what_it_lacks(
    store: ServerStore, tmp_path: Path
) -> None:
    site = Copy("site", tmp_path / "spool")
    spool = site.open()
    async with contextlib.AsyncExitStack() as stack:
        processor = await stack.enter_async_context(running(store, tmp_path))
        site.append(spool, 3)
        async with site.delivering(processor, spool):
            pass
        await _save(store)
        site.append(spool, 3)
        async with site.delivering(processor, spool):
            await until_stored(processor, site.lines)
        async with contextlib.AsyncExitStack() as absence:
            await absence.enter_async_context(away(store))
            # Nobody remembers which database it was.
            await stack.pop_all().aclose()
            processor = await stack.enter_async_context(running(store, tmp_path, ready=False))
            async with site.delivering(processor, spool):
                site.append(spool, 3)
                await until_true(lambda: _is_in_log(processor, site.lines[-1]))
                await _restore(store)
                await absence.aclose()
                await until_stored(processor, site.lines)
    spool.close()
    assert not site.told
