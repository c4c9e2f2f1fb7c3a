"""Measures what a record costs on its way into a file of the lake, in CPU time by step, and how many bytes it takes there; then whole
flushes, with what they cost PostgreSQL, and a merge of their files.

make bench-lake ARGS="--batch 20"
"""

import argparse
import asyncio
import statistics
import tempfile
import time
import uuid
from collections import defaultdict
from itertools import chain, islice
from pathlib import Path

import asyncpg
import psutil

from benchmarks.load import encode
from benchmarks.varied import SPACING_NANO, Varied
from logmesh.cli.local.ports import free_port
from logmesh.cli.local.postgres import Postgres
from logmesh.journal import FrameRef
from logmesh.lake.tending.merge import merge
from logmesh.lake.writing.attributes import formed_origin, one_form
from logmesh.lake.writing.columns import Checked, Clock, Columns
from logmesh.lake.writing.file import Footer, write_file
from logmesh.processor.entries import Moment, check_entries
from logmesh.processor.frame import Header, Unwritten, encode_header
from logmesh.processor.payload import decode_payload
from logmesh.processor.writer.lake import Lake
from logmesh.processor.writer.opened import open_batch
from logmesh.processor.writer.resolve import Numbers
from logmesh.processor.writer.sort import Branches
from logmesh.runtime.memory import collect_seldom
from logmesh.storage.ledger import SpoolKey
from logmesh.storage.migrate import migrate
from logmesh.storage.postgres import connect_writer

_SPOOLS = 10
_BEGAN = time.time_ns() - 86_400 * 10**9 // 2  # half a day has room for all that is made here


class Steps:
    """CPU time of this process by step, a list of runs each."""

    def __init__(self) -> None:
        self.taken: defaultdict[str, list[float]] = defaultdict(list)
        self._began = 0.0

    def begin(self) -> None:
        """A run."""
        self._began = time.process_time()

    def done(self, step: str) -> None:
        """What came since `begin` or the last step was this one."""
        now = time.process_time()
        self.taken[step].append(now - self._began)
        self._began = now


