"""The volume of dumps never fills: older ones go before a new one is made, and the newest verified one stays."""

import contextlib
import datetime
from collections.abc import Iterator

import asyncpg
import pytest
from tests.conftest import Database
from tests.integration.backup.records import store
from tests.integration.backup.volume import Volume, made_volume

MEGABYTE = 1 << 20
# A database that grows for two weeks, on a volume of twice what it becomes, as the defaults have it; and then stays so.
NIGHTS = """
. "$1/backup/room.sh"
night=0
while [ $night -lt 18 ]; do
  night=$((night + 1))
  grown=$((night < 14 ? 2 * night : 28))
  name=$FOLDER/logmesh-$((20260100 + night))T031700Z
  make_room 7 $(($(expected_bytes "$grown") + 2097152))
  head -c $((grown * 1048576)) /dev/zero >"$name.dump"
  printf '  "verdict": "verified",\\n  "database_bytes": %s,\\n' "$grown" >"$name.json"
  make_room 8 0
done
"""


@pytest.fixture
def small(database: Database) -> Iterator[Volume]:
    """A disk of 64 MB."""
    with made_volume(database.server.dsn("postgres", database.name), megabytes=70) as made:
        yield made


def test_nights_of_a_growing_database_fit(small: Volume) -> None:
    (small.base / "nights.sh").write_text("set -eu\n" + NIGHTS)
    done = small.run("nights.sh", str(small.base))
    assert (done.returncode, done.stderr) == (0, "")
    assert small.dumps()[-1].startswith("logmesh-20260118")
    # Seven while they fit, and as many as leave room for the next one then.
    assert "removed logmesh-20260101T031700Z.dump: 7 are kept" in done.stdout
    assert "removed logmesh-20260117T031700Z.dump" not in done.stdout
    assert sum((small.folder / name).stat().st_size for name in small.dumps()) <= 2 * 28 * MEGABYTE


def test_what_was_not_verified_goes_first_and_the_last_verified_one_never(small: Volume) -> None:
    for night in range(1, 6):
        (small.folder / f"logmesh-2026010{night}T031700Z.dump").write_bytes(b"x" * MEGABYTE)
    for night in (1, 2, 4):
        (small.folder / f"logmesh-2026010{night}T031700Z.json").write_text('{\n  "verdict": "verified",\n')
    (small.base / "room.sh").write_text('set -eu\n. "$1/backup/room.sh"\nmake_room 9 $((999 << 20))\n')
    done = small.run("room.sh", str(small.base))
    gone = [line.split(":")[0].removeprefix("removed logmesh-2026010")[0] for line in done.stdout.splitlines()]
    assert gone == ["3", "5", "1", "2"]
    assert small.dumps() == ["logmesh-20260104T031700Z.dump"]


async def test_a_full_volume_is_said_before_the_dump_is_made_with_what_is_missing(database: Database) -> None:
    owner = await asyncpg.connect(database.owner_dsn)
    await store(owner, 20_000, since=datetime.timedelta(days=1), producer="young", words=20)
    await owner.close()
    with made_volume(database.server.dsn("postgres", database.name), megabytes=160) as volume:
        first = volume.backup(COMPRESS="none")
        assert first.returncode == 0, first.stderr
        (dump,) = volume.dumps()
        bytes_of_dump = volume.report(dump)["bytes"]
        assert bytes_of_dump > 12 * MEGABYTE

        # Room for a dump, and none to restore it: what there is, is better than nothing, and not called verified.
        filler = volume.folder / "filler"
        filler.write_bytes(bytes(160 * MEGABYTE - 2 * bytes_of_dump - 10 * MEGABYTE))
        second = volume.backup(COMPRESS="none")
        assert second.returncode == 1
        assert "NOT VERIFIED: restoring it for real takes " in second.stderr
        assert "enlarge the claim timescaledb-backups by " in second.stderr
        assert volume.dumps()[0] == dump
        assert len(volume.dumps()) == 2

        # No room for a dump: what is not verified goes, and then there is still none.
        with contextlib.suppress(OSError), filler.open("ab") as file:
            file.write(bytes(160 * MEGABYTE))
        third = volume.backup(COMPRESS="none")
        assert third.returncode == 1
        (line,) = [line for line in third.stderr.splitlines() if line]
        assert line.startswith("no dump was made: it takes about ")
        assert "enlarge the claim timescaledb-backups by " in line
        assert volume.dumps() == [dump]
