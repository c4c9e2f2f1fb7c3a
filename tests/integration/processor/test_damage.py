"""A log that can't give a batch back, and a database that is replaced under a running processor: nothing is lost or mixed."""

from pathlib import Path
from uuid import uuid4

import asyncpg
from tests.integration.processor.append_stream import columns_of
from tests.integration.processor.conftest import ServerStore
from tests.integration.processor.running import SERVING, RunningProcessor, running_processor

from logmesh.record.columns import OriginKey
from logmesh.record.ranges import RangeSet
from logmesh.runtime import metrics
from logmesh.storage.ledger import Held, open_spools
from logmesh.storage.migrate import migrate


async def test_a_batch_that_the_log_lost_is_asked_for_again(store: ServerStore, tmp_path: Path) -> None:
    async with running_processor(store, tmp_path, flush_interval_seconds=1) as processor:
        stream = processor.stream()
        await stream.hello()
        await stream.send_columns(1, columns_of([b"damaged on the disk"]))
        await stream.until(lambda: 1 in stream.logged)
        for segment in (tmp_path / "buffer").glob("*.segment"):
            data = segment.read_bytes()
            if (at := data.find(b"damaged on the disk")) >= 0:
                with segment.open("r+b") as file:
                    file.seek(at)
                    file.write(b"D")
        await stream.until(lambda: 1 in stream.nacks)
        assert stream.nacks[1].HasField("retry_after")
        await stream.send_columns(1, columns_of([b"damaged on the disk"]))
        await stream.until_committed(1)
        assert await processor.bodies() == ["damaged on the disk"]
        assert metrics.PROCESSOR.get_sample_value("logmesh_wal_quarantined_files") == 1


async def test_numbers_of_a_replaced_database_are_not_taken_for_those_of_the_one_before(
    processor: RunningProcessor, store: ServerStore
) -> None:
    stream = processor.stream()
    await stream.hello()
    await stream.send_columns(1, columns_of([b"before"], origin=OriginKey(service_name=b"mine")))
    await stream.until_committed(1)

    other = str(uuid4())
    await _replace(store, other)
    await processor.until_health(SERVING)
    await stream.send_columns(2, columns_of([b"after"], origin=OriginKey(service_name=b"mine")))
    await stream.until_committed(2)

    (row,) = await processor.query(
        "SELECT s.spool_id::text AS spool_id, o.service FROM logmesh.logs l JOIN logmesh.spools s USING (spool)"
        " JOIN logmesh.origins o USING (origin)"
    )
    assert (row["spool_id"], row["service"]) == (stream.spool_id, "mine")
    assert (await processor.ledger(stream.spool_id)).committed == RangeSet([(2, 2)])


async def _replace(store: ServerStore, spool_id: str) -> None:
    """Put an empty database in the place of the store's, and give its first numbers to others."""
    server = await asyncpg.connect(store.server.dsn("postgres", "postgres"))
    await server.execute(f"DROP DATABASE {store.name} WITH (FORCE)")
    await server.execute(f"CREATE DATABASE {store.name} OWNER logmesh_owner")
    await server.close()
    owner = await asyncpg.connect(store.owner_dsn)
    await migrate(owner)
    # As another producer's Hello and batch would have; it holds the number that the next batch has.
    pool = await asyncpg.create_pool(store.owner_dsn, min_size=1, max_size=1)
    await open_spools(pool, "default", "other", "other", [Held(spool_id, 1, last_seq=1)])
    await pool.close()
    await owner.execute("UPDATE logmesh.spools SET committed = '{[1,10)}' WHERE spool_id = $1", spool_id)
    await owner.execute(
        "INSERT INTO logmesh.origins (tenant, service, instance, resource, scope_name, scope_version, digest)"
        " VALUES ('default', 'other', '', '{}', '', '', '\\x00')"
    )
    await owner.close()
