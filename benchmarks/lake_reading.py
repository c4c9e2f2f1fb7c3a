"""Measures what questions to the lake cost, in CPU time of whoever asks, of the processes that read files, and of PostgreSQL.

make bench-lake-queries ARGS="--files 1"

A day of records is flushed as a processor flushes it, and with `--files` merged into so many. All is in the page cache.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import psutil

from benchmarks.filling import fill_store
from benchmarks.varied import Varied
from logmesh.cli.local.ports import free_port
from logmesh.cli.local.postgres import Postgres
from logmesh.filters import parse_field, parse_filter
from logmesh.filters.fields import LEVELS
from logmesh.gateway.figures.buckets import choose_buckets
from logmesh.lake.reading.workers import Workers
from logmesh.lake.store.asking import Lake
from logmesh.lake.store.catalog import Catalog
from logmesh.lake.store.store import LakeStore
from logmesh.lake.tending.merge import merge
from logmesh.lake.tending.sweep import sweep
from logmesh.processor.writer.lake import Lake as Writing
from logmesh.rows.reader import Reader
from logmesh.storage.postgres import open_pool
from logmesh.store.order import Cursor, Window
from logmesh.store.time_range import TimeRange

_BATCH = 1_000
_SECONDS = 60.0
_RARE = "quokka"
_NOBODY = "default"


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument(
        "--files", type=int, default=0, help="merge them into so many files; 0: leave those of the flushes"
    )
    parser.add_argument("--repeats", type=int, default=15)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="logmesh-bench-") as folder:
        Path(folder).chmod(0o755)  # PostgreSQL may run as another user
        postgres = Postgres(Path(folder) / "postgres", port=free_port())
        postgres.start()
        try:
            asyncio.run(_run(postgres, Path(folder) / "lake", options))
        finally:
            postgres.stop("immediate")


async def _run(postgres: Postgres, root: Path, options: argparse.Namespace) -> None:
    varied = Varied(_BATCH)
    writing = Writing(root, "bench")
    began = time.process_time()
    start, end = await fill_store(postgres, options.records, partial(_batch, varied), writing)
    writing.close()
    print(f"{options.records:,} records stored in {time.process_time() - began:.1f} s of CPU, their making included")
    if options.files:
        await _merge(postgres, root, options.files)
    files = _files(root)
    size = sum(file.stat().st_size for file in files)
    print(f"{len(files)} files, {size / options.records:.1f} bytes a record")
    pool = await open_pool(postgres.dsn("logmesh_reader"), application="bench", size=2)
    workers = Workers(root)
    store = LakeStore(Lake(Reader(pool), Catalog(root), workers))
    # The last batch's times go beyond the day.
    await Questions(store, workers, postgres, TimeRange(start, end + 3600 * 10**9), options.repeats).ask_all()
    await workers.close()
    pool.terminate()


def _batch(varied: Varied, number: int, at_unix_nano: int) -> bytes:
    """The next batch; of 150 one has a record with a word of its own."""
    columns = varied.next(at_unix_nano)
    if number % 150 == 75:
        columns.bodies[0] += f" {_RARE}".encode()
    return columns.SerializeToString()


def _files(root: Path) -> list[Path]:
    return list(root.rglob("*.parquet"))


async def _merge(postgres: Postgres, root: Path, count: int) -> None:
    """As the lake is tended; a rest stays as it is."""
    owner = await asyncpg.connect(postgres.dsn("logmesh_owner"))
    together, began = len(_files(root)) // count, time.process_time()
    while merged := await merge(owner, root, "bench", files=together, most_bytes=1 << 40):
        print(f"{merged.rows:,} records merged in {time.process_time() - began:.1f} s of CPU")
    await sweep(owner, root, dead_seconds=0)
    await owner.close()


class Questions:
    """Asks each question again and again, and prints medians of its wall time and of CPU time by process."""

    def __init__(self, store: LakeStore, workers: Workers, postgres: Postgres, span: TimeRange, repeats: int) -> None:
        assert postgres.process is not None
        self._store, self._workers, self._span, self._repeats = store, workers, span, repeats
        self._postgres, self._me = psutil.Process(postgres.process.pid), psutil.Process()

    async def ask_all(self) -> None:
        """Print a line each."""
        newest = await self._search("", 1)
        traced = await self._search("trace_id:*", 1)
        body = newest[0].body.split()
        phrase, rare, service = " ".join(body[2:5]), body[-1], newest[0].resource.service_name
        trace = traced[0].trace_id
        print(f"{'question':<52}{'wall':>8}{'asker':>8}{'workers':>9}{'database':>9}{'CPU':>8}   ms")
        await self._measure("count of a phrase, any case", lambda: self._count(f'body:"{phrase}"', 24))
        await self._measure("count of a regex", lambda: self._count(rf'body =~ "{body[2]} .* in 9\\d* ms"', 24))
        await self._measure("histogram by minute and level", lambda: self._count("", 25 * 60))
        await self._measure("the same, of a service", lambda: self._count(f'service = "{service}"', 25 * 60))
        await self._measure("top 10 of an attribute", lambda: self._top("attributes.route"))
        await self._measure("top 10 of an attribute of 50,000 values", lambda: self._top("attributes.user_id"))
        await self._measure("top 10 of services", lambda: self._top("service"))
        await self._measure("count where an attribute = a number", lambda: self._count("attributes.status = 503", 1))
        await self._measure(
            "count where an attribute > a number", lambda: self._count("attributes.duration_ms > 200", 1)
        )
        await self._measure("count where an attribute = a text", lambda: self._count('attributes.user_id = "u421"', 1))
        await self._measure("trace by id", lambda: self._trace(trace))
        await self._measure("last 100", lambda: self._search("", 100))
        await self._measure(
            "last 100 of a service's warnings", lambda: self._search(f'service = "{service}" severity >= WARNING', 100)
        )
        await self._measure("newest 100 of a rare number", lambda: self._search(f'"{rare}"', 100))
        await self._measure("newest 100 of a rare word", lambda: self._search(f'"{_RARE}"', 100))
        await self._measure("newest 100 of a text that is nowhere", lambda: self._search('"nowhere"', 100))
        await self._measure("first row of a phrase", lambda: self._first(f'"{phrase}"'))

    async def _search(self, text: str, most: int) -> list[Any]:
        window = Window(self._span.start_unix_nano, Cursor(self._span.end_unix_nano))
        parts = self._store.search(_NOBODY, parse_filter(text), window, most, seconds=_SECONDS)
        async with aclosing(parts):
            return [record async for part in parts for record in part.records()]

    async def _first(self, text: str) -> int:
        window = Window(self._span.start_unix_nano, Cursor(self._span.end_unix_nano))
        parts = self._store.search(_NOBODY, parse_filter(text), window, 100, seconds=_SECONDS)
        async with aclosing(parts):
            async for part in parts:
                if len(part):
                    return len(part)
        return 0

    async def _count(self, text: str, buckets: int) -> int:
        of = choose_buckets(self._span, buckets)
        counted = await self._store.count_keys(
            _NOBODY, parse_filter(text), self._span, of, parse_field("level"), LEVELS, seconds=_SECONDS
        )
        return sum(one.records for one in counted)

    async def _top(self, field: str) -> int:
        (found,) = await self._store.facets(
            _NOBODY, parse_filter(""), self._span, [parse_field(field)], 10, newest=None, seconds=_SECONDS
        )
        return sum(records for _, records in found.values)

    async def _trace(self, trace: bytes) -> int:
        return len(await self._store.trace(_NOBODY, trace, self._span, 1_000, max_bytes=1 << 24, seconds=_SECONDS))

    async def _measure(self, name: str, ask: Callable[[], Awaitable[Any]]) -> None:
        for _ in range(2):
            answer = await ask()
        walls: list[float] = []
        before = self._spent()
        for _ in range(self._repeats):
            began = time.monotonic()
            await ask()
            walls.append(time.monotonic() - began)
        spent = [(now - was) * 1_000 / self._repeats for now, was in zip(self._spent(), before, strict=True)]
        count = answer if isinstance(answer, int) else len(answer)
        parts = "".join(f"{one:>{width}.1f}" for one, width in zip(spent, (8, 9, 9), strict=True))
        print(
            f"{name} ({count:,})".ljust(52) + f"{statistics.median(walls) * 1_000:>8.1f}{parts}{sum(spent):>8.1f}",
            flush=True,
        )

    def _spent(self) -> tuple[float, float, float]:
        """CPU seconds so far: of this process, of the readers, of PostgreSQL."""
        return (
            _cpu(self._me),
            sum(_cpu(psutil.Process(pid)) for pid in self._workers.idle),
            sum(_cpu(one) for one in (self._postgres, *self._postgres.children())),
        )


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


if __name__ == "__main__":
    main()
