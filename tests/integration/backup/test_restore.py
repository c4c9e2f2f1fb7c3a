"""What the restore takes: the newest dump that was verified, unless another is named, and none that was damaged since."""

import datetime
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest
from tests.integration.backup.records import store
from tests.integration.backup.volume import Volume, made_volume
from tests.servers import new_server

from logmesh.cli.local.postgres import Postgres
from logmesh.storage.migrate import migrate


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Postgres]:
    """One whose database `logmesh` may be replaced."""
    server = new_server(tmp_path / "postgres")
    server.start()
    yield server
    server.stop("immediate")


@pytest.fixture
async def volume(server: Postgres) -> AsyncIterator[Volume]:
    owner = await asyncpg.connect(server.dsn("logmesh_owner"))
    await migrate(owner)
    await store(owner, 100, since=datetime.timedelta(hours=1), producer="young")
    await owner.close()
    with made_volume(server.dsn("postgres")) as made:
        done = made.backup()
        assert done.returncode == 0, done.stderr
        yield made


async def test_latest_is_the_newest_verified_one(server: Postgres, volume: Volume) -> None:
    (verified,) = volume.dumps()
    newer = "logmesh-20990101T031700Z.dump"
    (volume.folder / newer).write_bytes((volume.folder / verified).read_bytes())
    listed = volume.run("restore/restore.sh", BACKUP="list").stdout.splitlines()
    assert [line.split()[1:] for line in listed] == [["verified", verified], ["unverified", newer]]

    await _forget(server)
    done = volume.run("restore/restore.sh", BACKUP="latest")
    assert done.returncode == 0, done.stderr
    assert ("WARNING" in done.stderr, f"restored {verified}" in done.stdout) == (False, True)
    assert await _rows(server) == 100

    await _forget(server)
    (volume.folder / newer).with_suffix(".json").write_text('{\n  "verdict": "unverified",\n  "reason": "5 rows"\n}\n')
    done = volume.run("restore/restore.sh", BACKUP=newer)
    assert done.returncode == 0, done.stderr
    assert f"WARNING: {newer} was never verified: 5 rows" in done.stderr
    assert await _rows(server) == 100

    await _forget(server)
    with (volume.folder / verified).open("r+b") as file:
        file.seek(-100, 2)
        file.write(b"rot")
    done = volume.run("restore/restore.sh", BACKUP="latest")
    assert done.returncode == 1
    assert f"{verified} is damaged" in done.stderr
    assert await _rows(server) == 0


async def _forget(server: Postgres) -> None:
    owner = await asyncpg.connect(server.dsn("logmesh_owner"))
    await owner.execute("TRUNCATE logmesh.logs")
    await owner.close()


async def _rows(server: Postgres) -> int:
    reader = await asyncpg.connect(server.dsn("postgres"))
    rows: int = await reader.fetchval("SELECT count(*) FROM logmesh.logs")
    await reader.close()
    return rows
