"""A gateway of rows alone does not start while the lake has records, unless it is told to do without them."""

import asyncio
from pathlib import Path

import asyncpg
from pydantic import SecretStr
from tests.conftest import Database
from tests.contract.store.asked import MINUTE, record
from tests.integration.gateway.running import running_gateway
from tests.integration.lake.written import Lake

from logmesh.cli.local.ports import free_port
from logmesh.gateway.process import run_gateway
from logmesh.gateway.settings import GatewaySettings


def settings(database: Database) -> GatewaySettings:
    return GatewaySettings(
        name="gateway",
        listen_address="127.0.0.1",
        port=free_port(),
        metrics_port=0,
        database_dsn=SecretStr(database.reader_dsn),
    )


async def test_a_gateway_that_would_not_find_records_of_the_lake_does_not_start(
    database: Database, tmp_path: Path
) -> None:
    async with running_gateway(database.reader_dsn):
        pass  # an empty lake keeps nobody away
    await Lake(database, tmp_path).put_rows([record(MINUTE)], [0])
    assert await run_gateway(settings(database), asyncio.Event()) == 1
    async with running_gateway(database.reader_dsn, rows_alone=True):
        pass
    async with running_gateway(database.reader_dsn, store="lake", lake_dir=tmp_path):
        pass
    owner = await asyncpg.connect(database.owner_dsn)
    await owner.execute("DELETE FROM logmesh.hot")
    await owner.close()
    await Lake(database, tmp_path).put_file([record(MINUTE)], [0])
    assert await run_gateway(settings(database), asyncio.Event()) == 1
