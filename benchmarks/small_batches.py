"""Measures what a small batch costs between the log and the ledger, in CPU time: many spools, two records a batch.

make bench-small ARGS="--spools 1000"
"""

import argparse
import asyncio
import tempfile
import time
import uuid
from collections import defaultdict
from pathlib import Path

import asyncpg
import psutil

from benchmarks.load import encode
from logmesh.cli.local.ports import free_port
from logmesh.cli.local.postgres import Postgres
from logmesh.journal import Journal
from logmesh.processor.entries import Moment
from logmesh.processor.frame import Header, Unwritten, encode_header
from logmesh.processor.writer.flush import flush
from logmesh.processor.writer.opened import read_back
from logmesh.processor.writer.prepare import prepare
from logmesh.processor.writer.resolve import Numbers
from logmesh.processor.writer.sort import Branches
from logmesh.record.packed import pack_times
from logmesh.runtime.memory import collect_seldom
from logmesh.storage.ledger import SpoolKey
from logmesh.storage.migrate import migrate
from logmesh.storage.postgres import connect_writer
from logmesh.v1.record_pb2 import LogColumns, Origin


async def measure(postgres: Postgres, journal: Journal, spools: int, records: int, rounds: int) -> None:
    """Print microseconds a batch for each step; a round more, the first, makes the spools and is not counted."""
    owner = await asyncpg.connect(postgres.dsn("logmesh_owner"))
    await migrate(owner)
    await owner.close()
    connection = await connect_writer(postgres.dsn("logmesh_writer", over_socket=True), application="bench")
    keys = [SpoolKey("default", str(uuid.uuid4())) for _ in range(spools)]
    numbers = Numbers()
    backend = psutil.Process(connection.get_server_pid())
    taken: defaultdict[str, float] = defaultdict(float)
    for seq in range(1, rounds + 2):
        batches = []
        for at, key in enumerate(keys):
            header = Header(key, seq, records, "bench", "bench", time.time_ns())
            batches.append((header, encode(seq, records, _payload(at, records))))
        refs = journal.append([(encode_header(header), raw) for header, raw in batches])
        times = [time.process_time()]
        reading = read_back(journal, [Unwritten(header, ref) for (header, _), ref in zip(batches, refs, strict=True)])
        times.append(time.process_time())
        await numbers.resolve(connection.fetch, reading.opened)
        times.append(time.process_time())
        prepared = prepare(reading.opened, Moment(time.time_ns()), with_traces=False)
        times.append(time.process_time())
        flushed = await flush(connection, prepared, Branches())
        times.append(time.process_time())
        assert sum(batch.rows for batch in flushed.stored) == spools * records
        journal.release(refs)
        if seq == 1:
            server_began = sum(backend.cpu_times()[:2])
            continue
        for name, before, after in zip(("read", "resolve", "prepare", "flush"), times, times[1:], strict=False):
            taken[name] += after - before
    taken["flush, in PostgreSQL"] = sum(backend.cpu_times()[:2]) - server_began
    await connection.close()
    print(f"{spools} spools, {records} records a batch: CPU microseconds a batch, mean of {rounds} rounds")
    for name, seconds in (*taken.items(), ("all", sum(taken.values()))):
        print(f"  {name:22} {seconds / spools / rounds * 1e6:6.1f}")


def _payload(producer: int, records: int) -> bytes:
    now = time.time_ns()
    return LogColumns(
        origins=[Origin(service_name=b"service-%d" % (producer % 8), service_instance_id=b"pod-%d" % producer)],
        times_unix_nano=pack_times([now + at for at in range(records)]),
        observed_time_unix_nano=now,
        severity_numbers=bytes([9]) * records,
        bodies=[(b"request %d of %d answered with 200 " % (at, producer)).ljust(200, b"x") for at in range(records)],
        attributes=[b'{"user_id":"%d","path":"/cart/checkout","method":"GET"}' % at for at in range(records)],
    ).SerializeToString()


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spools", type=int, default=1_000)
    parser.add_argument("--records", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    collect_seldom()  # as a processor does
    with tempfile.TemporaryDirectory() as folder:
        postgres = Postgres(Path(folder) / "postgres", port=free_port())
        postgres.start()
        try:
            with Journal.open(Path(folder) / "log", segment_bytes=32 << 20, max_bytes=1 << 30) as journal:
                asyncio.run(measure(postgres, journal, options.spools, options.records, options.rounds))
        finally:
            postgres.stop("immediate")


if __name__ == "__main__":
    main()
