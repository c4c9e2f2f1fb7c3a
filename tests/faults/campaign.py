"""A long run of faults, drawn at random, on a real cluster: no line may be lost, and none stored twice.

    python -m tests.faults.campaign --events 500 --lines 6000 --seed 1
    python -m tests.faults.campaign --store lake
    python -m tests.faults.campaign --timescaledb /usr/lib/postgresql/17     # a folder whose bin holds a PostgreSQL that has it

Faults: processes killed, one or all; PostgreSQL crashed, made read-only, its sessions cut, its ledger locked, put back to an earlier
state; processors stopped and continued; a producer's machine (spool and files) put back to an earlier state, at once within reach or
not, alone or with its memory; with TimescaleDB, what is stored converted to columns; with the lake, its keeper killed or stopped for a
while. A copy of the database keeps the lake's files as they were then, too, as whoever backs up both does.

Every line has a number of its own. A machine that is put back takes lines with it that were written there since: those that were
stored before must still be there once, the others may be there once or not at all. Lines that its spool had not read yet are read
by both, so that they may be there once more for each time that it is put back. One that is put back with its memory numbers batches
as it did before; what it sets aside for that is in files, and counts as named.
"""

import argparse
import asyncio
import math
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import asyncpg
import numpy as np
from tests.faults.cluster import KEEPER, Cluster
from tests.faults.machines import Machine, bodies_set_aside, bytes_read, copy_folder
from tests.waiting import until

from logmesh.storage.migration_files import flavour_of

STORED_SECONDS = 240
LINE = "line {:09d} of the campaign\n"
LINE_BYTES = len(LINE.format(0))
WOKEN = "tests.faults.woken_producer"


