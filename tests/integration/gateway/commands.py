"""Commands that ask a gateway, run as a person would."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

from tests.commands import run

SERVICES = Path(__file__).parents[3] / "services"
# These commands and nothing else, so that they are seen to need nothing else.
COMMANDS = (
    "import typer; from logmesh.cli.search import search; from logmesh.cli.status import status;"
    " from logmesh.cli.acknowledge import acknowledge; from logmesh.cli.trace import trace;"
    " from logmesh.cli.tokens import app as tokens; app = typer.Typer(); app.add_typer(tokens, name='token');"
    " [app.command()(one) for one in (search, status, trace, acknowledge)]; app()"
)


async def command(*arguments: str, **environment: str) -> tuple[int, str, str]:
    """Run a command; what it exits with, and what it writes to both outputs."""
    done = await asyncio.to_thread(run, *arguments, environment=os.environ | environment)
    return done.returncode, done.stdout, done.stderr


async def interpreted(*arguments: str, **environment: str) -> tuple[int, str, str]:
    """The same by an interpreter, with nothing imported but what the command imports."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", COMMANDS, *arguments,
        env={**os.environ, "PYTHONPATH": str(SERVICES), **environment},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()
