"""What questions read of the catalog: what they need, some at a time, and no more than that of what is kept."""

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from tests.conftest import Database
from tests.integration.lake.written import Lake as Written

from logmesh.filters import compile_predicate, parse_filter
from logmesh.lake.reading.workers import Workers
from logmesh.lake.store import catalog
from logmesh.lake.store.asking import Lake
from logmesh.lake.store.catalog import Catalog
from logmesh.lake.store.store import LakeStore
from logmesh.rows.reader import Reader
from logmesh.storage.postgres import open_pool
from logmesh.store.order import Cursor, Window
from logmesh.store.time_range import TimeRange
from logmesh.v1.record_pb2 import LogRecord

SECOND = 10**9
START = 1_700_000_000 * SECOND
FILES, ROWS = 24, 12
ALL = TimeRange(0, START + FILES * ROWS * SECOND)
WORDS = ["quokka", "wombat", "bilby", "numbat", "potoroo", "dunnart"]


@dataclass
class Fetched:
    """Bytes of each statement that read some, by what it read."""

    counts: list[int] = field(default_factory=list)
    traces: list[int] = field(default_factory=list)
    trigrams: list[int] = field(default_factory=list)


class Asked:
    """A store over files that were merged, or look so, but for each fourth one; what they have of indexes, and what is fetched of
    these."""

    def __init__(self, pool: asyncpg.Pool, root: Path, workers: Workers) -> None:
        self._pool, self._root, self._workers = pool, root, workers
        self.records = list(map(_record, range(FILES * ROWS)))
        self.sizes: dict[str, list[int]] = {}
        self.open()

    def open(self) -> None:
        """As a gateway that has just started."""
        self._store = LakeStore(Lake(Reader(self._pool), Catalog(self._root), self._workers))

    async def answer(self, monkeypatch: pytest.MonkeyPatch, text: str) -> Fetched:
        """What is fetched for one search. It finds what a look at each record does."""
        fetch, fetched = asyncpg.Connection.fetch, Fetched()

        async def watched(connection: asyncpg.Connection, *arguments: Any, **limits: Any) -> list[Any]:
            rows: list[Any] = await fetch(connection, *arguments, **limits)
            for name in ("counts", "traces", "trigrams"):
                values = [row[name] for row in rows if isinstance(row.get(name), bytes)]
                if values:
                    getattr(fetched, name).append(sum(map(len, values)))
            return rows

        window = Window(0, Cursor(ALL.end_unix_nano))
        with monkeypatch.context() as patch:
            patch.setattr(asyncpg.Connection, "fetch", watched)
            async with aclosing(self._store.search("default", parse_filter(text), window, 1_000, seconds=60)) as parts:
                found = [one.body async for part in parts for one in part.records()]
        holds = compile_predicate(parse_filter(text))
        assert found == [one.body for one in reversed(self.records) if holds(one)]
        return fetched


def _record(at: int) -> LogRecord:
    file = at // ROWS
    body = f"{WORDS[file % 6]} {' '.join(WORDS[at % 5 :])} of {at}"
    made = LogRecord(time_unix_nano=START + at * SECOND, severity_number=9, body=body)  # type: ignore[arg-type]
    made.resource.service_name = f"s{file}"
    made.trace_id = bytes([1 + at % 3, file]) * 8
    return made


@pytest.fixture
async def asked(database: Database, tmp_path: Path) -> AsyncIterator[Asked]:
    pool, workers = await open_pool(database.reader_dsn, application="test", size=2), Workers(tmp_path, wait_seconds=60)
    asked, written = Asked(pool, tmp_path, workers), Written(database, tmp_path)
    for file in range(FILES):
        rows: Sequence[int] = range(file * ROWS, (file + 1) * ROWS)
        await written.put_file([asked.records[at] for at in rows], rows, keys=[("user", "text")] if file % 4 else [])
    owner = await asyncpg.connect(database.owner_dsn)
    for index in ("counts", "traces", "trigrams"):
        sizes = await owner.fetch(f"SELECT length({index}) FROM logmesh.files ORDER BY file")
        asked.sizes[index] = [size or 0 for (size,) in sizes]
    await owner.close()
    yield asked
    await workers.close()
    pool.terminate()


async def test_what_asks_for_no_text_and_no_trace_reads_no_index(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two letters are no text that an index knows."""
    for text in ("", "severity >= INFO", "NOT bilby", "of", "wombat OR service = s3", "instance = a"):
        asked.open()
        assert await asked.answer(monkeypatch, text) == Fetched(counts=[sum(asked.sizes["counts"])])
        assert await asked.answer(monkeypatch, text) == Fetched(), "all of it is kept"


async def test_each_kind_of_index_is_read_for_questions_that_need_it_and_of_files_that_are_left(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace, counts, traces, trigrams = bytes([2, 7]) * 8, *map(asked.sizes.__getitem__, ("counts", "traces", "trigrams"))
    assert await asked.answer(monkeypatch, "bilby service = s6") == Fetched([sum(counts)], [], [trigrams[6]])
    rest = sum(trigrams) - trigrams[6]
    assert await asked.answer(monkeypatch, '"bilby of"') == Fetched([], [], [rest])
    assert await asked.answer(monkeypatch, "nowhere") == Fetched(), "all of it is kept"
    assert await asked.answer(monkeypatch, f"trace_id = {trace.hex()} nowhere") == Fetched([], [sum(traces)], [])
    asked.open()
    fetched = await asked.answer(monkeypatch, f"trace_id = {trace.hex()} quokka")
    assert fetched.traces == [sum(traces)] and sum(fetched.trigrams) < sum(trigrams) / 2, "of files that may have it"


@pytest.mark.parametrize(("text", "index"), [("wombat", "trigrams"), (f"trace_id = {'0207' * 8}", "traces")])
async def test_of_more_than_is_kept_some_is_read_at_a_time_and_what_is_kept_is_not_read_again(
    asked: Asked, monkeypatch: pytest.MonkeyPatch, text: str, index: str
) -> None:
    sizes = asked.sizes[index]
    most, at_once = sum(sizes) // 2, 3 * max(sizes)
    monkeypatch.setattr(catalog, "_MOST_BYTES", most)
    monkeypatch.setattr(catalog, "_BYTES_AT_ONCE", at_once)
    monkeypatch.setattr(catalog, "_FILES_AT_ONCE", 10)
    asked.open()
    fetched = await asked.answer(monkeypatch, text)
    assert len(fetched.counts) == 3
    first = getattr(fetched, index)
    assert sum(first) == sum(sizes) and max(first) <= at_once and len(first) >= FILES // 4 // 3
    for _ in range(2):
        again = getattr(await asked.answer(monkeypatch, text), index)
        assert sum(sizes) - most <= sum(again) < sum(sizes) - most + max(sizes) and max(again) <= at_once
