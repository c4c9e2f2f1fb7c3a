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

from logmesh.cli.local.components import Server
from logmesh.cli.local.ports import free_port
from logmesh.cli.local.postgres import Postgres
from logmesh.cli.local.redis import Redis
from logmesh.cli.local.supervisor import Supervisor


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
        shutil.rmtree(asked.socket().parent)  # as what cleans temporary folders does
        asked.server.process.send_signal(signal.SIGKILL)
        said.clear()
        await until(f"{asked.name} is up again")
        assert await asked.answers()
    finally:
        await supervisor.stop(asyncio.Event())
    folder = asked.socket().parent
    assert folder.exists()
    del asked, supervisor
    gc.collect()
    assert not folder.exists()
