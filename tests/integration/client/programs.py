"""Programs of their own that log, as users write them."""

import asyncio
import re
import subprocess
import sys
import textwrap
from asyncio.subprocess import Process
from pathlib import Path

SERVICES = Path(__file__).parents[3] / "services"
_LATE = re.compile(r"logmesh: (no processor was reached at |\S+ is reached again after )")
_OF_FORKS = "ignore:This process:DeprecationWarning"
"""From Python 3.12 on: the parent's thread was stopped for the fork, and counts as it has been started again."""
BEGIN = """
import logging, os, sys, time
from logmesh import LogmeshHandler

target = sys.argv[1]
log = logging.getLogger("shop.orders")
log.setLevel(logging.DEBUG)
"""


async def start(program: str, *arguments: str) -> Process:
    """Start a program after BEGIN, or the file that it is, where that is there."""
    source = [program] if program.endswith(".py") else ["-c", BEGIN + textwrap.dedent(program)]
    return await asyncio.create_subprocess_exec(
        sys.executable, *source, *arguments,
        env={"PYTHONPATH": str(SERVICES), "PATH": "/usr/bin:/bin", "PYTHONWARNINGS": _OF_FORKS},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


async def run(program: str, *arguments: str, seconds: float = 100) -> tuple[int, str, str]:
    """Run a program to its end: exit code, standard output, standard error. That a busy machine welcomed it late is left out."""
    process = await start(program, *arguments)
    try:
        out, err = await asyncio.wait_for(process.communicate(), seconds)
    except TimeoutError:
        process.kill()
        raise
    assert process.returncode is not None
    said = [line for line in err.decode().splitlines(keepends=True) if not _LATE.match(line)]
    return process.returncode, out.decode(), "".join(said)
