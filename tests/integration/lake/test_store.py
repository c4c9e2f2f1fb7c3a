"""The lake while its records move, and where files are not what they were; what any store promises is in `tests/contract/store`."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from itertools import count, product
from pathlib import Path
from typing import Any

import asyncpg
import pyarrow as pa
import pytest
from tests.conftest import Database
from tests.integration.lake.written import Lake as WrittenLake

from logmesh.filters import compile_predicate, parse_filter
from logmesh.filters.fields import LEVELS, parse_field
from logmesh.lake.reading.statement import Statement
from logmesh.lake.reading.workers import Workers
from logmesh.lake.store import matches
from logmesh.lake.store.asking import MOST_PLANS, Lake
from logmesh.lake.store.catalog import Catalog
from logmesh.lake.store.store import LakeStore
from logmesh.lake.tending.merge import merge
from logmesh.live.offer import Span
from logmesh.rows.reader import Reader
from logmesh.rows.records import to_timestamp
from logmesh.storage.postgres import open_pool
from logmesh.store.counts import Buckets
from logmesh.store.errors import Broken, TooSlow
from logmesh.store.flushes import Flush, StoredAt
from logmesh.store.order import Cursor, Window
from logmesh.store.time_range import TimeRange
from logmesh.v1.record_pb2 import LogRecord

SECOND = 10**9
MINUTE = 60 * SECOND
START = 1_700_000_000 * SECOND
ALL = TimeRange(0, START + 10_000 * SECOND)
CUT = TimeRange(START + SECOND, START + 9 * SECOND)
"""Within a minute."""
RECORDS = 240
READS = 25
TRACE = bytes(range(1, 17))


def record(at: int) -> LogRecord:
    made = LogRecord(time_unix_nano=START + at * SECOND, severity_number=9, body=f"line {at}")  # type: ignore[arg-type]
    made.resource.service_name = f"s{at % 3}"
    return made


@dataclass
class Opened:
    written: WrittenLake
    store: LakeStore


@pytest.fixture
async def opened(database: Database, tmp_path: Path) -> AsyncIterator[Opened]:
    pool = await open_pool(database.reader_dsn, application="test", size=2)
    workers = Workers(tmp_path, wait_seconds=60)
    yield Opened(WrittenLake(database, tmp_path), LakeStore(Lake(Reader(pool), Catalog(tmp_path), workers)))
    await workers.close()
    pool.terminate()


async def found(store: LakeStore, text: str = "") -> list[str]:
    window = Window(0, Cursor(ALL.end_unix_nano))
    async with aclosing(store.search("default", parse_filter(text), window, 10_000, seconds=60)) as parts:
        return [one.body async for part in parts for one in part.records()]


async def test_a_reader_without_pause_is_never_wrong_while_rows_become_files_and_files_are_merged(
    opened: Opened,
) -> None:
    """Files are deleted as soon as others have their records: no grace hides a plan that is out of date. Of those that one question is
    to read no more are deleted than it plans anew for."""
    records = [record(at) for at in range(RECORDS)]
    parts = [list(range(begin, begin + 20)) for begin in range(0, RECORDS, 20)]
    files = [(await opened.written.put_file([records[at] for at in part], part), part) for part in parts[:6]]
    for part in parts[6:]:
        await opened.written.put_rows([records[at] for at in part], part)
    enough, answered = asyncio.Event(), asyncio.Event()

    async def put(part: list[int], *, instead_of: Sequence[int] = (), rows: Sequence[int] = ()) -> None:
        made = await opened.written.put_file([records[at] for at in part], part, instead_of=instead_of, rows=rows)
        files.append((made, part))
        for old in instead_of:
            opened.written.path(old).unlink()

    async def move() -> None:
        for part in parts[6:]:
            await put(part, rows=part)
        for moved in count():
            if moved % (MOST_PLANS // 2) == 0:
                await answered.wait()
                answered.clear()
            if enough.is_set():
                return
            # At the end each file is written anew, again and again.
            merged = [files.pop(0) for _ in range(2 if len(files) > 3 else 1)]
            await put([at for _, part in merged for at in part], instead_of=[file for file, _ in merged])

    async def read() -> None:
        try:
            for reads in count():
                if reads >= READS and len(files) <= 3:  # until it has read beside every kind of change
                    break
                assert await opened.store.count_some("default", ALL, 10_000, seconds=60) == RECORDS
                answered.set()
                assert await found(opened.store) == [f"line {at}" for at in range(RECORDS - 1, -1, -1)]
                answered.set()
        finally:
            enough.set()
            answered.set()

    await asyncio.gather(move(), read())


async def test_a_damaged_file_is_told_and_the_others_answer(opened: Opened) -> None:
    old, new = [record(at) for at in range(10)], [record(at) for at in range(5_000, 5_010)]
    damaged = opened.written.path(await opened.written.put_file(old, range(10)))
    await opened.written.put_file(new, range(10, 20))
    content = bytearray(damaged.read_bytes())
    content[len(content) // 2] ^= 1
    damaged.write_bytes(content)
    with pytest.raises(Broken) as caught:
        await found(opened.store)
    assert str(damaged) in caught.value.detail and str(damaged) not in str(caught.value)
    recent = TimeRange(START + 4_000 * SECOND, ALL.end_unix_nano)
    assert await opened.store.count_some("default", recent, 100, seconds=60) == 10


async def test_a_number_that_is_given_out_again_is_another_file(opened: Opened, database: Database) -> None:
    """As by a database that was put back, while a gateway runs."""
    first = await opened.written.put_file([record(0)], [0])
    assert await found(opened.store, 'service = "s0"') == ["line 0"]
    owner = await asyncpg.connect(database.owner_dsn)
    await owner.execute(f"DELETE FROM logmesh.files; ALTER TABLE logmesh.pending ALTER file RESTART WITH {first}")
    await owner.close()
    opened.written.path(first).unlink()
    assert await opened.written.put_file([record(1)], [0]) == first
    assert await found(opened.store, 'service = "s1"') == ["line 1"]


async def test_no_file_is_opened_for_what_the_catalog_knows(opened: Opened) -> None:
    """Where the range cuts a minute of it, it is."""
    await opened.written.put_file([record(at) for at in range(90)], range(90))
    await opened.written.put_rows([record(at) for at in range(90, 100)], range(90, 100))
    last = await opened.written.put_file([record(at) for at in range(100, 200)], range(100, 200))
    opened.written.path(last).unlink()
    level, service = parse_field("level"), parse_field("service")
    whole = TimeRange(START, START + 160 * SECOND)  # it ends with a minute
    for span, right in ((whole, 160), (ALL, 200)):
        buckets = Buckets(START // MINUTE * MINUTE, MINUTE, 200, span)
        counted = await opened.store.count_keys(
            "default", parse_filter("severity = INFO"), span, buckets, level, LEVELS, seconds=60
        )
        assert sum(one.records for one in counted) == right
        (found,) = await opened.store.totals("default", [span], seconds=60)
        assert sum(one.records for one in found.values()) == right
        (values,) = await opened.store.facets("default", parse_filter(""), span, [service], 5, newest=None, seconds=60)
        assert values.counted == right
    assert await opened.store.count_some("default", ALL, 1_000, seconds=60) == 200
    for span, text in ((TimeRange(START, START + 161 * SECOND), ""), (ALL, "line"), (ALL, "instance = a")):
        with pytest.raises(Broken, match="is gone"):
            await opened.store.count_keys(
                "default", parse_filter(text), span, Buckets(START, MINUTE, 200, span), level, LEVELS, seconds=60
            )


class Slow(Workers):
    """Each statement takes more than half of a second."""

    async def fetch(self, statement: Statement) -> pa.Table:
        await asyncio.sleep(0.6)
        return await super().fetch(statement)


async def test_a_question_of_several_parts_has_its_time_once(
    opened: Opened, database: Database, tmp_path: Path
) -> None:
    """None of the parts takes as long as all may, and together they do."""
    await opened.written.put_file([record(at) for at in range(10)], range(10))
    pool, workers = await open_pool(database.reader_dsn, application="test", size=2), Slow(tmp_path)
    store, everything = LakeStore(Lake(Reader(pool), Catalog(tmp_path), workers)), parse_filter("")
    fields = [parse_field("attributes.user"), parse_field("attributes.route")]
    asked: Sequence[Callable[[float], Awaitable[object]]] = (
        lambda seconds: store.facets("default", everything, ALL, fields, 5, newest=None, seconds=seconds),
        lambda seconds: store.totals("default", [CUT, CUT], seconds=seconds),
        lambda seconds: store.keys("default", "", "", 5, span=ALL, newest=ALL, seconds=seconds),
    )
    for ask in asked:
        await ask(60)
        with pytest.raises(TooSlow):
            await ask(1)
    await workers.close()
    pool.terminate()


async def test_records_of_any_time_are_found_at_their_time(opened: Opened) -> None:
    years = [0, 1, 900_000_000 * SECOND, 4_000_000_000 * SECOND + 7]
    made = [LogRecord(time_unix_nano=time, body=str(time)) for time in years]
    await opened.written.put_file(made[::2], [0, 2])
    await opened.written.put_rows(made[1::2], [1, 3])
    for time in years:
        window = Window(time, Cursor(time + 1))
        async with aclosing(opened.store.search("default", parse_filter(""), window, 10, seconds=60)) as parts:
            assert [(one.time_unix_nano, one.body) async for part in parts for one in part.records()] == [
                (time, str(time))
            ]


async def test_what_takes_too_long_is_stopped_and_said(opened: Opened) -> None:
    await opened.written.put_file([record(at) for at in range(10)], range(10))
    with pytest.raises(TooSlow):
        await opened.store.facets(
            "default", parse_filter(""), ALL, [parse_field("service")], 10, newest=None, seconds=0.0001
        )
    assert len(await found(opened.store)) == 10


async def test_large_records_come_a_few_at_a_time_and_in_order(database: Database, tmp_path: Path) -> None:
    """Together they take more than a search holds, or a reading process: of a row group of a merged file, 16 MiB, it takes six times
    as much."""
    pool = await open_pool(database.reader_dsn, application="test", size=2)
    workers = Workers(tmp_path, memory_mib=128, wait_seconds=60)
    written = WrittenLake(database, tmp_path)
    store = LakeStore(Lake(Reader(pool), Catalog(tmp_path), workers))
    records = [record(at) for at in range(400)]
    for at, one in enumerate(records):
        one.body = f"{at} ".ljust(200_000, "x")
    rows = range(3, 400, 4)
    files = [at for at in range(400) if at not in rows]
    await written.put_rows([records[at] for at in rows], rows)
    for begin in range(0, len(files), 30):
        part = files[begin : begin + 30]
        await written.put_file([records[at] for at in part], part)
    window, shown = Window(0, Cursor(ALL.end_unix_nano)), list[int]()
    async with aclosing(store.search("default", parse_filter("xx"), window, 1_000, seconds=60)) as parts:
        async for found_part in parts:
            assert found_part.size < 6 << 20
            shown += [int(one.body.split()[0]) for one in found_part.records()]
    assert shown == list(range(399, -1, -1))
    faces = await store.bodies("default", parse_filter(""), ALL, 1_000, characters=5, seconds=60)
    assert [body.split()[0] for _, _, body in faces] == [str(at) for at in shown]
    owner = await asyncpg.connect(database.owner_dsn)
    assert await merge(owner, tmp_path, "test", files=10)
    await owner.close()
    assert [int(body.split()[0]) for body in await found(store, "xx")] == shown
    await workers.close()
    pool.terminate()


async def test_of_many_bodies_nothing_else_is_read(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    records = [record(at) for at in range(40)]
    for one in records:
        one.attributes["user"].string_value = "x" * 10_000
    await opened.written.put_rows(records[::2], range(0, 40, 2))
    await opened.written.put_file(records[1::2], range(1, 40, 2))
    fetch, run = asyncpg.Connection.fetch, Workers.run
    from_rows, from_files = list[int](), list[int]()

    async def watched_fetch(connection: asyncpg.Connection, *arguments: Any, **limits: Any) -> list[Any]:
        rows: list[Any] = await fetch(connection, *arguments, **limits)
        from_rows.extend(len(row["attributes"] or "") for row in rows if "attributes" in row)
        return rows

    async def watched_run(workers: Workers, statement: Statement) -> AsyncGenerator[pa.RecordBatch, None]:
        async for batch in run(workers, statement):
            from_files.append(batch.nbytes)
            yield batch

    monkeypatch.setattr(asyncpg.Connection, "fetch", watched_fetch)
    monkeypatch.setattr(Workers, "run", watched_run)
    node = parse_filter("attributes.user : xx")
    faces = await opened.store.bodies("default", node, ALL, 100, characters=5, seconds=60)
    assert [body for _, _, body in faces] == [f"line {at}"[:5] for at in range(39, -1, -1)]
    assert (len(from_rows), sum(from_rows)) == (20, 0)
    assert 0 < sum(from_files) < 10_000


async def test_a_trace_is_whole_whose_json_is_longer_than_its_records(opened: Opened) -> None:
    """A reading process hands on some two thousand at a time."""
    records = [record(at) for at in range(3_000)]
    for one in records:
        one.trace_id = TRACE
        one.attributes["control"].string_value = "\x01" * 300
    await opened.written.put_file(records, range(3_000))
    found = await opened.store.trace("default", TRACE, ALL, 10_000, max_bytes=2 << 20, seconds=60)
    assert [one.body for one in found] == [one.body for one in records]


@pytest.mark.parametrize("text", ["", "needle"])
async def test_files_of_many_kinds_are_read_some_at_a_time(opened: Opened, text: str) -> None:
    """Each has columns of its own, or but some rows that may have a text: one statement for all of them takes too much memory."""
    records = [record(at) for at in range(960)]
    for at, one in enumerate(records):
        one.trace_id = TRACE
        one.attributes[f"only{at // 24}"].string_value = f"v{at % 2}"
        one.body += " needle" * (at % 24 == 7)
    for begin in range(0, 960, 24):
        keys = [(f"only{begin // 24}", "text")]
        await opened.written.put_file(records[begin : begin + 24], range(begin, begin + 24), keys=keys)  # type: ignore[arg-type]
    matching = [one.body for one in records if text in one.body]
    node, store = parse_filter(text), opened.store
    assert await found(store, text) == matching[::-1]
    assert len(await store.trace("default", TRACE, ALL, 1_000, max_bytes=1 << 30, seconds=60)) == 960
    service, only = parse_field("service"), parse_field("attributes.only39")
    for newest in (None, 5_000):
        by_service, by_only = await store.facets("default", node, ALL, [service, only], 5, newest=newest, seconds=60)
        assert sum(count for _, count in by_service.values) == by_only.counted == len(matching)
        assert sum(count for _, count in by_only.values) == sum(text in one.body for one in records[-24:])
    newest_30 = (await store.facets("default", node, ALL, [only], 5, newest=30, seconds=60))[0]
    assert newest_30.counted == 30
    counted = await store.count_keys("default", node, ALL, Buckets(START, MINUTE, 200, ALL), only, ["v1"], seconds=60)
    assert sum(one.records for one in counted) == len(matching)
    flush = Flush(1, to_timestamp(START)[0], to_timestamp(START + 960 * SECOND)[0], [Span(1, 0, 960)])
    part = await store.stored("default", node, [flush], StoredAt(), 2_000, max_bytes=1 << 30, seconds=60)
    assert [one.body for _, one in part.records] == matching
    assert part.whole


async def test_of_few_among_many_whole_records_are_read_where_these_are(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files of two kinds and two spools, whose times are among each other's and whose rows have the same numbers."""
    monkeypatch.setattr(matches, "_LITTLE", 0)
    run, read = Workers.run, list[set[str]]()

    async def watched(workers: Workers, statement: Statement) -> AsyncGenerator[pa.RecordBatch, None]:
        read.append({file.path for file in statement.files})
        async for batch in run(workers, statement):
            yield batch

    monkeypatch.setattr(Workers, "run", watched)
    records = [record(at // 2) for at in range(160)]
    for at, one in enumerate(records):
        one.attributes[f"only{at % 4}"].string_value = f"v{at % 3}"
        one.body += " needle" * (at % 8 == 1 and at > 40)
    paths = list[str]()
    for first in range(8):
        mine = range(first, 160, 8)
        keys = [(f"only{first % 4}", "text")] if first < 4 else []
        file = await opened.written.put_file([records[at] for at in mine], mine, spool=1 + first % 2, keys=keys)  # type: ignore[arg-type]
        paths.append(str(opened.written.path(file)))
    for text, most in product(["needle", "attributes.only1 = v1", "NOT body = nowhere", "nowhere"], [1, 7, 300]):
        holds, window = compile_predicate(parse_filter(text)), Window(0, Cursor(ALL.end_unix_nano))
        matching = sorted(
            (at for at in range(160) if holds(records[at])), key=lambda at: (at // 2, 1 + at % 2, at), reverse=True
        )[:most]
        async with aclosing(opened.store.search("default", parse_filter(text), window, most, seconds=60)) as parts:
            shown = [one async for part in parts for one in part.records()]
        assert [one.body for one in shown] == [records[at].body for at in matching]
        assert [one.attributes for one in shown] == [records[at].attributes for at in matching]
        assert not matching or read[-1] == {paths[at % 8] for at in matching}


async def test_large_records_of_a_flush_come_a_few_at_a_time(opened: Opened) -> None:
    """Those of one question take more than a reading process may."""
    records = [record(at) for at in range(500)]
    for one in records:
        one.body = one.body.ljust(250_000, "x")
    for begin in range(0, 500, 25):
        await opened.written.put_file(records[begin : begin + 25], range(begin, begin + 25))
    oldest, newest = to_timestamp(START)[0], to_timestamp(START + 500 * SECOND)[0]
    flush, told, after = Flush(1, oldest, newest, [Span(1, 0, 499)]), list[int](), StoredAt()
    while not told or told[-1] < 40:
        part = await opened.store.stored(
            "default", parse_filter(""), [flush], after, 250, max_bytes=1 << 20, seconds=60
        )
        assert not part.whole
        told += [place.position for place, _ in part.records]
        after = part.records[-1][0]
    assert told == list(range(len(told)))
