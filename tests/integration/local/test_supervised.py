"""Servers under the supervisor that die, and die again while they start: they come back where their clients look for them."""

import asyncio
import gc
import re
import shutil
import signal
from pathlib import Path

import asyncpg
import pytest
import redis.asyncio
from tests import waiting
from tests.e2e.test_up import own_loopback

from logmesh.cli.local import components
from logmesh.cli.local.certificates import ensure_certificates
from logmesh.cli.local.components import PythonProcess, Server
from logmesh.cli.local.plan import LocalOptions, plan_system
from logmesh.cli.local.ports import free_port
from logmesh.cli.local.postgres import ROLES, Postgres
from logmesh.cli.local.probes import serves
from logmesh.cli.local.redis import Redis
from logmesh.cli.local.supervisor import Supervisor
from logmesh.runtime.server import LIVENESS


class AskedPostgres:
    """PostgreSQL over its socket, whose lock it can't start without."""

    name = "postgres"

    def __init__(self, folder: Path) -> None:
        self.server = Postgres(folder, port=free_port())
        self.server.prepare()
        self._dsn = self.server.dsn("logmesh_owner", over_socket=True)

    def socket(self) -> Path:
        return (
            Path(re.sub(r".*host=(.*)&.*", r"\1", self._dsn).replace("%2F", "/")) / f".s.PGSQL.{self.server.port}.lock"
        )

    async def answers(self) -> bool:
        connection = await asyncpg.connect(self._dsn)
        await connection.close()
        return True


class AskedRedis:
    """Redis over its socket."""

    name = "redis"

    def __init__(self, folder: Path) -> None:
        self.server = Redis(folder)
        self._url = self.server.url

    def socket(self) -> Path:
        return Path(self._url.partition("@")[2].replace("%2F", "/"))

    async def answers(self) -> bool:
        async with redis.asyncio.from_url(self._url) as client:
            return bool(await client.ping())


@pytest.mark.parametrize("kind", [AskedPostgres, AskedRedis])
async def test_a_server_that_dies_while_it_starts_comes_back_at_its_address(
    tmp_path: Path, kind: type[AskedPostgres | AskedRedis]
) -> None:
    said: list[str] = []

    async def until(words: str) -> None:
        async with asyncio.timeout(30):
            while not any(words in line for line in said):
                await asyncio.sleep(0.02)

    asked = kind(tmp_path / "data")
    supervisor = Supervisor(said.append)
    try:
        await supervisor.start([Server(asked.name, asked.server)])
        assert await asked.answers()
        assert asked.server.process is not None
        asked.server.process.send_signal(signal.SIGKILL)
        await until(f"{asked.name} was killed by signal 9")
        asked.socket().unlink(missing_ok=True)
        asked.socket().mkdir()  # in its place, so that the next start fails
        await until("next attempt in")
        shutil.rmtree(asked.socket())
        await until(f"{asked.name} is up again")
        assert await asked.answers()
        if kind is AskedRedis:  # the folder is the same for both, and Redis the quicker one
            shutil.rmtree(asked.socket().parent)  # as what cleans temporary folders does
            asked.server.process.send_signal(signal.SIGKILL)
            said.clear()
            await until("redis is up again")
            assert await asked.answers()
    finally:
        await supervisor.stop(asyncio.Event())
    folder = asked.socket().parent
    assert folder.exists()
    del asked, supervisor

    async def is_gone() -> bool:
        gc.collect()
        return not folder.exists()

    assert await waiting.until(is_gone)


async def test_a_process_that_is_alive_is_waited_for_however_long_its_database_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = LocalOptions(tmp_path, producers=0, processors=1, loopback=own_loopback())
    certificates = ensure_certificates(tmp_path / "certificates", options.addresses)
    dsn = f"postgresql://logmesh_writer@127.0.0.1:{free_port()}/logmesh"  # where nobody listens yet
    (program,), *_ = plan_system(options, certificates, dict.fromkeys(ROLES, dsn), "redis://127.0.0.1:1")
    assert program.health is not None
    said: list[str] = []
    process = PythonProcess(program, certificates["operator"], lambda _, line: said.append(line))
    starting = asyncio.create_task(process.start())
    try:
        async with asyncio.timeout(60):
            while not await serves(program.health[0], certificates["operator"], program.health[1], LIVENESS):
                assert not starting.done(), said
            monkeypatch.setattr(components, "READY_SECONDS", 0.1)
            while not any("alive: it is waited for" in line for line in said):
                assert not starting.done(), said
                await asyncio.sleep(0.02)
    finally:
        starting.cancel()
        await process.stop(now=True)
