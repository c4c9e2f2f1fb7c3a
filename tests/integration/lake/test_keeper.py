"""A keeper tends the lake for as long as it runs, one at a time, says how things stand, and finds what a disk has forgotten."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import grpc
import pytest
import structlog
from grpc_health.v1 import health_pb2, health_pb2_grpc
from tests.conftest import Database
from tests.integration.gateway.running import running_gateway
from tests.integration.lake.batches import columns
from tests.integration.lake.storing import Spool, Storing, age_files, contents
from tests.integration.processor.running import NOT_SERVING, SERVING
from tests.waiting import until, until_true

from logmesh.cli.local.ports import free_port
from logmesh.client import AsyncClient
from logmesh.keeper.process import run_keeper
from logmesh.keeper.settings import KeeperSettings
from logmesh.lake.folder import path_of
from logmesh.lake.tending.damage import note_damage
from logmesh.lake.tending.merge import FEW_FILES
from logmesh.lake.tending.scrub import Scrub
from logmesh.lake.writing.filing import FILE_ROWS
from logmesh.runtime.metrics import KEEPER
from logmesh.runtime.server import LIVENESS
from logmesh.storage.migrate import migrate
from logmesh.storage.postgres import connect


@asynccontextmanager
async def keeping(database: Database, root: Path, **overrides: Any) -> AsyncIterator[None]:
    settings = KeeperSettings(
        **{
            "name": "keeper",
            "owner_dsn": database.owner_dsn,
            "lake_dir": root,
            "round_seconds": 0.05,
            "metrics_port": 0,
            **overrides,
        }
    )
    stop = asyncio.Event()
    task = asyncio.create_task(run_keeper(settings, stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(task, 30)


def shown(name: str, **labels: str) -> float | None:
    return KEEPER.get_sample_value(f"logmesh_lake_{name}", labels)


async def test_the_lake_is_tended_and_says_how_it_is(
    storing: Storing, owner: asyncpg.Connection, database: Database
) -> None:
    spool = Spool()
    for _ in range(FEW_FILES):
        await storing.store(spool.batch(columns(FILE_ROWS)))
    await storing.store(spool.batch(columns(9)))
    await age_files(owner)
    merges = shown("merges_total") or 0
    async with keeping(database, storing.root):
        await until_true(lambda: shown("files", level="1") == 1)
        assert shown("merges_total") == merges + 1
        assert (shown("rows", level="1"), shown("files", level="0")) == (FEW_FILES * FILE_ROWS, 0)
        assert (shown("generations", state="open"), shown("leads"), shown("merge_backlog_files")) == (1, 1, 0)
        assert (shown("hot_bytes") or 0) > 0 and (shown("unsealed_seconds") or 0) > 0
    assert shown("files", level="1") is None and shown("leads") == 0, "it knows no more"
    found = await contents(owner, storing.root)
    assert set(found.identities().values()) == {1}


async def test_a_file_that_is_known_to_be_damaged_waits_for_no_merge_and_is_in_none(
    storing: Storing, owner: asyncpg.Connection, database: Database
) -> None:
    spool = Spool()
    for _ in range(FEW_FILES):
        await storing.store(spool.batch(columns(FILE_ROWS)))
    await age_files(owner)
    await owner.execute("UPDATE logmesh.files SET damaged = now() WHERE file = (SELECT max(file) FROM logmesh.files)")
    async with keeping(database, storing.root):
        await until_true(lambda: shown("leads") == 1)
        assert (shown("files", level="0"), shown("files", level="1")) == (FEW_FILES, 0)
        assert (shown("merge_backlog_files"), shown("damaged_files"), shown("unmerged_files")) == (0, 1, FEW_FILES - 1)
        await storing.store(spool.batch(columns(FILE_ROWS)))

        async def merged() -> bool:
            return bool(await owner.fetchval("SELECT count(*) = 1 FROM logmesh.files WHERE level = 1"))

        await until(merged)
    assert (
        await owner.fetchval("SELECT count(*) FROM logmesh.files WHERE damaged IS NOT NULL AND dead_xid IS NULL") == 1
    )


async def test_a_keeper_waits_for_the_schema(empty_database: Database, tmp_path: Path) -> None:
    with structlog.testing.capture_logs() as logs:
        async with keeping(empty_database, tmp_path):
            await until_true(lambda: any(entry.get("event_name") == "tending_failed" for entry in logs))
            assert shown("leads") == 0
            owner = await connect(empty_database.owner_dsn, application="test")
            await migrate(owner)
            await owner.close()
            await until_true(lambda: shown("leads") == 1)


_LEADER = """
SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE locktype = 'advisory' AND application_name LIKE 'logmesh-keeper %'"""


async def test_it_is_ready_while_it_tends(storing: Storing, owner: asyncpg.Connection, database: Database) -> None:
    port = free_port()
    async with (
        keeping(database, storing.root, listen_address="127.0.0.1", health_port=port),
        grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel,
    ):
        stub: Any = health_pb2_grpc.HealthStub(channel)

        async def answers(service: str, status: int) -> bool:
            request = health_pb2.HealthCheckRequest(service=service)
            return bool((await stub.Check(request, wait_for_ready=True)).status == status)

        await until(partial(answers, "", SERVING))
        await owner.execute("ALTER SCHEMA logmesh RENAME TO away")
        await until(partial(answers, "", NOT_SERVING))
        assert await answers(LIVENESS, SERVING)
        await owner.execute("ALTER SCHEMA away RENAME TO logmesh")
        await until(partial(answers, "", SERVING))


async def test_another_keeper_takes_over(storing: Storing, owner: asyncpg.Connection, database: Database) -> None:
    async def leader() -> str | None:
        name: str | None = await owner.fetchval(_LEADER)
        return name

    async with AsyncExitStack() as first:
        await first.enter_async_context(keeping(database, storing.root, name="first"))
        assert await until(leader) == "logmesh-keeper first"
        async with keeping(database, storing.root, name="other"):
            await first.aclose()
            assert await until(leader) == "logmesh-keeper other"


async def test_a_keeper_goes_on_after_its_session_was_cut(
    storing: Storing, owner: asyncpg.Connection, database: Database
) -> None:
    async with keeping(database, storing.root):
        await until_true(lambda: shown("leads") == 1)
        cut = await owner.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'logmesh-keeper keeper'"
        )
        assert len(cut) == 1
        await storing.store(Spool().batch(columns(9)))
        await owner.execute("UPDATE logmesh.generations SET closed = true")

        async def filed() -> bool:
            return bool(await owner.fetchval("SELECT sum(rows) = 9 FROM logmesh.files"))

        await until(filed)


async def test_a_damaged_file_is_found_named_and_seen_to_be_whole_again(
    storing: Storing, owner: asyncpg.Connection, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("logmesh.lake.tending.scrub.DAMAGED_SECONDS", 0.0)
    monkeypatch.setattr("logmesh.lake.tending.scrub._IDLE_SECONDS", 0.0)
    monkeypatch.setattr("logmesh.keeper.figures._EVERY_SECONDS", 0.0)
    await storing.store(Spool("theirs").batch(columns(FILE_ROWS)))
    await storing.store(Spool("others").batch(columns(FILE_ROWS)))
    await owner.execute("UPDATE logmesh.files SET checked = now() - interval '2 days'")
    incarnation = await owner.fetchval("SELECT logmesh.incarnation()")
    file = await owner.fetchval("SELECT file FROM logmesh.files WHERE tenant = 'theirs'")
    path = path_of(storing.root, incarnation, file)
    written = path.read_bytes()
    path.write_bytes(written[:999] + bytes([written[999] ^ 4]) + written[1000:])
    with structlog.testing.capture_logs() as logs:
        async with keeping(database, storing.root):
            await until_true(lambda: shown("damaged_files") == 1)
            path.write_bytes(written)
            await until_true(lambda: shown("damaged_files") == 0)
    (said,) = [one for one in logs if one["event_name"] == "file_damaged"]
    assert (said["path"], said["tenant"], said["rows"]) == (str(path), "theirs", FILE_ROWS)
    assert said["fault"].startswith(f"{len(written)} bytes with the checksum ")
    assert len([one for one in logs if one["event_name"] == "file_whole"]) == 1
    assert await owner.fetchval("SELECT min(checked) > now() - interval '1 hour' FROM logmesh.files")


async def test_a_scrub_reads_no_more_than_it_may(storing: Storing, owner: asyncpg.Connection) -> None:
    for tenant in ("one", "two", "three"):
        await storing.store(Spool(tenant).batch(columns(FILE_ROWS)))
    await owner.execute("UPDATE logmesh.files SET checked = now() - interval '2 days'")
    sizes = [row["bytes"] for row in await owner.fetch("SELECT bytes FROM logmesh.files")]

    async def scrubbed(bytes_a_second: int, seconds: float) -> float:
        before = shown("scrubbed_bytes_total") or 0
        assert [damage async for damage in Scrub(storing.root, bytes_a_second).run(owner, seconds)] == []
        return (shown("scrubbed_bytes_total") or 0) - before

    assert await scrubbed(0, 0.1) == 0
    first = await scrubbed(min(sizes), 0.1)
    assert first in sizes, "one of them is a second's work"
    assert await scrubbed(1 << 30, 1.0) == sum(sizes) - first, "and is not due again"
    assert await owner.fetchval("SELECT min(checked) > now() - interval '1 hour' FROM logmesh.files")


async def test_a_volume_that_is_not_there_damages_no_file(storing: Storing, owner: asyncpg.Connection) -> None:
    await storing.store(Spool().batch(columns(FILE_ROWS)))
    await owner.execute("UPDATE logmesh.files SET checked = now() - interval '2 days'")
    storing.root.rename(storing.root.with_name("elsewhere"))
    asked: list[str] = []
    with owner.query_logger(lambda logged: asked.append(logged.query)):
        assert [damage async for damage in Scrub(storing.root, 1 << 20).run(owner, 0.1)] == []
    assert len(asked) == 2, "it is looked for once, as if it had been read"
    assert await owner.fetchval("SELECT damaged IS NULL FROM logmesh.files")


async def test_a_damaged_file_is_a_fact_of_its_tenant_until_it_is_acknowledged_or_whole(
    storing: Storing, owner: asyncpg.Connection, database: Database
) -> None:
    for tenant in ("default", "others"):
        await storing.store(Spool(tenant).batch(columns(FILE_ROWS)))
    file = await owner.fetchval("SELECT file FROM logmesh.files WHERE tenant = 'default'")
    assert await note_damage(owner, storing.root, file, "it differs")
    assert await note_damage(owner, storing.root, file, "it differs") is None, "it is no news"
    async with (
        running_gateway(database.reader_dsn, store="lake", lake_dir=storing.root) as address,
        AsyncClient(address) as asking,
    ):
        (fact,) = await asking.facts()
        assert (fact.kind, fact.producer, fact.batches) == ("damaged", f"file {file}", 1)
        assert "docs/lake.md" in fact.advice
        assert await asking.acknowledge([fact], reason="the disk of node 3") == 1
        assert list(await asking.facts()) == []
        assert await note_damage(owner, storing.root, file, "")
        assert await note_damage(owner, storing.root, file, "it is gone")
        assert len(await asking.facts()) == 1, "that is another time"
        assert await note_damage(owner, storing.root, file, "")
        assert list(await asking.facts()) == []
