"""Where merging has fallen far behind, flushes slow down until it has caught up; nothing else changes."""

from pathlib import Path

import asyncpg
import pytest
from tests.conftest import Database
from tests.integration.lake.batches import columns
from tests.integration.lake.storing import Spool, Storing, contents
from tests.integration.processor.conftest import ServerStore
from tests.integration.processor.running import running_processor

from logmesh.lake.writing.filing import FILE_ROWS
from logmesh.processor.writer.lake import behind
from logmesh.runtime import metrics


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(behind, "SLOW_FILES", 2)
    monkeypatch.setattr(behind, "_LOOK_SECONDS", 0.0)


def paused() -> float:
    return float(metrics.FLUSH_PAUSES._value.get())


async def test_files_that_nobody_merged_are_counted_by_tenant(storing: Storing, owner: asyncpg.Connection) -> None:
    ours, theirs = Spool("ours"), Spool("theirs")
    for spool in (ours, ours, theirs, theirs):
        await storing.store(spool.batch(columns(FILE_ROWS)))
    await storing.store(theirs.batch(columns(1)))  # which looks before it stores
    assert (storing.lake.pause_seconds, metrics.LAKE_UNMERGED_FILES._value.get()) == (0, 2)
    await storing.store(ours.batch(columns(FILE_ROWS)))
    await storing.store(ours.batch(columns(1)))
    assert (storing.lake.pause_seconds, metrics.LAKE_UNMERGED_FILES._value.get()) == (behind.PAUSE_SECONDS, 3)
    await owner.execute("UPDATE logmesh.files SET level = 1")
    await storing.store(ours.batch(columns(1)))
    assert storing.lake.pause_seconds == 0


async def test_a_processor_stores_more_slowly_and_loses_nothing(
    database: Database, owner: asyncpg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(behind, "PAUSE_SECONDS", 0.05)
    before, root = paused(), tmp_path / "lake"
    async with running_processor(ServerStore(database.server, database.name), tmp_path, lake=root) as processor:
        stream = processor.stream()
        await stream.hello()
        for seq in range(1, 8):
            await stream.send_columns(seq, columns(FILE_ROWS))
            await stream.until_committed(seq)
    # Three files are made before a flush sees that there are more than two.
    assert paused() - before == 3
    found = await contents(owner, root)
    assert found.stored == sum(found.identities().values()) == 7 * FILE_ROWS