def measure(folder: Path, batch: int, rows: int, runs: int) -> None:
    """Print medians of `runs` files of `rows` records, from batches of `batch` each."""
    varied, steps, sizes = Varied(batch), Steps(), []
    keys = [SpoolKey("default", str(uuid.uuid4())) for _ in range(_SPOOLS)]
    headers = [Header(key, 1, batch, "bench", "bench", time.time_ns()) for key in keys]
    for run in range(runs + 1):  # the first one touches memory for the first time
        now = time.time_ns()
        group = [encode(1, batch, varied.next(now).SerializeToString()) for _ in range(rows // batch)]
        if run == 1:
            steps.taken.clear()
        steps.begin()
        payloads = [decode_payload(raw, headers[at % _SPOOLS]) for at, raw in enumerate(group)]
        steps.done("decode")
        kept = [check_entries(payload)[0] for payload in payloads]
        steps.done("check texts")
        formed, bad, _ = one_form(list(chain.from_iterable([each.attributes for each in kept])))
        assert not bad
        texts = iter(formed)
        for each in kept:
            each.attributes = list(islice(texts, len(each.attributes)))
        steps.done("check JSON")
        batches = [
            Checked(
                "default",
                at % _SPOOLS,
                1 + at // _SPOOLS,
                now,
                list(map(formed_origin, payload.columns.origins)),
                payload.origin_of,
                each,
            )
            for at, (payload, each) in enumerate(zip(payloads, kept, strict=True))
        ]
        columns = Columns(batches, Clock(now + 3_600 * 10**9))
        (order,) = columns.row_groups()
        steps.done("times, origins, order")
        table = columns.table(order)
        steps.done("Arrow")
        written = write_file(folder / f"{run}.parquet", [table], Footer("default", "bench"), rows // 20)
        steps.done("Parquet, written, synchronised")
        sizes.append(written.size)
    print(f"{rows} records a file, {batch} a batch: CPU microseconds a record, median of {runs} files")
    medians = {step: statistics.median(taken) / rows * 1e6 for step, taken in steps.taken.items()}
    for step, microseconds in (*medians.items(), ("all", sum(medians.values()))):
        print(f"  {step:32} {microseconds:6.2f}")
    print(f"  bytes a record                   {statistics.median(sizes) / rows:6.1f}")


async def measure_flushes(postgres: Postgres, folder: Path, batch: int, rows: int, runs: int) -> None:
    """Print what a flush of `rows` records costs from the log's bytes to the commit."""
    owner = await asyncpg.connect(postgres.dsn("logmesh_owner"))
    await migrate(owner)
    connection = await connect_writer(postgres.dsn("logmesh_writer", over_socket=True), application="bench")
    lake, numbers, varied = Lake(folder, "bench"), Numbers(), Varied(batch)
    backend = psutil.Process(connection.get_server_pid())
    keys = [SpoolKey("default", str(uuid.uuid4())) for _ in range(_SPOOLS)]
    steps, server_began, stored = Steps(), 0.0, 0
    for run in range(runs + 1):  # the first one makes spools, and touches memory for the first time
        batches = rows // batch
        spooled = -(-batches // _SPOOLS)  # a flush, and a spool
        frames = [_frame(keys[at % _SPOOLS], run * spooled + at // _SPOOLS, varied) for at in range(batches)]
        if run == 1:
            steps.taken.clear()
            server_began, stored = sum(backend.cpu_times()[:2]), 0
        steps.begin()
        opened = [open_batch(unwritten, frame) for unwritten, frame in frames]
        steps.done("read")
        await numbers.resolve(connection.fetch, opened, origins=False)
        steps.done("resolve")
        prepared = lake.prepare(opened, Moment(time.time_ns()), strict=False, refused=None)
        steps.done("prepare")
        flushed = await lake.flush(connection, prepared, Branches())
        steps.done("flush")
        stored += sum(each.rows for each in flushed.stored)
    assert stored == runs * rows
    server = (sum(backend.cpu_times()[:2]) - server_began) / runs
    await connection.close()
    lake.close()
    print(f"a flush of {rows} records, {batch} a batch, {_SPOOLS} spools: CPU microseconds a record, mean of {runs}")
    means = {step: sum(taken) / runs / rows * 1e6 for step, taken in steps.taken.items()}
    means["in PostgreSQL"] = server / rows * 1e6
    for step, microseconds in (*means.items(), ("all", sum(means.values()))):
        print(f"  {step:32} {microseconds:6.2f}")
    began = time.process_time()
    if merged := await merge(owner, folder, "bench"):
        microseconds = (time.process_time() - began) / merged.rows * 1e6
        size = await owner.fetchval("SELECT bytes FROM logmesh.files WHERE file = $1", merged.file)
        print(f"{len(merged.sources)} files merged, {merged.rows} records: CPU microseconds a record, and bytes there")
        print(
            f"  read, written, proved            {microseconds:6.2f}\n  bytes a record                   {size / merged.rows:6.1f}"
        )
    await owner.close()


def _frame(key: SpoolKey, seq: int, varied: Varied) -> tuple[Unwritten, bytes]:
    """Batch `seq` of a spool, whose records go on where those of the one before ended."""
    at = _BEGAN + seq * varied.records * SPACING_NANO
    header = Header(key, seq + 1, varied.records, "bench", "bench", time.time_ns())
    frame = encode_header(header) + encode(seq + 1, varied.records, varied.next(at).SerializeToString())
    return Unwritten(header, FrameRef(0, seq, len(frame))), frame


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch", type=int, default=1_000)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=20)
    options = parser.parse_args()
    collect_seldom()  # as a processor does
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), options.batch, options.rows, options.runs)
        postgres = Postgres(Path(folder) / "postgres", port=free_port())
        postgres.start()
        try:
            asyncio.run(measure_flushes(postgres, Path(folder) / "lake", options.batch, options.rows, options.runs))
        finally:
            postgres.stop("immediate")


if __name__ == "__main__":
    main()
