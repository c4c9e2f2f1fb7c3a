"""The database's host vanishes without a word: connections to it, busy and idle ones, end as soon as the kernel can know."""

import asyncio
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest
from tests.conftest import Database
from tests.faults.vanishing import vanishing_host

from logmesh.storage.postgres import connect, open_pool

SEEN_SECONDS = 20


@pytest.mark.timeout(90)
async def test_connections_to_a_vanished_host_end_by_themselves(database: Database) -> None:
    server = database.server
    (folder,) = parse_qs(urlsplit(server.dsn("logmesh_writer", over_socket=True)).query)["host"]
    socket_path = Path(folder) / f".s.PGSQL.{server.port}"
    with vanishing_host(socket_path, server.port) as host:
        dsn = database.writer_dsn.replace(f"127.0.0.1:{server.port}", host.address)
        idle, busy = await connect(dsn, application="idle"), await connect(dsn, application="busy")
        pool = await open_pool(dsn, application="pool", size=1, seconds=60)
        assert await pool.fetchval("SELECT 1") == 1
        host.vanish()
        began = time.monotonic()
        with pytest.raises((OSError, asyncpg.PostgresError, asyncpg.InterfaceError)):
            await asyncio.wait_for(busy.fetchval("SELECT 1"), SEEN_SECONDS)
        async with asyncio.timeout(SEEN_SECONDS - (time.monotonic() - began)):
            while not (idle.is_closed() and pool.get_idle_size() == 0):
                await asyncio.sleep(0.1)
        host.appear()
        assert await pool.fetchval("SELECT 1") == 1
        pool.terminate()
