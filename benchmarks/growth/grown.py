"""A lake with its database, which this process writes, tends and asks."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import google_crc32c
import psutil

from benchmarks.peers.processes import cpu_seconds
from logmesh.cli.local.ports import free_port
from logmesh.cli.local.postgres import Postgres
from logmesh.gateway.lake import StoresOfLake
from logmesh.journal import FrameRef
from logmesh.lake.tending.merge import WAITED_SECONDS
from logmesh.lake.tending.tend import Tended, tend
from logmesh.processor.entries import Moment
from logmesh.processor.frame import Header, Unwritten, encode_header
from logmesh.processor.writer.lake import Lake
from logmesh.processor.writer.opened import open_batch
from logmesh.processor.writer.resolve import Numbers
from logmesh.processor.writer.sort import Branches
from logmesh.rows.reader import Reader
from logmesh.storage.ledger import SpoolKey
from logmesh.storage.migrate import migrate
from logmesh.storage.postgres import connect_writer, open_pool
from logmesh.store.store import Store
from logmesh.v1.ingest_service_pb2 import AppendRequest, Batch
from logmesh.v1.record_pb2 import LogColumns

_CATALOG = """
SELECT count(*) AS files, coalesce(sum(bytes), 0)::bigint AS bytes, coalesce(sum(rows), 0)::bigint AS rows,
       pg_total_relation_size('logmesh.files') AS catalog
FROM logmesh.files WHERE dead_xid IS NULL
"""
_QUIET = "UPDATE logmesh.files SET checked = now() - make_interval(secs => $1)"


class Sent(NamedTuple):
    """A batch: whose, its number there, and its records."""

    key: SpoolKey
    seq: int
    columns: LogColumns


class Grown:
    """See the module."""

    def __init__(
        self, root: Path, postgres: Postgres, owner: "asyncpg.Connection", writer: "asyncpg.Connection", store: Store
    ) -> None:
        assert postgres.process is not None
        self.store, self._root, self._owner, self._writer = store, root, owner, writer
        self._lake, self._numbers, self._branches = Lake(root, "bench"), Numbers(), Branches()
        self._processes = [psutil.Process(), psutil.Process(postgres.process.pid)]

    def cpu(self) -> float:
        """CPU seconds so far: of this process, of those that read files, of PostgreSQL."""
        return cpu_seconds(self._processes)

    async def flush(self, batches: Sequence[Sent]) -> float:
        """Store them in one flush; the CPU seconds that it took, the reading of batches included."""
        now = time.time_ns()
        frames = [_frame(batch, now) for batch in batches]
        began = self.cpu()
        group = [open_batch(unwritten, frame) for unwritten, frame in frames]
        await self._numbers.resolve(self._writer.fetch, group, origins=False)
        prepared = await asyncio.to_thread(self._lake.prepare, group, Moment(now), strict=False, refused=None)
        flushed = await self._lake.flush(self._writer, prepared, self._branches)
        assert sum(stored.rows for stored in flushed.stored) == sum(len(batch.columns.bodies) for batch in batches)
        return self.cpu() - began

    async def tend(self) -> tuple[Tended, float]:
        """A round of the keeper; what it did, and its CPU seconds."""
        began = self.cpu()
        done = await tend(self._owner, self._root, "bench", retention_days=90)
        assert done is not None
        assert not done.postponed, done.postponed
        return done, self.cpu() - began

    async def settle(self) -> float:
        """A round of the keeper once no more came for long enough; its CPU seconds."""
        await self._owner.execute(_QUIET, 2.0 * WAITED_SECONDS)
        return (await self.tend())[1]

    async def catalog(self) -> Any:
        """Live `files`, their `bytes` and `rows`, bytes of the `catalog` itself."""
        return await self._owner.fetchrow(_CATALOG)

    async def files_of(self, tenant: str) -> int:
        """How many live files a tenant has."""
        count: int = await self._owner.fetchval(
            "SELECT count(*) FROM logmesh.files WHERE dead_xid IS NULL AND tenant = $1", tenant
        )
        return count

    def close(self) -> None:
        """End the thread that writes files."""
        self._lake.close()


@asynccontextmanager
async def grown(folder: Path) -> AsyncIterator[Grown]:
    """An empty one in an empty folder."""
    postgres = Postgres(folder / "postgres", port=free_port())
    postgres.start()
    try:
        owner = await asyncpg.connect(postgres.dsn("logmesh_owner", over_socket=True))
        await migrate(owner)
        writer = await connect_writer(postgres.dsn("logmesh_writer", over_socket=True), application="bench")
        pool = await open_pool(postgres.dsn("logmesh_reader", over_socket=True), application="bench", size=2)
        stores = StoresOfLake(folder / "lake", readers=2)
        lake = Grown(folder / "lake", postgres, owner, writer, stores.store(Reader(pool)))
        try:
            yield lake
        finally:
            lake.close()
            await stores.close()
            pool.terminate()
    finally:
        postgres.stop("immediate")


def of_one_instance(columns: LogColumns, name: str) -> LogColumns:
    """The records as those of one instance with this name."""
    del columns.origins[1:], columns.origin_indexes[:]
    columns.origins[0].service_instance_id = name.encode()
    return columns


def _frame(batch: Sent, now: int) -> tuple[Unwritten, bytes]:
    data, count = batch.columns.SerializeToString(), len(batch.columns.bodies)
    header = Header(batch.key, batch.seq, count, "bench", "bench", now)
    sent: Any = Batch(seq=batch.seq, count=count, raw_size=len(data), crc32c=google_crc32c.value(data), columns=data)
    frame = encode_header(header) + AppendRequest(batch=sent).SerializeToString()
    return Unwritten(header, FrameRef(0, batch.seq, len(frame))), frame
