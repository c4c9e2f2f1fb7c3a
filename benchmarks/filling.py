"""Fills a database with records of the last day as a processor does: prepared, and flushed with the ledger and the counts."""

import asyncio
import contextlib
import time
import uuid
from collections.abc import Callable

import asyncpg

from benchmarks.load import Payloads
from logmesh.cli.local.postgres import Postgres
from logmesh.journal import FrameRef
from logmesh.processor.entries import Moment
from logmesh.processor.frame import Header, Unwritten, encode_header
from logmesh.processor.writer.destination import Destination, Rows
from logmesh.processor.writer.opened import Opened, open_batch
from logmesh.processor.writer.resolve import Numbers
from logmesh.processor.writer.sort import Branches
from logmesh.storage.ledger import SpoolKey
from logmesh.storage.migrate import migrate
from logmesh.storage.postgres import connect_writer
from logmesh.v1.ingest_service_pb2 import AppendRequest, Batch

DAY_NANO = 24 * 3600 * 10**9
_BATCH = 1_000
_BATCHES_A_FLUSH = 10


async def fill(postgres: Postgres, records: int, body_bytes: int) -> tuple[int, int]:
    """Store `records` evenly over a day as rows; return its start and its end in nanoseconds."""
    payloads = Payloads(_BATCH, body_bytes, DAY_NANO // records)
    return await fill_store(postgres, records, payloads.next, Rows(with_traces=False))


async def fill_store(
    postgres: Postgres, records: int, next_columns: Callable[[int, int], bytes], into: Destination
) -> tuple[int, int]:
    """The same with batches of 1,000 that `next_columns` makes by number and time, `into` any destination."""
    owner = await asyncpg.connect(postgres.dsn("logmesh_owner"))
    await migrate(owner)
    connection = await connect_writer(postgres.dsn("logmesh_writer", over_socket=True), application="bench")
    key = SpoolKey("default", str(uuid.uuid4()))
    end, spacing = time.time_ns(), DAY_NANO // records
    start, numbers, branches = end - records * spacing, Numbers(), Branches()
    group: list[Opened] = []
    last = records // _BATCH
    for seq in range(1, last + 1):
        data = next_columns(seq, start + (seq - 1) * _BATCH * spacing)
        raw = AppendRequest(batch=Batch(seq=seq, count=_BATCH, raw_size=len(data), columns=data)).SerializeToString()
        batch = Header(key, seq, _BATCH, "bench", "bench", end)
        group.append(open_batch(Unwritten(batch, FrameRef(1, seq, len(raw))), encode_header(batch) + raw))
        if len(group) == _BATCHES_A_FLUSH or seq == last:
            await numbers.resolve(connection.fetch, group, origins=into.numbers_origins)
            prepared = into.prepare(group, Moment(end), strict=False, refused=None)
            await into.flush(connection, prepared, branches)
            group.clear()
    await connection.close()
    superuser = await asyncpg.connect(postgres.dsn("postgres", "logmesh"))
    # What autovacuum and checkpoints do in their own time.
    await superuser.execute("VACUUM (ANALYZE) logmesh.logs, logmesh.counts, logmesh.origins")
    await superuser.execute("CHECKPOINT")
    for closing in (superuser, owner):
        with contextlib.suppress(asyncio.TimeoutError):
            await closing.close(timeout=5)
    return start, end
