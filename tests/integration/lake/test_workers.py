"""Processes that read files: what they answer, what they refuse, and how they are stopped."""

import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest
from tests.integration.lake.written import write_records
from tests.waiting import until_true

from logmesh.filters import parse_filter
from logmesh.lake.reading.conditions import Conditions
from logmesh.lake.reading.errors import AllBusy, Failed, FileDamaged, FileGone, TooLarge, WorkerLost
from logmesh.lake.reading.statement import Statement, StoredFile
from logmesh.lake.reading.workers import Workers
from logmesh.record.values import set_values
from logmesh.v1.record_pb2 import LogRecord

ROWS = 5_000
FOREVER = "SELECT count(*) FROM range(100000) a(x), range(100000) b(y), range(100000) c(z) WHERE x * y + z = 7"
DEAF = "SELECT length(regexp_replace(repeat('ab', 20000000), '(a|b)(a|b)', '\\1\\2\\1', 'g')) AS n"


def record(at: int) -> LogRecord:
    made = LogRecord(time_unix_nano=10**18 + at, severity_number=at % 25, body=f"request {at}")  # type: ignore[arg-type]
    set_values(made.attributes, {"n": at, "tags": ["odd" if at % 2 else "even"]})
    return made


def write(folder: Path, rows: int = ROWS) -> StoredFile:
    path = folder / "records.parquet"
    written, _ = write_records(path, [record(at) for at in range(rows)])
    return StoredFile(str(path), written.size, written.crc32c)


@pytest.fixture
async def workers(tmp_path: Path) -> AsyncIterator[Workers]:
    made = Workers(tmp_path, most=2, wait_seconds=60)
    yield made
    await made.close()


def ask(file: StoredFile, sql: str, *parameters: object) -> Statement:
    return Statement(f"SELECT {sql} FROM read_parquet($1)", [file.path, *parameters], files=[file])


async def one(workers: Workers, statement: Statement) -> object:
    table = await workers.fetch(statement)
    return table.to_pylist()[0].popitem()[1]


async def pid(workers: Workers) -> int:
    """The process that gets the next statement."""
    await workers.fetch(Statement("SELECT 1 AS one"))
    return workers.idle[-1]


async def until_idle(workers: Workers, process: int) -> None:
    await until_true(lambda: process in workers.idle)


async def until_gone(process: int) -> None:
    await until_true(lambda: not is_alive(process))


async def test_a_filter_is_asked_of_a_file_and_of_the_predicate_where_that_is_needed(
    workers: Workers, tmp_path: Path
) -> None:
    file = write(tmp_path)
    conditions = Conditions()
    path = conditions.bind(file.path)
    where = conditions.condition(parse_filter('attributes.n >= 4000.5 AND attributes.tags : "odd"'))
    sql = f"SELECT body FROM read_parquet({path}) WHERE {where} ORDER BY time"  # all values are bound
    found = await workers.fetch(Statement(sql, conditions.parameters, conditions.questions, [file], threads=2))
    assert found["body"].to_pylist() == [f"request {at}" for at in range(4_001, ROWS, 2)]


async def test_an_answer_comes_in_batches_and_an_empty_one_has_columns(workers: Workers, tmp_path: Path) -> None:
    file = write(tmp_path)
    sizes = [batch.num_rows async for batch in workers.run(ask(file, "body"))]
    assert sum(sizes) == ROWS and len(sizes) > 1
    empty = await workers.fetch(Statement("SELECT body FROM read_parquet($1) WHERE false", [file.path], files=[file]))
    assert empty.column_names == ["body"] and empty.num_rows == 0


async def test_nothing_but_the_lake_can_be_read(workers: Workers, tmp_path: Path) -> None:
    for sql in ("SELECT * FROM read_text('/etc/passwd')", "COPY (SELECT 1) TO '/tmp/x'", "SET threads = 9"):
        with pytest.raises(Failed) as caught:
            await workers.fetch(Statement(sql))
        assert "/etc/" not in str(caught.value)


