"""`logmesh trace` against a whole gateway."""

import json
import time

import pytest
from tests.conftest import Database
from tests.integration.gateway.commands import command
from tests.integration.gateway.running import running_gateway
from tests.integration.gateway.stored import store_records

from logmesh.cli.local.ports import free_port
from logmesh.record.values import set_values
from logmesh.v1.record_pb2 import SEVERITY_NUMBER_ERROR, LogRecord

TRACE = bytes(range(1, 17))
BEGAN = time.time_ns() // 10**9 * 10**9 - 10**10


def record(body: str, offset_ms: float, service: str) -> LogRecord:
    made = LogRecord(time_unix_nano=BEGAN + int(offset_ms * 1e6), body=body, trace_id=TRACE)
    made.severity_number = SEVERITY_NUMBER_ERROR
    made.resource.service_name = service
    return made


async def test_a_trace_is_shown_as_text_json_or_bodies(database: Database) -> None:
    records = [record("paid \x1b[31m", 1_012.5, "payment"), record("begin", 0, "web"), record("end", 2_000, "web")]
    set_values(records[0].attributes, {"amount": 5})
    await store_records(database, records)
    async with running_gateway(database.reader_dsn) as address:
        code, out, err = await command("trace", TRACE.hex(), "--gateway", address)
        assert (code, err) == (0, "")
        assert [json.loads(line)["body"] for line in out.splitlines()] == ["begin", "paid \x1b[31m", "end"]
        code, out, err = await command("trace", TRACE.hex(), "-o", "text", LOGMESH_GATEWAY=address, COLUMNS="40")
        head, *lines = out.splitlines()
        assert head.startswith(f"trace {TRACE.hex()} · 3 records of 2 services in 2.000 s, from 20")
        assert lines == [
            "   +0.000000s ERROR web begin",
            "   +1.012500s ERROR payment paid  amount=5",
            "   +2.000000s ERROR web end",
        ]
        code, out, err = await command("trace", TRACE.hex(), "-o", "raw", "-n", "2", LOGMESH_GATEWAY=address)
        assert (code, out) == (0, "begin\npaid \x1b[31m\n")
        assert err == "logmesh trace: only the first 2 records are shown\n"


async def test_it_fails_with_one_line_and_the_exit_code_that_help_states(database: Database) -> None:
    async with running_gateway(database.reader_dsn) as address:
        for trace_id, expected, words in (("00ff", 2, "32 hexadecimal digits"), ("a" * 32, 3, "no record has")):
            code, out, err = await command("trace", trace_id, "--gateway", address)
            assert (code, out, err.count("\n")) == (expected, "", 1)
            assert words in err
    nowhere = f"127.0.0.1:{free_port()}"
    code, _, err = await command("trace", "a" * 32, "--gateway", nowhere)
    assert (code, err.count("\n")) == (1, 1)
    assert f"no gateway answers at {nowhere}" in err


@pytest.mark.parametrize(("name", "codes"), [("search", "012"), ("trace", "0123")])
async def test_help_states_the_exit_codes(name: str, codes: str) -> None:
    _, out, _ = await command(name, "--help", COLUMNS="200")
    (line,) = [line for line in out.splitlines() if "Exit codes:" in line]
    assert all(f"{code} " in line for code in codes)
