"""Fills a database with records of the last day as a processor does: prepared, and flushed with the ledger and the counts."""

import asyncio
import contextlib
import time
import uuid

import asyncpg

from benchmarks.load import Payloads
from logmesh.cli.local.postgres import Postgres
from logmesh.processor.flush import flush
from logmesh.processor.frame import Origin
from logmesh.processor.origins import Origins
from logmesh.processor.prepare import OriginUnknown, Prepared, prepare
from logmesh.storage.ledger import SpoolKey
from logmesh.storage.migrate import migrate
from logmesh.storage.postgres import connect_writer
from logmesh.storage.sql import load
from logmesh.v1.ingest_service_pb2 import AppendRequest, Batch

DAY_NANO = 24 * 3600 * 10**9
_BATCH = 1_000
_BATCHES_A_FLUSH = 10


async def fill(postgres: Postgres, records: int, body_bytes: int) -> tuple[int, int]:
    """Store `records` evenly over a day; return its start and its end in nanoseconds."""
    owner = await asyncpg.connect(postgres.dsn("logmesh_owner"))
    await migrate(owner)
    connection = await connect_writer(postgres.dsn("logmesh_writer", over_socket=True), application="bench")
    pool = await asyncpg.create_pool(postgres.dsn("logmesh_writer", over_socket=True), min_size=1, max_size=1)
    key = SpoolKey("default", str(uuid.uuid4()))
    spool = await connection.fetchval(load("restore_spool"), key.tenant, key.spool_id, "bench", "bench")
    end, spacing = time.time_ns(), DAY_NANO // records
    start, payloads, origins = end - records * spacing, Payloads(_BATCH, body_bytes, spacing), Origins()
    group: list[Prepared] = []
    last = records // _BATCH
    for seq in range(1, last + 1):
        data = payloads.next(seq, start + (seq - 1) * _BATCH * spacing)
        raw = AppendRequest(batch=Batch(seq=seq, count=_BATCH, raw_size=len(data), columns=data)).SerializeToString()
        batch = Origin(key, seq, _BATCH, "bench", "bench", end)
        while True:
            try:
                group.append(prepare(batch, raw, spool, origins.numbers, now_unix_nano=end, with_traces=False))
                break
            except OriginUnknown as unknown:
                await origins.resolve(pool, key.tenant, unknown.origins)
        if len(group) == _BATCHES_A_FLUSH or seq == last:
            await flush(connection, group)
            group.clear()
    await pool.close()
    await connection.close()
    superuser = await asyncpg.connect(postgres.dsn("postgres", "logmesh"))
    # What autovacuum and checkpoints do in their own time.
    await superuser.execute("VACUUM (ANALYZE) logmesh.logs, logmesh.counts, logmesh.origins")
    await superuser.execute("CHECKPOINT")
    for closing in (superuser, owner):
        with contextlib.suppress(asyncio.TimeoutError):
            await closing.close(timeout=5)
    return start, end