async def test_a_process_has_none_of_our_passwords(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGMESH_DATABASE_DSN", "postgresql://reader:secret@db/logmesh")
    workers = Workers(tmp_path)
    await workers.fetch(Statement("SELECT 1 AS one"))
    environment = Path(f"/proc/{workers.idle[0]}/environ").read_bytes()
    await workers.close()
    assert b"PATH=" in environment and b"secret" not in environment


async def test_a_damaged_file_is_named_and_never_answers(workers: Workers, tmp_path: Path) -> None:
    draw = random.Random(15)
    for _ in range(40):
        file = write(tmp_path, 200)
        content = bytearray(Path(file.path).read_bytes())
        content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
        Path(file.path).write_bytes(content)
        with pytest.raises(FileDamaged) as caught:
            await workers.fetch(ask(file, "count(*), max(body)"))
        assert caught.value.path == file.path
        Path(file.path).unlink()


async def test_a_file_that_is_replaced_or_cut_after_it_was_read_is_noticed(workers: Workers, tmp_path: Path) -> None:
    file = write(tmp_path)
    assert await one(workers, ask(file, "count(*)")) == ROWS
    os.truncate(file.path, file.size - 1)
    with pytest.raises(FileDamaged):
        await workers.fetch(ask(file, "count(*)"))


async def test_a_file_that_is_gone_is_told_apart(workers: Workers, tmp_path: Path) -> None:
    file = write(tmp_path)
    assert await one(workers, ask(file, "count(*)")) == ROWS
    Path(file.path).unlink()
    with pytest.raises(FileGone) as caught:
        await workers.fetch(ask(file, "count(*)"))
    assert caught.value.path == file.path


async def test_a_statement_beyond_the_memory_fails_and_its_process_goes_on(workers: Workers) -> None:
    before = await pid(workers)
    for sql in ("length(repeat('x', 2000000000))", "len(range(100000000))"):
        with pytest.raises(TooLarge):
            await workers.fetch(Statement(f"SELECT {sql} AS n"))
    assert await pid(workers) == before


async def test_a_reader_that_goes_away_stops_the_work_and_the_process_is_kept(tmp_path: Path) -> None:
    workers, file = Workers(tmp_path, stop_seconds=60), write(tmp_path)
    before = await pid(workers)
    async with aclosing(workers.run(ask(file, "body"))) as batches:
        await anext(batches)
    await until_idle(workers, before)
    asked = asyncio.create_task(workers.fetch(Statement(FOREVER)))
    await until_busy(before)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert await one(workers, ask(file, "count(*)")) == ROWS
    await until_idle(workers, before)
    await workers.close()


async def test_a_statement_that_does_not_hear_ends_with_its_process(workers: Workers) -> None:
    before = await pid(workers)
    asked = asyncio.create_task(workers.fetch(Statement(DEAF)))
    await until_busy(before)
    asked.cancel()
    await asyncio.wait([asked])
    await until_gone(before)
    assert await pid(workers) != before


async def test_a_process_that_dies_is_told_and_replaced(workers: Workers) -> None:
    before = await pid(workers)
    asked = asyncio.create_task(workers.fetch(Statement(FOREVER)))
    await until_busy(before)
    os.kill(before, signal.SIGKILL)
    with pytest.raises(WorkerLost):
        await asked
    second = await pid(workers)
    assert second != before
    os.kill(second, signal.SIGKILL)
    await until_true(lambda: second not in workers.idle)
    assert await pid(workers) not in (before, second)


async def test_a_process_that_cannot_be_started_is_told(
    workers: Workers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(WorkerLost, match="can't be started"):
        await one(workers, Statement("SELECT 1 AS one"))
    monkeypatch.undo()
    assert await one(workers, Statement("SELECT 1 AS one")) == 1


async def test_no_more_processes_than_allowed_read_at_once(workers: Workers) -> None:
    answers = await asyncio.gather(*(one(workers, Statement(f"SELECT {at} AS n")) for at in range(8)))
    assert answers == list(range(8))
    assert len(workers.idle) == 2


async def test_a_statement_that_finds_no_process_is_told_so(tmp_path: Path) -> None:
    workers = Workers(tmp_path, most=1, wait_seconds=0.05)
    before = await pid(workers)
    asked = asyncio.create_task(workers.fetch(Statement(FOREVER)))
    await until_busy(before)
    with pytest.raises(AllBusy):
        await workers.fetch(Statement("SELECT 1 AS one"))
    asked.cancel()
    await asyncio.wait([asked])
    await workers.close()


async def test_a_process_ends_with_whoever_started_it(tmp_path: Path) -> None:
    script = f"""
import asyncio, sys
from pathlib import Path
from logmesh.lake.reading.statement import Statement
from logmesh.lake.reading.workers import Workers
async def main():
    workers = Workers(Path({str(tmp_path)!r}))
    await workers.fetch(Statement("SELECT 1 AS one"))
    print(workers.idle[-1], flush=True)
    await workers.fetch(Statement({FOREVER!r}))
asyncio.run(main())
"""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", script, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    started = int(await process.stdout.readline())
    await until_busy(started)
    process.kill()
    await process.wait()
    await until_gone(started)


def is_alive(process: int) -> bool:
    try:
        return " Z " not in Path(f"/proc/{process}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


async def until_busy(process: int) -> None:
    """Wait until a process has computed for a while."""

    def ticks() -> int:
        return int(Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[11])

    start = ticks()
    await until_true(lambda: ticks() >= start + 5)