class Campaign:
    """Draws faults and keeps account of every line. `written` are the lines of each producer's file, `limbo` those that went with a
    machine and may have been stored or not."""

    def __init__(self, cluster: Cluster, seed: int) -> None:
        self.cluster, folder = cluster, cluster.folder
        self.folder, self.choice = folder, random.Random(seed)
        self.written: dict[str, list[int]] = {name: [] for name in self.cluster.producer_names}
        self.certain: list[int] = []
        self.limbo: list[int] = []
        self.read_again: list[int] = []
        self.lines = 0
        self.counts: Counter[str] = Counter()
        self._machines: dict[str, Machine] = {}
        self._has_saved = False
        self._faults = {
            "kill a processor": (6, self._kill_processor),
            "kill a producer": (5, self._kill_producer),
            "crash PostgreSQL": (2, self._crash_postgres),
            "kill everything": (1, self._kill_all),
            "stop a processor for a while": (3, self._pause_processor),
            "cut all sessions": (3, self._cut_sessions),
            "lock the ledger": (2, self._lock_ledger),
            "make the database read-only": (1, self._read_only),
            "keep a copy of the database": (1, self._save_database),
            "put the database back": (1, self._restore_database),
            "keep a copy of a machine": (3, self._save_machine),
            "put a machine back": (3, self._restore_machine),
            "put a machine back, out of reach for a while": (2, self._restore_machine_offline),
            "put a machine back with its memory": (2, self._wake_machine),
        }
        if cluster.timescaledb is not None:
            self._faults["convert to columns"] = (1, self._convert)
        if cluster.lake:
            self._faults["kill the keeper"] = (6, self._kill_keeper)
            self._faults["stop the keeper for a while"] = (2, self._pause_keeper)

    async def run(self, events: int, lines: int, minutes: float) -> None:
        """Draw `events` faults, with `lines` written around each, or as many as `minutes` allow."""
        ends = time.monotonic() + minutes * 60
        self.cluster.start()
        while len({machine for machine in self.written if self.written[machine]}) < len(self.written):
            self._write(10)
        await self._until_stored()
        names = list(self._faults)
        weights = [weight for weight, _ in self._faults.values()]
        for at in range(1, events + 1):
            if time.monotonic() > ends:
                break
            (name,) = self.choice.choices(names, weights)
            self._write(lines // 2)
            await asyncio.sleep(self.choice.uniform(0, 0.4))
            if await self._faults[name][1]():
                self.counts[name] += 1
            self._write(lines - lines // 2)
            if at % 10 == 0:
                print(f"{at} events, {self.lines:,} lines; last: {name}", flush=True)

    async def check(self) -> bool:
        """Wait until everything is stored; say what is lost or stored twice, and whether neither is."""
        self.certain += [line for lines in self.written.values() for line in lines]
        ends = time.monotonic() + STORED_SECONDS
        while True:
            stored, aside = await self._stored(), self._set_aside()
            lost = np.array(self.certain)[(stored + aside)[self.certain] == 0]
            if not len(lost) or time.monotonic() > ends:
                break
            await asyncio.sleep(2)
        allowed = 1 + np.bincount(self.read_again, minlength=self.lines)
        twice = np.flatnonzero(stored > allowed)
        (ledger,) = await self.cluster.query(
            "SELECT count(*) AS spools, sum(rewound) AS rewound, sum(forked) AS forked, sum(dead_letters) AS dead FROM logmesh.spools"
        )
        for name, count in self.counts.most_common():
            print(f"{count:5} {name}")
        print(
            f"{self.lines:,} lines, {len(self.limbo):,} of them gone with a machine before they were known to be stored"
            f" ({int((stored[self.limbo] > 0).sum()):,} are)"
        )
        print(
            f"{int((stored - 1).clip(0).sum()):,} read again after a machine was put back, of at most {len(self.read_again):,}"
        )
        print(
            f"{int((aside > 0).sum()):,} set aside and named, {int(((aside > 0) & (stored == 0)).sum()):,} of them not stored"
        )
        print("ledger: " + ", ".join(f"{key} {value}" for key, value in ledger.items()))
        print(
            f"{await self._server()}: lost {len(lost)} {lost[:5].tolist()} · stored twice {len(twice)} {twice[:5].tolist()}"
        )
        return not len(lost) and not len(twice)

    def _write(self, count: int, name: str = "") -> None:
        name = name or self.choice.choice(self.cluster.producer_names)
        numbers = range(self.lines, self.lines + count)
        with self._log(name).open("a", encoding="utf-8") as file:
            file.writelines(LINE.format(number) for number in numbers)
        self.written[name] += numbers
        self.lines += count

    async def _until_stored(self) -> None:
        """Wait until all that was written is stored, while nothing fails."""
        self.cluster.lines = self.lines
        await asyncio.to_thread(lambda: asyncio.run(self.cluster.wait_until_stored(STORED_SECONDS)))

    async def _stored(self) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
        """By line, how often it is stored."""
        return np.bincount([int(body[5:14]) for body in await self.cluster.bodies()], minlength=self.lines)

    def _set_aside(self) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
        """By line, how often a producer has set it aside."""
        bodies = (body for name in self.cluster.producer_names for body in bodies_set_aside(self._spool(name)))
        return np.bincount([int(body.split()[1]) for body in bodies], minlength=self.lines)

    async def _server(self) -> str:
        """The flavour of the schema, and the releases that it was on."""
        applied = await self.cluster.query("SELECT name FROM logmesh.migrations")
        (releases,) = await self.cluster.query(
            "SELECT current_setting('server_version') AS postgresql,"
            " (SELECT extversion FROM pg_extension WHERE extname = 'timescaledb') AS timescaledb"
        )
        if self.cluster.lake:
            (kept,) = await self.cluster.query(
                "SELECT count(*) AS files, max(level) AS level FROM logmesh.files WHERE dead_xid IS NULL"
            )
            return f"lake of {kept['files']} files, up to level {kept['level']}, PostgreSQL {releases['postgresql']}"
        if flavour_of(row["name"] for row in applied) == "timescaledb":
            return f"TimescaleDB {releases['timescaledb']} on PostgreSQL {releases['postgresql']}"
        return f"PostgreSQL {releases['postgresql']}"

    async def _kill_processor(self) -> bool:
        name = self.choice.choice(self.cluster.names)
        self.cluster.kill(name)
        self.cluster.start_processor(name)
        return True

    async def _kill_producer(self) -> bool:
        name = self.choice.choice(self.cluster.producer_names)
        self.cluster.kill(name)
        self.cluster.start_producer(name)
        return True

    async def _crash_postgres(self) -> bool:
        self.cluster.kill_postgres()
        return True

    async def _kill_all(self) -> bool:
        for name in list(self.cluster.running):
            self.cluster.kill(name)
        self.cluster.kill_postgres()
        self.cluster.start()
        return True

    async def _pause_processor(self) -> bool:
        return await self._pause(self.choice.choice(self.cluster.names))

    async def _kill_keeper(self) -> bool:
        self.cluster.kill(KEEPER)
        self.cluster.start_keeper()
        return True

    async def _pause_keeper(self) -> bool:
        return await self._pause(KEEPER)

    async def _pause(self, name: str) -> bool:
        pid = self.cluster.running[name].pid
        os.kill(pid, signal.SIGSTOP)
        await asyncio.sleep(self.choice.uniform(0.5, 3))
        os.kill(pid, signal.SIGCONT)
        return True

    async def _cut_sessions(self) -> bool:
        await self._as_superuser("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'logmesh'")
        return True

    async def _lock_ledger(self) -> bool:
        connection = await asyncpg.connect(self.cluster.postgres.dsn("postgres", "logmesh"))
        async with connection.transaction():
            await connection.execute("SELECT FROM logmesh.spools FOR UPDATE")
            await asyncio.sleep(self.choice.uniform(0.5, 2))
        await connection.close()
        return True

    async def _read_only(self) -> bool:
        for state in ("on", "off"):
            await self._as_superuser(
                f"ALTER SYSTEM SET default_transaction_read_only = {state}", "SELECT pg_reload_conf()"
            )
            await asyncio.sleep(1.5)
        return True

    async def _save_database(self) -> bool:
        await self._as_superuser(
            "DROP DATABASE IF EXISTS saved",
            "ALTER DATABASE logmesh ALLOW_CONNECTIONS false",
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = 'logmesh'",
            "CREATE DATABASE saved OWNER logmesh_owner TEMPLATE logmesh",
        )
        if self.cluster.lake:  # which nobody tends just now
            shutil.rmtree(self._saved_lake, ignore_errors=True)
            command = ["cp", "-al", str(self.cluster.lake_folder), str(self._saved_lake)]
            subprocess.run(command, check=False)  # one that is half written may go meanwhile
        await self._as_superuser("ALTER DATABASE logmesh ALLOW_CONNECTIONS true")
        self._has_saved = True
        return True

    async def _restore_database(self) -> bool:
        """Unless a machine was put back since: what that had sent nobody could send again."""
        if not self._has_saved:
            return False
        await self._as_superuser("DROP DATABASE logmesh WITH (FORCE)")
        if self.cluster.lake:
            subprocess.run(["cp", "-aln", f"{self._saved_lake}/.", self.cluster.lake_folder], check=True)
        await self._as_superuser("ALTER DATABASE saved RENAME TO logmesh")
        self._has_saved = False
        return True

    async def _save_machine(self) -> bool:
        name = self.choice.choice(self.cluster.producer_names)
        self.cluster.kill(name)
        saved = self.folder / f"saved-{name}"
        copy_folder(self._spool(name), saved)
        self._machines[name] = Machine(saved, len(self.written[name]), bytes_read(saved, self._log(name)) // LINE_BYTES)
        self.cluster.start_producer(name, program=WOKEN)  # a copy of a running machine does not interrupt it
        return True

    async def _restore_machine(self) -> bool:
        if not self._machines:
            return False
        self.cluster.start_producer(await self._put_back())
        return True

    async def _restore_machine_offline(self) -> bool:
        """It appends to its spool before anybody tells what became of that since, in two runs."""
        if not self._machines:
            return False
        name = await self._put_back()
        for _ in range(2):
            self.cluster.start_producer(name, reaches_nobody=True)
            self._write(200, name)
            await asyncio.sleep(self.choice.uniform(0.5, 1))
            self.cluster.kill(name)
        self.cluster.start_producer(name)
        return True

    async def _wake_machine(self) -> bool:
        """It is not killed before it was told what became of its spool: then nobody could tell what it numbered meanwhile from what
        it numbered before."""
        if not self._machines:
            return False
        name = await self._put_back()
        before = self._streams_opened(name)
        self.cluster.start_producer(name, program=WOKEN)

        async def is_told() -> bool:
            return self._streams_opened(name) > before

        await until(is_told, STORED_SECONDS)
        return True

    async def _convert(self) -> bool:
        """As the extension's policy does with chunks of some hours ago."""
        await self._as_superuser(
            "SELECT compress_chunk(chunk) FROM show_chunks('logmesh.logs') AS chunk", database="logmesh"
        )
        return True

    def _streams_opened(self, name: str) -> int:
        return self.cluster.output(name).count("stream_open")

    async def _put_back(self) -> str:
        """Put the machine of some producer back as it was copied, and return its name. It is not started."""
        name = self.choice.choice(list(self._machines))
        machine = self._machines[name]
        gone = self.written[name][machine.lines :]
        self.cluster.kill(name)
        stored = await self._stored()
        self.certain += [line for line in gone if stored[line]]
        self.limbo += [line for line in gone if not stored[line]]
        del self.written[name][machine.lines :]
        self.read_again += self.written[name][machine.read :]
        os.truncate(self._log(name), machine.lines * LINE_BYTES)
        copy_folder(machine.spool, self._spool(name))
        self._has_saved = False
        return name

    @property
    def _saved_lake(self) -> Path:
        return self.folder / "saved-lake"

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def _spool(self, name: str) -> Path:
        return self.folder / name.replace("log-producer", "spool")

    async def _as_superuser(self, *statements: str, database: str = "postgres") -> None:
        connection = await asyncpg.connect(self.cluster.postgres.dsn("postgres", database))
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()


def main() -> int:
    """Run a campaign; 0 when nothing was lost or stored twice."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=100, help="faults to draw (default 100)")
    parser.add_argument("--minutes", type=float, default=math.inf, help="end the draw after these (default: never)")
    parser.add_argument("--lines", type=int, default=2_000, help="lines written around each (default 2,000)")
    parser.add_argument("--seed", type=int, default=1, help="of the draw (default 1)")
    parser.add_argument("--processors", type=int, default=2)
    parser.add_argument("--producers", type=int, default=2)
    parser.add_argument(
        "--timescaledb",
        type=Path,
        metavar="FOLDER",
        help="run on this PostgreSQL, which has TimescaleDB (default: none)",
    )
    parser.add_argument("--store", choices=("rows", "lake"), default="rows", help="where records go (default rows)")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="logmesh-campaign-"))
    cluster = Cluster(
        folder, options.processors, options.producers, timescaledb=options.timescaledb, lake=options.store == "lake"
    )
    campaign = Campaign(cluster, options.seed)
    print(f"logs of all processes: {folder}", flush=True)
    passed = False
    try:
        asyncio.run(campaign.run(options.events, options.lines, options.minutes))
        passed = asyncio.run(campaign.check())
    finally:
        campaign.cluster.stop()
        if passed:
            shutil.rmtree(folder)
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
