"""A standby takes the place of a database that is gone: what it lacked is sent again, and nothing is lost or stored twice."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from tests.faults.cluster import Cluster

from logmesh.cli.local.account import unprivileged_account
from logmesh.cli.local.pgserver import find_programs
from logmesh.cli.local.ports import free_port
from logmesh.cli.local.postgres import Postgres, Role

RECOVERED_SECONDS = 30


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path)
    yield cluster
    cluster.stop()


@pytest.mark.timeout(300)
async def test_a_promoted_standby_that_lagged_behind_gets_what_it_lacks(cluster: Cluster, tmp_path: Path) -> None:
    primary = cluster.postgres
    standby = await _standby_of(primary, tmp_path / "standby")
    for name in cluster.names:
        cluster.environment[name] = {
            "LOGMESH_DATABASE_DSN": _either(primary, standby, "logmesh_writer"),
            "LOGMESH_OWNER_DSN": _either(primary, standby, "logmesh_owner"),
        }
    try:
        cluster.start()
        cluster.write_lines(5_000)
        await cluster.wait_until_stored(60)
        standby.stop("fast")
        cluster.write_lines(5_000)  # these the standby never sees
        await cluster.wait_until_stored(60)
        primary.stop("kill")
        cluster.write_lines(2_000)
        cluster.postgres = standby
        await _start(standby)
        (row,) = await cluster.query("SELECT count(*) AS rows FROM logmesh.logs")
        assert row["rows"] == 5_000
        await cluster.query("SELECT pg_promote()")
        promoted = time.monotonic()
        await cluster.wait_until_stored(RECOVERED_SECONDS)
        print(f"recovered {time.monotonic() - promoted:.1f} s after the promotion")
        (row,) = await cluster.query(
            "SELECT count(*) AS rows, count(DISTINCT (spool, position)) AS ids, count(DISTINCT body) AS bodies"
            " FROM logmesh.logs"
        )
        assert (row["rows"], row["ids"], row["bodies"]) == (cluster.lines, cluster.lines, cluster.lines)
    finally:
        primary.stop("kill")


def _either(primary: Postgres, standby: Postgres, role: Role) -> str:
    """One connection string for both, which finds the server that takes writes."""
    dsn = primary.dsn(role)
    here = f"127.0.0.1:{primary.port}"
    return dsn.replace(here, f"{here},127.0.0.1:{standby.port}") + "?target_session_attrs=read-write"


async def _standby_of(primary: Postgres, folder: Path) -> Postgres:
    folder.mkdir(mode=0o700)
    shutil.copy(primary.directory / "passwords.json", folder)
    account = unprivileged_account()
    backup = [str(find_programs(account=account).bin / "pg_basebackup"), "-c", "fast", "-R"]
    subprocess.run(
        [*backup, "-d", primary.dsn("postgres", "postgres"), "-D", str(folder / "data")],
        check=True,
        capture_output=True,
    )
    if account is not None:
        account.own(folder / "data")
    standby = Postgres(folder, port=free_port())
    await _start(standby)
    return standby


async def _start(standby: Postgres) -> None:
    """Start it, and wait until it answers: a standby never says that it is ready."""
    standby.prepare()
    standby.spawn()
    ends = time.monotonic() + 60
    while True:
        try:
            await (await asyncpg.connect(standby.dsn("postgres", "postgres"))).close()
        except (OSError, asyncpg.CannotConnectNowError):
            assert time.monotonic() < ends, standby.log_path.read_text()[-1_000:]
            assert standby.process is not None
            assert standby.process.poll() is None, standby.log_path.read_text()[-1_000:]
            time.sleep(0.05)
        else:
            return
