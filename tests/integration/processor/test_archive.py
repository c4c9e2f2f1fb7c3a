"""Spools of which nothing is to be expected leave the ledger, and are known all the same when one of them comes again."""

from pathlib import Path

import asyncpg
from tests.integration.processor.append_stream import columns_of
from tests.integration.processor.conftest import ServerStore
from tests.integration.processor.delivering import append, delivering
from tests.integration.processor.running import RunningProcessor

from logmesh.client.delivering.spool import Spool
from logmesh.storage.maintenance import maintain
from logmesh.storage.postgres import owner_session


async def test_earlier_spool_ids_are_finished_by_the_stream_after_their_last_commit(
    processor: RunningProcessor, tmp_path: Path
) -> None:
    ids = []
    for run in range(3):
        spool = Spool(tmp_path / "spool", max_bytes=256 << 20, retain_seconds=3600)
        ids.append(spool.spool_id)
        async with delivering(processor, spool) as forwarder:
            append(spool, forwarder, f"run {run}", range(2))
            await forwarder.all_committed()
        spool.close()
    rows = await processor.query("SELECT spool_id::text AS id, finished IS NOT NULL AS finished FROM logmesh.spools")
    assert {row["id"]: row["finished"] for row in rows} == dict(zip(ids, (True, True, False), strict=True))


async def test_what_nobody_was_heard_of_for_a_day_leaves_the_ledger_unless_something_is_missing(
    processor: RunningProcessor, store: ServerStore
) -> None:
    whole, broken, alive = [processor.stream() for _ in range(3)]
    for stream, seqs in ((whole, (1, 2)), (broken, (1, 3)), (alive, (1,))):
        await stream.hello()
        for seq in seqs:
            await stream.send_columns(seq, columns_of([b"line"]))
        await stream.until_committed(*seqs)
    await processor.query(
        "UPDATE logmesh.spools SET heard = heard - interval '2 days', last_commit = last_commit - interval '2 days'"
    )
    again = processor.stream(alive.spool_id)
    await again.hello()  # an idle producer's streams are replaced all the time
    await again.send_columns(2, columns_of([b"line"]))
    await again.until_committed(2)
    async with owner_session(store.owner_dsn, application="test") as owner:
        assert await maintain(owner, 30) is not None
    await processor.query("UPDATE logmesh.spools SET finished = finished - interval '2 hours'")
    reader = await asyncpg.connect(store.reader_dsn)
    await reader.execute("SELECT set_config('app.tenant', 'default', false)")
    shown = {str(row["spool_id"]) for row in await reader.fetch("SELECT spool_id FROM logmesh.accounts")}
    await reader.close()
    assert shown == {broken.spool_id, alive.spool_id}

    late = processor.stream(whole.spool_id)
    welcome = await late.hello()
    assert [(part.first, part.last) for part in welcome.committed] == [(1, 2)]
