"""`logmesh status` and `logmesh acknowledge` as a person runs them: a green 0 is said where it is known, and nowhere else."""

import asyncio
import json
from pathlib import Path

import asyncpg
import psutil
import pytest
from pydantic import SecretStr
from tests.conftest import Database
from tests.integration.gateway.commands import command
from tests.integration.gateway.running import running_gateway
from tests.integration.processor.conftest import ServerStore
from tests.integration.processor.running import running_processor

from logmesh.cli.local.ports import free_port
from logmesh.gateway.pipeline.service import PipelineServicer
from logmesh.gateway.settings import GatewaySettings
from logmesh.rows.reader import Reader
from logmesh.storage.postgres import open_pool
from logmesh.v1.pipeline_service_pb2 import ListProcessorsRequest


async def add_loss(database: Database, age: str, producer: str = "agent") -> None:
    owner = await asyncpg.connect(database.owner_dsn)
    await owner.execute(
        "INSERT INTO logmesh.spools (tenant, spool_id, producer, principal, committed, abandoned, last_commit)"
        " VALUES ('default', gen_random_uuid(), $2, 'p', '{[1,5),[8,11)}', '{[1,8)}', now() - $1::text::interval)",
        age,
        producer,
    )
    await owner.close()


@pytest.mark.parametrize(
    "processors",
    [f"127.0.0.1:{free_port()}", "log-processor.nowhere.invalid:50052"],
    ids=["nobody listens", "no such name"],
)
async def test_without_a_processor_lag_is_unknown_and_nothing_is_green(database: Database, processors: str) -> None:
    await add_loss(database, "12 minutes")
    async with running_gateway(database.reader_dsn, processors, processor_seconds=1) as gateway:
        (code, out, _), (code_of_json, plain, _) = await asyncio.gather(
            command("status", "--gateway", gateway, COLUMNS="200"),
            command("status", "--gateway", gateway, "-o", "json"),
        )
        assert code == code_of_json == 4
        assert "lost 0 · unaccounted 3 · lag unknown: no processor answers; the last commit was 12m ago" in out
        shown = json.loads(plain)
        assert (shown["lag_seconds"], shown["processors_answering"]) == (None, 0)
        assert [fact["numbers"] for fact in shown["facts"]] == [[[5, 7]]]


async def test_an_empty_store_says_how_to_send_the_first_log(database: Database) -> None:
    async with running_gateway(database.reader_dsn) as gateway:
        code, out, _ = await command("status", "--gateway", gateway, COLUMNS="200")
        assert code == 0
        assert "echo hello | logmesh ship - --service hello" in out
        await add_loss(database, "1 minute")
        assert "ship -" not in (await command("status", "--gateway", gateway, COLUMNS="200"))[1]


async def test_without_a_ledger_the_processors_are_shown(database: Database, tmp_path: Path) -> None:
    async with running_processor(ServerStore(database.server, database.name), tmp_path) as processor:
        await (processor.stream()).hello()
        target = f"127.0.0.1:{processor.settings.direct_port}"
        async with running_gateway(database.reader_dsn, target) as gateway:
            superuser = await asyncpg.connect(database.server.dsn("postgres", "postgres"))
            await superuser.execute(f"ALTER DATABASE {database.name} ALLOW_CONNECTIONS false")
            await superuser.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", database.name
            )
            (code, out, err), (code_of_json, plain, _) = await asyncio.gather(
                command("status", "--gateway", gateway, COLUMNS="200"),
                command("status", "--gateway", gateway, "-o", "json"),
            )
            await superuser.execute(f"ALTER DATABASE {database.name} ALLOW_CONNECTIONS true")
            await superuser.close()
    assert (code, code_of_json, err) == (4, 4, "")
    assert "lost unknown" in out
    assert "the ledger can't be read" in out
    assert "log-processor-0" in out
    assert json.loads(plain)["lost_batches"] is None


