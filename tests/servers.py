"""Servers of PostgreSQL that tests start. Their data is made once a process, and copied: that takes a fraction of making it."""

import atexit
import functools
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from logmesh.cli.local.pgserver import find_programs
from logmesh.cli.local.ports import free_port
from logmesh.cli.local.postgres import Postgres

NO_SYNC = {"fsync": "off", "full_page_writes": "off"}
"""For a server from which no test takes the power: its processes may be killed all the same."""
WITH_TIMESCALEDB = {"shared_preload_libraries": "timescaledb", "timescaledb.telemetry_level": "off"}


def new_server(directory: Path, timescaledb: Path | None = None) -> Postgres:
    """One with Logmesh's roles that has never run. `timescaledb` is a folder of PostgreSQL, with its `bin`, that has it."""
    lay_data(directory, timescaledb)
    return _server(directory, timescaledb)


def lay_data(directory: Path, timescaledb: Path | None = None) -> None:
    """Make the folder of such a server."""
    directory.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cp", "-a", _made(timescaledb), directory], check=True)


def _server(directory: Path, timescaledb: Path | None) -> Postgres:
    settings = NO_SYNC if timescaledb is None else NO_SYNC | WITH_TIMESCALEDB
    return Postgres(directory, port=free_port(), settings=settings, installation=timescaledb)


@functools.cache
def _made(timescaledb: Path | None) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="logmesh-postgres-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    server = _server(folder / "made", timescaledb)
    server.prepare()
    server.start()
    _ask(server, "CREATE EXTENSION timescaledb" if timescaledb else _passwords_of_one_iteration(server), timescaledb)
    server.stop()
    return server.directory


def _passwords_of_one_iteration(server: Postgres) -> str:
    """The same passwords, checked as always and hashed once: the 4,096 times of SCRAM are a quarter of what a connection costs."""
    passwords = json.loads((server.directory / "passwords.json").read_text())
    alter = (f"ALTER ROLE {role} PASSWORD '{password}'" for role, password in passwords.items())
    return "; ".join(["SET scram_iterations = 1", *alter])


def _ask(server: Postgres, statements: str, installation: Path | None) -> None:
    psql = find_programs(installation=installation).bin / "psql"
    command = [str(psql), server.dsn("postgres"), "-qc", statements]
    subprocess.run(command, check=True, env={**os.environ, "PGOPTIONS": "-c client_min_messages=error"})
