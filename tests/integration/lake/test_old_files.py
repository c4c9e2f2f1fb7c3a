"""Files of other years are stored under their own times, and nothing else is said of them."""

import asyncio
from pathlib import Path

import asyncpg
import pytest
from tests.conftest import Database
from tests.integration.lake.storing import contents
from tests.integration.processor.conftest import ServerStore
from tests.integration.processor.running import running_processor

from logmesh.producer.run import run_producer
from logmesh.producer.settings import ProducerSettings

OLD = 1_133_671_664  # 2005-12-04T04:47:44Z
LINES = "[Sun Dec 04 04:47:44 2005] [notice] workerEnv.init() ok\n[Sun Dec 04 04:47:45 2005] [error] mod_jk child\n"


@pytest.mark.parametrize("keeps", ["rows", "lake"])
async def test_only_where_records_are_rows_are_they_too_old(
    database: Database, owner: asyncpg.Connection, tmp_path: Path, keeps: str
) -> None:
    store, root, file = ServerStore(database.server, database.name), tmp_path / "lake", tmp_path / "apache.log"
    file.write_text(LINES)
    async with running_processor(store, tmp_path, lake=root if keeps == "lake" else None) as processor:
        settings = ProducerSettings(
            target=processor.target,
            spool_dir=tmp_path / "spool",
            metrics_port=0,
            source="file",
            files=[str(file)],
            follow=False,
            timezone="UTC",
        )
        outcome = await run_producer(settings, asyncio.Event())
    assert outcome.complete
    assert outcome.outside.older == (2 if keeps == "rows" else 0)
    if keeps == "lake":
        found = await contents(owner, root)
        assert sorted(int(row["nano"]) // 10**9 for row in found.hot) == [OLD, OLD + 1]