async def test_a_loss_of_yesterday_is_shown_until_it_is_acknowledged(database: Database) -> None:
    await add_loss(database, "1 day")
    async with running_gateway(database.reader_dsn) as gateway:

        async def run(*arguments: str) -> tuple[int, str, str]:
            return await command(*arguments, "--gateway", gateway, COLUMNS="200")

        shown, *refused = await asyncio.gather(
            run("status"),
            run("acknowledge", "lost"),
            run("acknowledge", "lost", "--yes"),
            run("acknowledge", "other", "--yes", "-r", "x"),
        )
        assert (shown[0], shown[1].splitlines()[0]) == (0, "lost 3 · unaccounted 0 · lag 0.0s")
        assert "5–7" in shown[1]
        assert [(code, err.count("\n")) for code, _, err in refused] == [(2, 1), (2, 1), (3, 1)]
        code, out, _ = await run("acknowledge", "lost", "--yes", "-r", "disk of node 3")
        assert (code, out.splitlines()[-1]) == (0, "3 batches acknowledged")
        assert "5–7" in out
        shown, listed = await asyncio.gather(run("status"), run("acknowledge", "--list", "-o", "json"))
        assert (shown[0], shown[1].splitlines()[0]) == (0, "lost 0 · unaccounted 0 · lag 0.0s")
        (kept,) = json.loads(listed[1])
        assert (kept["reason"], kept["batches"], kept["numbers"]) == ("disk of node 3", 3, [[5, 7]])
        assert kept["by"]


async def test_names_and_reasons_are_shown_as_they_are_written(database: Database) -> None:
    names = ("web[prod]-0", "web[/prod]-0", "10:key:0")
    for name in names:
        await add_loss(database, "1 day", name)
    async with running_gateway(database.reader_dsn) as gateway:

        async def run(*arguments: str) -> tuple[int, str, str]:
            return await command(*arguments, "--gateway", gateway, COLUMNS="200", LOGNAME="[ann] :key:")

        reason = "[inc-12] see [/runbooks/loss] :key:"
        for arguments, shown in (
            (("status",), names),
            (("acknowledge", "lost", "--yes", "-r", reason), names),
            (("acknowledge", "--list"), (*names, "[ann] :key:", reason)),
        ):
            code, out, err = await run(*arguments)
            assert (code, err) == (0, "")
            assert [text for text in shown if text not in out] == []


async def test_questions_share_a_connection_that_ends_with_its_processor(database: Database, tmp_path: Path) -> None:
    pool = await open_pool(database.reader_dsn, application="test", size=1)
    async with running_processor(ServerStore(database.server, database.name), tmp_path) as processor:
        port = processor.settings.direct_port
        before = connections_to(port)
        settings = GatewaySettings(database_dsn=SecretStr(database.reader_dsn), processors=f"127.0.0.1:{port}")
        gateway = PipelineServicer(settings, Reader(pool))
        (first,) = await connected(gateway, port) - before
        for _ in range(20):
            assert await connected(gateway, port) - before == {first}
        answers = await asyncio.gather(*(gateway.ListProcessors(ListProcessorsRequest(), None) for _ in range(20)))
        assert all(answer == answers[0] for answer in answers)  # they were asked once
        assert connections_to(port) - before == {first}
    (state,) = (await gateway.ListProcessors(ListProcessorsRequest(), None)).processors
    assert (state.name, state.version) == ("log-processor-0", "")
    assert connections_to(port) == set()
    await gateway.close()
    pool.terminate()


async def connected(gateway: PipelineServicer, port: int) -> set[int]:
    """Our ends of the connections to the processor's port, after one question."""
    (state,) = (await gateway.ListProcessors(ListProcessorsRequest(), None)).processors
    assert state.version
    return connections_to(port)


def connections_to(port: int) -> set[int]:
    """Our ends of this process' connections to a port."""
    found = psutil.Process().net_connections("tcp")
    return {one.laddr.port for one in found if one.raddr and one.raddr.port == port and one.status == "ESTABLISHED"}
