"""The examples of docs/client.md, as they stand there, against a real processor and a real gateway."""

import asyncio
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from tests.conftest import Database
from tests.e2e.test_up import Running
from tests.integration.client.conftest import System, processor, store, system

__all__ = ["processor", "store", "system"]  # fixtures

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "client.md").read_text("utf-8")
UP = "~/.local/share/logmesh"  # where `logmesh up` keeps its data


def examples() -> list[tuple[str, str]]:
    """(heading, program) of each indented block."""
    found, heading = [], ""
    for part in re.split(r"^(## .*)$", TEXT, flags=re.MULTILINE):
        if part.startswith("## "):
            heading = part.removeprefix("## ")
        blocks = re.findall(r"(?:^    .*\n(?:\n(?=    ))?)+", part, re.MULTILINE)
        found += [(heading, textwrap.dedent(block)) for block in blocks]
    return found


async def run(program: str, replaced: dict[str, str]) -> str:
    """What an example prints, with its addresses and folders replaced by the test's. It must exit with 0."""
    for printed, here in replaced.items():
        program = program.replace(printed, here)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program,
        env={"PYTHONPATH": str(ROOT / "services"), "PATH": "/usr/bin:/bin"},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    out, err = await asyncio.wait_for(process.communicate(), 40)
    assert process.returncode == 0, f"{program}\n{out.decode()}{err.decode()}"
    return out.decode()


async def test_every_example_runs_and_says_what_it_should(system: System, database: Database, tmp_path: Path) -> None:
    replaced = {
        "localhost:8080": system.gateway,
        "dns:///log-processor-headless:50052": system.processor.target,
        "/var/lib/checkout/spool": str(tmp_path / "spool"),
    }
    said: dict[str, list[str]] = {}
    for heading, program in examples():
        if UP not in program:
            said.setdefault(heading, []).append(await run(program, replaced))

    assert sorted(await system.processor.bodies()) == [
        "a line is enough",
        "order placed",
        "payment declined",
        '{"order":42,"total":9.5}',
    ]
    search, asynchronous = said["Search"]
    assert "WARNING payment declined {" in search
    assert "'order': 42" in search
    assert asynchronous == '{"order":42,"total":9.5}\norder placed\n'
    assert said["Follow"] == ["payment declined\n"]
    counts, pipeline = said["Count and look around"]
    assert "service (('checkout', 4),)" in counts
    assert "1 payment declined" in counts
    assert pipeline.endswith("['log-processor-0'] 0\n")
    assert said["Errors"] == ["0 severity\n"]


async def test_what_up_starts_takes_records_in_mutual_tls_and_answers_at_the_edge(up: Running) -> None:
    replaced = {UP: str(up.data_dir), "127.0.0.1": f"{up.loopback}.1", "localhost:8080": up.api}
    (append,) = [program for _, program in examples() if UP in program]
    await run(append, replaced)
    (search,) = [program for heading, program in examples() if heading == "Search" and "AsyncClient" in program]
    assert await run(search.replace('"order"', '"hello"'), replaced) == "hello\n"


def test_every_name_that_the_document_imports_is_public() -> None:
    import logmesh

    (line,) = re.findall(r"`from logmesh import ([\w, ]+)`", TEXT)
    names = set(line.split(", "))
    assert names == set(logmesh.__all__)
    for name in names:
        assert getattr(logmesh, name).__doc__


@pytest.mark.parametrize("heading", ["Log through Python's logging", "Send records exactly once", "Search", "Follow"])
def test_every_section_has_an_example(heading: str) -> None:
    assert any(of == heading for of, _ in examples())
