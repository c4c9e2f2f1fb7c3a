"""`pip install .`, with no extra, in an environment of its own: the client library works with what that brings."""

import asyncio
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from tests.integration.client.conftest import System, processor, store, system
from tests.needs import missing

__all__ = ["processor", "store", "system"]  # fixtures

pytestmark = pytest.mark.timeout(400)  # packages come from an index, at its pace
ROOT = Path(__file__).parents[2]
PROGRAM = """
import importlib.util, logging, sys
from pathlib import Path

for name in ("orjson", "structlog", "opentelemetry", "pydantic_settings", "asyncpg", "zstandard", "prometheus_client"):
    assert importlib.util.find_spec(name) is None, f"{name} is not of the plain install"

import logmesh
assert "grpc" not in sys.modules, "importing logmesh must cost nothing"

from logmesh import Appender, AsyncClient, Client, LogmeshHandler, Record

processor, gateway, spool = sys.argv[1:]
with Appender(processor, service="plain", spool=Path(spool)) as appender:
    appender.append(Record(body="appended", severity="INFO", attributes={"n": 1, "deep": {"list": [1.5, None, "ä"]}}))
log = logging.getLogger("plain")
handler = LogmeshHandler(processor, service="plain")
log.addHandler(handler)
log.warning("logged", extra={"n": 2})
handler.flush()
with Client(gateway) as client:
    found = {record.body: record for record in client.search('service = "plain"')}
    assert found["appended"].attributes == {"n": 1, "deep": {"list": [1.5, None, "ä"]}}, found
    assert found["logged"].attributes["n"] == 2
    assert sum(entry.stored for entry in client.ledger()) == 2
print("ok")
"""


def pip(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=150, check=False)


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter with the plain install."""
    folder = tmp_path_factory.mktemp("plain")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True, timeout=60)
    built = pip("wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT))
    assert built.returncode == 0, built.stderr
    (wheel,) = folder.glob("logmesh-*.whl")
    python = folder / "venv" / "bin" / "python"
    installed = pip(
        "--python", str(python), "install", "--quiet", "--no-compile", "--retries", "1", "--timeout", "10", str(wheel)
    )
    if "Could not find a version that satisfies" in installed.stderr and "NewConnectionError" in installed.stderr:
        missing("package index")
    assert installed.returncode == 0, installed.stderr
    return python


async def test_the_plain_install_appends_logs_and_searches(python: Path, system: System, tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        python, "-I", "-c", PROGRAM, system.processor.target, system.gateway, str(tmp_path / "spool"),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    out, err = await asyncio.wait_for(process.communicate(), 60)
    assert out.decode().strip() == "ok", err.decode()
    assert err == b""


def test_its_commands_start(python: Path) -> None:
    done = subprocess.run(
        [python.parent / "logmesh", "--help"], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "search" in done.stdout


def test_it_brings_nothing_of_a_server(python: Path) -> None:
    server = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]["server"]
    names = {re.split(r"[\[>=<]", requirement)[0] for requirement in server}
    assert "asyncpg" in names
    listed = pip("--python", str(python), "list", "--format", "freeze").stdout
    installed = {line.partition("==")[0].lower().replace("_", "-") for line in listed.splitlines()}
    assert {"logmesh", "grpcio", "protobuf"} <= installed
    assert names & installed == set()
