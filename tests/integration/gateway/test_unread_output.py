"""Commands whose output nobody reads any more, as before `| head`: quiet, and a success."""

import asyncio
import os
import sys
import time

import pytest
from tests.conftest import Database
from tests.integration.gateway.commands import COMMANDS, SERVICES
from tests.integration.gateway.running import running_gateway
from tests.integration.gateway.stored import store_records

from logmesh.v1.record_pb2 import LogRecord

TRACE = bytes(range(1, 17))
ASKED = [
    *(("search", "-o", output) for output in ("json", "raw", "text")),
    *(("trace", TRACE.hex(), "-o", output) for output in ("json", "raw", "text")),
    *(("status", "-o", output) for output in ("json", "text")),
]


async def unread(*arguments: str) -> tuple[int | None, str]:
    """Run a command whose standard output is closed on the other side; what it exits with and says on the other one."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    closed, output = os.pipe()
    os.close(closed)
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", COMMANDS, *arguments,
            env={**inherited, "PYTHONPATH": str(SERVICES)}, stdout=output, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
    finally:
        os.close(output)
    _, err = await asyncio.wait_for(process.communicate(), 30)
    return process.returncode, err.decode()


async def test_a_closed_pipe_ends_every_command_quietly_and_well(database: Database) -> None:
    records = [LogRecord(time_unix_nano=time.time_ns() - 10**9, body=f"line {n}", trace_id=TRACE) for n in range(3)]
    await store_records(database, records)
    async with running_gateway(database.reader_dsn) as address:
        for arguments in ASKED:
            assert await unread(*arguments, "--gateway", address) == (0, ""), arguments


@pytest.mark.parametrize("name", ["search", "trace", "status"])
async def test_what_went_wrong_is_still_said(name: str) -> None:
    identifier = (TRACE.hex(),) if name == "trace" else ()
    code, err = await unread(name, *identifier, "--gateway", "127.0.0.1:1")
    assert (code, err.count("\n")) == (1, 1)
