"""`logmesh tail` and `logmesh search --follow` as a person or a pipe has them."""

import asyncio
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Database
from tests.integration.gateway.running import running_gateway
from tests.integration.processor.append_stream import columns_of
from tests.integration.processor.conftest import ServerStore
from tests.integration.processor.running import RunningProcessor, running_processor

from logmesh.cli.local.ports import free_port

SERVICES = Path(__file__).parents[3] / "services"
# These commands and nothing else, so that they are seen to need nothing else.
COMMANDS = (
    "import typer; from logmesh.cli.search import search; from logmesh.cli.tail import tail;"
    " app = typer.Typer(); app.command()(search); app.command()(tail); app()"
)
SECONDS = 20


@pytest.fixture
async def processor(database: Database, tmp_path: Path) -> AsyncIterator[RunningProcessor]:
    """A processor on a fresh database."""
    async with running_processor(ServerStore(database.server, database.name), tmp_path) as running:
        yield running


@asynccontextmanager
async def command(*arguments: str, before: str = "", **environment: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A command that runs, after the code in `before`; killed after the body if it still does."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", before + COMMANDS, *arguments,
        env={**os.environ, "PYTHONPATH": str(SERVICES), **environment},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def line_of(process: asyncio.subprocess.Process) -> Any:
    """The next line of its output."""
    assert process.stdout is not None
    return (await asyncio.wait_for(process.stdout.readline(), SECONDS)).decode()


async def error_of(process: asyncio.subprocess.Process) -> str:
    assert process.stderr is not None
    return (await asyncio.wait_for(process.stderr.readline(), SECONDS)).decode()


async def ended(process: asyncio.subprocess.Process) -> tuple[int, str]:
    """Its exit code and what it said on standard error."""
    _, err = await asyncio.wait_for(process.communicate(), SECONDS)
    assert process.returncode is not None
    return process.returncode, err.decode()


async def test_tail_shows_what_comes_and_goes_on_after_the_gateway_was_away(processor: RunningProcessor) -> None:
    dsn, port = processor.database.reader_dsn, free_port()
    stream = processor.stream()
    await stream.hello()
    async with command("tail", "line", "--gateway", f"127.0.0.1:{port}") as early:
        assert await ended(early) == (1, f"logmesh tail: no gateway answers at 127.0.0.1:{port}; is it running?"
                                         " (--gateway or LOGMESH_GATEWAY)\n")  # fmt: skip
    async with running_gateway(dsn, processor.target, port=port) as address:
        running = command("tail", "line", "--gateway", address)
        process = await running.__aenter__()
        await processor.until_followed()
        await stream.send_columns(1, columns_of([b"line 1", b"other", b"line 2"], attributes=[b'{"n":1}', b"", b""]))
        first = json.loads(await line_of(process))
        assert (first["body"], first["attributes"]) == ("line 1", {"n": 1})
        assert json.loads(await line_of(process))["body"] == "line 2"
    try:
        assert "trying again" in await error_of(process)
        await stream.send_columns(2, columns_of([b"line 3"]))
        await stream.until_committed(2)
        async with running_gateway(dsn, processor.target, port=port):
            assert json.loads(await line_of(process))["body"] == "line 3"
            assert "going on" in await error_of(process)
            process.send_signal(signal.SIGINT)
            assert await ended(process) == (0, "")
    finally:
        await running.__aexit__(None, None, None)


async def test_search_goes_on_with_what_comes_and_shows_nothing_twice(processor: RunningProcessor) -> None:
    stream = processor.stream()
    await stream.hello()
    for seq in range(1, 5):
        await stream.send_columns(seq, columns_of([b"old %d" % seq]))
        await stream.until_committed(seq)
    async with (
        running_gateway(processor.database.reader_dsn, processor.target) as address,
        command("search", "--follow", "--limit", "3", "-o", "raw", LOGMESH_GATEWAY=address) as process,
    ):
        assert [await line_of(process) for _ in range(3)] == ["old 2\n", "old 3\n", "old 4\n"]
        await stream.send_columns(5, columns_of([b"new 5", b"new 6"]))
        assert [await line_of(process) for _ in range(2)] == ["new 5\n", "new 6\n"]
        process.send_signal(signal.SIGINT)
        assert await ended(process) == (0, "")


@pytest.mark.parametrize(("here", "producer"), [(-60, 0), (60, 0), (0, 60)])
async def test_search_that_goes_on_leaves_nothing_out_where_clocks_differ(
    processor: RunningProcessor, here: int, producer: int
) -> None:
    # No overlap, so that what was stored just before is of the search alone, as what was stored some seconds before is.
    skewed = (
        "import time; from datetime import timedelta; from logmesh.cli import search as module; module._OVERLAP = timedelta();"
        f" right = time.time_ns; time.time_ns = lambda: right() + {here} * 10**9; "
    )
    stream = processor.stream()
    await stream.hello()
    for seq, body in enumerate((b"old 1", b"old 2"), 1):
        await stream.send_columns(seq, columns_of([body], time_unix_nano=time.time_ns() + producer * 10**9))
        await stream.until_committed(seq)
    async with (
        running_gateway(processor.database.reader_dsn, processor.target) as address,
        command("search", "--follow", "-o", "raw", before=skewed, LOGMESH_GATEWAY=address) as process,
    ):
        await processor.until_followed()
        await stream.send_columns(3, columns_of([b"new 3"]))
        # A record of the future may be the newest of those that are found, so what matters is which are shown.
        assert sorted([await line_of(process) for _ in range(3)]) == ["new 3\n", "old 1\n", "old 2\n"]
        await stream.send_columns(4, columns_of([b"new 4"]))
        assert await line_of(process) == "new 4\n"


async def test_a_pipe_that_nobody_reads_any_more_ends_the_tail_quietly(processor: RunningProcessor) -> None:
    stream = processor.stream()
    await stream.hello()
    async with running_gateway(processor.database.reader_dsn, processor.target) as address:
        process = await asyncio.create_subprocess_shell(
            f'"{sys.executable}" -c "{COMMANDS}" tail --gateway {address} | head -n 1',
            env={**os.environ, "PYTHONPATH": str(SERVICES)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        await processor.until_followed()
        ending = asyncio.create_task(asyncio.wait_for(process.communicate(), SECONDS))
        for seq in itertools.count(1):
            await stream.send_columns(seq, columns_of([b"line %d" % seq]))
            await stream.until_committed(seq)
            if (await asyncio.wait({ending}, timeout=0.05))[0]:
                break
        out, err = await ending
    assert json.loads(out)["body"] == "line 1"
    assert err == b""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("tail", "sevrity = 1"), "did you mean severity?"),
        (("tail", "--since", "2h"), "--since"),
        (("search", "--follow", "--until", "5m"), "--until"),
    ],
)
async def test_a_wrong_question_ends_the_command(
    processor: RunningProcessor, arguments: tuple[str, ...], words: str
) -> None:
    async with (
        running_gateway(processor.database.reader_dsn, processor.target) as address,
        command(*arguments, LOGMESH_GATEWAY=address) as process,
    ):
        code, err = await ended(process)
    assert (code, err.count("\n")) == (2, 1)
    assert words in err
