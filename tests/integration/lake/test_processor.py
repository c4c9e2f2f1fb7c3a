"""A whole processor that stores into the lake: from a producer's stream to files and hot rows, over restarts and troubles."""

from pathlib import Path

import asyncpg
from tests.conftest import Database
from tests.integration.lake.batches import columns
from tests.integration.lake.storing import contents
from tests.integration.processor.append_stream import AppendStream
from tests.integration.processor.bad_entries import BAD_COLUMNS
from tests.integration.processor.conftest import ServerStore
from tests.integration.processor.running import running_processor

from logmesh.lake.writing.filing import FILE_ROWS
from logmesh.record.ids import position_of
from logmesh.storage.postgres import connect

FEW = 7


async def test_what_producers_send_is_in_the_lake_once(
    database: Database, owner: asyncpg.Connection, tmp_path: Path
) -> None:
    store, root = ServerStore(database.server, database.name), tmp_path / "lake"
    async with running_processor(store, tmp_path, lake=root) as processor:
        stream = processor.stream()
        await stream.hello()
        await _send(stream, range(1, 5))
        await stream.until_committed(1, 2, 3, 4)
        spool_id = stream.spool_id
        ledger = await processor.ledger(spool_id)
        assert (ledger.stored, ledger.dead_letters) == (2 * (FILE_ROWS + FEW), 0)
    async with running_processor(store, tmp_path, lake=root) as processor:
        again = processor.stream(spool_id)
        await again.hello()
        await _send(again, range(1, 7))  # as a producer that heard nothing
        await again.until_committed(1, 2, 3, 4, 5, 6)
    found = await contents(owner, root)
    assert set(found.identities().values()) == {1} and found.stored == 3 * (FILE_ROWS + FEW)
    assert len(found.filed) >= 3 * FILE_ROWS


async def _send(stream: AppendStream, seqs: range) -> None:
    for seq in seqs:
        await stream.send_columns(seq, columns(FILE_ROWS if seq % 2 else FEW, name=f"batch {seq}"))


async def test_bad_entries_cost_themselves_alone(database: Database, owner: asyncpg.Connection, tmp_path: Path) -> None:
    store, root = ServerStore(database.server, database.name), tmp_path / "lake"
    async with running_processor(store, tmp_path, lake=root) as processor:
        stream = processor.stream()
        await stream.hello()
        for seq, bad in enumerate(BAD_COLUMNS.values(), start=1):
            await stream.send_columns(seq, bad.columns)
        await stream.until_committed(*range(1, len(BAD_COLUMNS) + 1))
        reasons = {row["position"]: row["reason"] for row in await processor.dead_letters()}
    expected = {position_of(seq, 1): bad.reason for seq, bad in enumerate(BAD_COLUMNS.values(), 1) if bad.reason}
    assert reasons == expected
    found = await contents(owner, root)
    assert sum(found.identities().values()) == found.stored == 3 * len(BAD_COLUMNS) - len(expected)


async def test_a_processor_goes_on_once_a_database_is_back_that_was_put_back(
    database: Database, owner: asyncpg.Connection, tmp_path: Path
) -> None:
    """An earlier state of the ledger, and nothing else of it: what producers still hold is stored again, into new files."""
    store, root = ServerStore(database.server, database.name), tmp_path / "lake"
    async with running_processor(store, tmp_path, lake=root) as processor:
        stream = processor.stream()
        await stream.hello()
        await _send(stream, range(1, 3))
        await stream.until_committed(1, 2)
        await owner.execute("TRUNCATE logmesh.spools; DELETE FROM logmesh.files; DELETE FROM logmesh.hot")
        await owner.execute("DELETE FROM logmesh.pending")
        other = processor.stream()
        await other.hello()
        await _send(other, range(1, 3))
        await other.until_committed(1, 2)
    reader = await connect(database.owner_dsn, application="test")
    found = await contents(reader, root)
    await reader.close()
    assert set(found.identities().values()) == {1} and found.stored == FILE_ROWS + FEW
