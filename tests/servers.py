"""Servers of PostgreSQL that tests start. Their data is made once a process, and copied: that takes a fraction of making it."""

import atexit
import functools
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

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
    if timescaledb is not None:
        server.start()
        command = [f"{timescaledb}/bin/psql", server.dsn("postgres"), "-qc", "CREATE EXTENSION timescaledb"]
        subprocess.run(command, check=True, env={**os.environ, "PGOPTIONS": "-c client_min_messages=error"})
    server.stop()
    return server.directory
