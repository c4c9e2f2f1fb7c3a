"""Logmesh with its lake: PostgreSQL, a processor, a gateway and the keeper, each a process, with the settings that they have by
themselves."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import asyncpg
import psutil

from benchmarks.load import Load
from benchmarks.peers.asking import Asking, wait_until_serving
from benchmarks.peers.batches import Batches
from benchmarks.peers.day import SPOOLS, Day
from benchmarks.peers.processes import folder_bytes
from benchmarks.peers.questions import Question
from benchmarks.servers import ADDRESS, Servers
from logmesh.cli.local.ports import free_port
from logmesh.lake.tending.merge import FEW_FILES, LEFT_BYTES, LEVELS

_ROUND_SECONDS = 7.0  # the keeper's rounds have five seconds between them
_STATE = """
SELECT EXISTS (
         SELECT FROM logmesh.files WHERE dead_xid IS NULL AND level < $1 GROUP BY tenant, level
         HAVING count(*) >= $2 OR level = 0 AND sum(bytes) >= $3
       ) AS mergeable,
       (SELECT max(file) FROM logmesh.files) AS newest
"""
_BYTES = """
SELECT (SELECT coalesce(sum(bytes), 0) FROM logmesh.files WHERE dead_xid IS NULL)::bigint
     + (SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'logmesh'::regnamespace)::bigint
       AS bytes
"""


class Logmesh:
    """See `Peer`."""

    def __init__(self, folder: Path, day: Day) -> None:
        self._folder, self._day, self._lake = folder, day, folder / "lake"
        folder.mkdir()
        folder.chmod(0o755)  # PostgreSQL may run as another user
        stored = {"LOGMESH_STORE": "lake", "LOGMESH_LAKE_DIR": str(self._lake)}
        self._servers = Servers(folder, stored)
        self._owner = self._servers.postgres.dsn("logmesh_owner", over_socket=True)
        gateway, keeper = free_port(), free_port()
        reader = self._servers.postgres.dsn("logmesh_reader", over_socket=True)
        wait_until_serving(self._servers.target)  # which has made the schema
        self._started = [
            self._start("logmesh.gateway", {"LOGMESH_PORT": str(gateway), "LOGMESH_DATABASE_DSN": reader}),
            self._start("logmesh.keeper", {"LOGMESH_HEALTH_PORT": str(keeper)}),
        ]
        for port in (gateway, keeper):
            wait_until_serving(f"ipv4:{ADDRESS}:{port}")
        self._asking = Asking(f"ipv4:{ADDRESS}:{gateway}", day)

    def processes(self) -> Sequence[psutil.Process]:
        """See `Peer`."""
        assert self._servers.postgres.process is not None
        pids = [self._servers.postgres.process.pid, self._servers.processor.pid, *(each.pid for each in self._started)]
        return [psutil.Process(pid) for pid in pids]

    def merging(self) -> Sequence[psutil.Process]:
        """The keeper."""
        return [psutil.Process(self._started[1].pid)]

    def ingest(self, batches: Batches) -> None:
        """COMMITTED means both: on the disk, and to be asked for."""
        asyncio.run(self._send(batches))

    def count(self) -> int:
        """See `Peer`."""
        return self._asking.count()

    def settle(self) -> None:
        """There are fewer files of each level than are merged once they waited, what was left as flushed has been merged, too, and a
        round of the keeper has made none. Rows that are too few for a file stay in their table until a generation of them ends."""
        newest = None
        while True:
            state = asyncio.run(self._fetchrow(_STATE, LEVELS, FEW_FILES, LEFT_BYTES))
            if not state["mergeable"] and state["newest"] == newest:
                return
            newest = state["newest"]
            time.sleep(_ROUND_SECONDS)

    def bytes_on_disk(self) -> tuple[int, int]:
        """Live files, and all of Logmesh's tables with their indexes; and the log, PostgreSQL's own and what is to be deleted, too."""
        return asyncio.run(self._fetchrow(_BYTES))["bytes"], folder_bytes(self._folder)

    def ask(self, question: Question) -> int:
        """See `Peer`."""
        return self._asking.ask(question)

    def stop(self) -> None:
        """See `Peer`."""
        for process in self._started:
            process.terminate()
            process.wait(60)
        self._servers.stop()

    def _start(self, module: str, environment: dict[str, str]) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-m", module], env=self._servers.environment | environment)

    async def _send(self, batches: Batches) -> None:
        async with asyncio.TaskGroup() as sending:
            for spool in range(SPOOLS):
                producer = _Producer(self._day.batch, batches.of_spool("columns", spool))
                sending.create_task(Load(self._servers.target, producer, self._day.batches // SPOOLS).run())

    async def _fetchrow(self, query: str, *values: int) -> Any:
        connection = await asyncpg.connect(self._owner)
        try:
            return await connection.fetchrow(query, *values)
        finally:
            await connection.close()


class _Producer:
    """One producer's batches in turn, for `Load`."""

    def __init__(self, records: int, batches: Iterator[bytes]) -> None:
        self.records, self._batches = records, batches

    def next(self, _: int) -> bytes:
        """The next one."""
        return next(self._batches)
