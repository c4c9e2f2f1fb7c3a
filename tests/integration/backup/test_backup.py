"""A night's backup ends well only with a dump that was restored, and that has all the rows that its own ledger says it has."""

import datetime
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest
from tests.conftest import Database
from tests.integration.backup.records import store
from tests.integration.backup.volume import Volume, made_volume
from tests.integration.storage.timescaledb import timescale_database

from logmesh.cli.local.account import unprivileged_account
from logmesh.cli.local.pgserver import find_programs
from logmesh.cli.local.postgres import ROLES
from logmesh.storage.migrate import migrate

DAY, HOUR = datetime.timedelta(days=1), datetime.timedelta(hours=1)


@pytest.fixture
async def owner(database: Database) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database.owner_dsn)
    yield connection
    await connection.close()


@pytest.fixture
def volume(database: Database) -> Iterator[Volume]:
    with made_volume(database.server.dsn("postgres", database.name)) as made:
        yield made


async def test_a_dump_is_restored_and_held_against_the_ledger(owner: asyncpg.Connection, volume: Volume) -> None:
    await store(owner, 300, since=6 * DAY, producer="old", opened=40 * DAY, dropped=1000)
    await store(owner, 200, since=HOUR, producer="young")
    done = volume.backup()
    assert done.returncode == 0, done.stderr
    (dump,) = volume.dumps()
    report = volume.report(dump)
    assert (report["verdict"], report["bytes"]) == ("verified", (volume.folder / dump).stat().st_size)
    counted = report["counted"]
    assert (counted["rows"], counted["stored"], counted["dropped_by_retention"]) == (500, 1500, 1000)
    assert (counted["missing"], counted["too_many"]) == (0, 0)
    assert '"verdict": "verified"' in done.stdout
    _is_tidy(volume)

    # Rows of today are lost in the database, and one is there that nobody noted: nothing that dumps or restores them says so.
    await owner.execute("DELETE FROM logmesh.logs WHERE position < 5 AND time > now() - interval '1 day'")
    await owner.execute("UPDATE logmesh.spools SET stored = 299 WHERE producer = 'old'")
    done = volume.backup(KEEP="1")
    assert done.returncode == 1
    assert "NOT VERIFIED: 5 rows that the ledger has are not in the dump, the first of them of 20" in done.stderr
    assert "; 1 rows are in the dump that the ledger does not have" in done.stderr
    verified, lacking = volume.dumps()
    assert verified == dump
    report = volume.report(lacking)
    assert report["verdict"] == "unverified"
    assert "5 rows" in report["reason"]
    counted = report["counted"]
    assert sum(one["counted"] - one["found"] for one in counted["wrong_minutes"]) == 5
    assert {one["producer"]: (one["stored"], one["found"]) for one in counted["wrong_spools"]} == {
        "old": (299, 300),
        "young": (200, 195),
    }
    _is_tidy(volume)


async def test_a_spool_too_young_for_retention_has_all_that_it_stored(
    owner: asyncpg.Connection, volume: Volume
) -> None:
    # Records go by the other ledger, too: that the counts of these are gone with them does not hide it.
    await store(owner, 1, since=HOUR, producer="old", opened=40 * DAY)
    await owner.execute("UPDATE logmesh.counts SET minute = minute - interval '8 days'")
    await store(owner, 100, since=HOUR, producer="young", dropped=7)
    done = volume.backup()
    assert "NOT VERIFIED: 7 rows that the ledger has are not in the dump" in done.stderr


async def test_a_database_before_its_first_processor_is_dumped(empty_database: Database) -> None:
    with made_volume(empty_database.server.dsn("postgres", empty_database.name)) as volume:
        done = volume.backup()
        assert done.returncode == 0, done.stderr
        assert volume.report(volume.dumps()[0])["counted"]["rows"] == 0


async def test_damaged_dumps_do_not_pass(owner: asyncpg.Connection, volume: Volume) -> None:
    await store(owner, 5000, since=2 * HOUR, producer="young")
    # A disk that takes what is written and gives back something else.
    middle = '$(($(wc -c <"$1") / 2))'
    flip = f'cp "$1" "$FOLDER/../whole.dump"; printf xyz | dd of="$1" bs=1 seek={middle} conv=notrunc 2>/dev/null'
    volume.stand_in("sync", f"case $1 in */.partial) {flip} ;; esac")
    done = volume.backup()
    assert done.returncode == 1
    assert "NOT VERIFIED: the volume gives back something else than was written to it" in done.stderr
    (dump,) = volume.dumps()
    _is_damaged(volume, volume.folder / dump)

    whole = (volume.base / "whole.dump").read_bytes()
    cut = volume.folder / "cut.dump"
    cut.write_bytes(whole[: len(whole) * 2 // 3])
    _is_damaged(volume, cut)
    _is_tidy(volume)


async def test_a_dump_that_ends_too_early_is_none(owner: asyncpg.Connection, volume: Volume) -> None:
    await store(owner, 100, since=HOUR, producer="young")
    real = find_programs(account=unprivileged_account()).bin / "pg_dump"
    volume.stand_in("pg_dump", f'{real} "$@" | head -c 20000\nexit 1')
    done = volume.backup()
    assert done.returncode == 1
    assert "no dump was made: pg_dump or the volume failed" in done.stderr
    assert volume.dumps() == []
    _is_tidy(volume)


@pytest.mark.needs("timescaledb")
async def test_compressed_chunks_are_counted_on_timescaledb() -> None:
    async with timescale_database() as database:
        owner = await asyncpg.connect(database.owner_dsn)
        await migrate(owner)
        await store(owner, 12_000, since=5 * HOUR, producer="young")
        await owner.execute(
            "SELECT count(compress_chunk(c)) FROM (SELECT show_chunks('logmesh.logs') AS c LIMIT 3) AS three"
        )
        superuser = await asyncpg.connect(database.superuser_dsn)
        programs = Path(await superuser.fetchval("SELECT setting FROM pg_config WHERE name = 'BINDIR'"))
        await superuser.close()
        if not (programs / "initdb").exists():
            pytest.skip("its server's programs are not on this machine, to restore with")
        with made_volume(database.superuser_dsn, programs=programs) as volume:
            done = volume.backup()
            assert done.returncode == 0, done.stderr
            assert volume.report(volume.dumps()[0])["counted"]["rows"] == 12_000
            await owner.execute("DELETE FROM logmesh.logs WHERE position < 5")
            done = volume.backup()
            assert "NOT VERIFIED: 5 rows that the ledger has" in done.stderr
        await owner.close()


def _is_damaged(volume: Volume, dump: Path) -> None:
    """Found by restoring it, and not by a look at what it lists."""
    programs = find_programs(account=unprivileged_account()).bin
    subprocess.run([programs / "pg_restore", "--list", dump], check=True, capture_output=True)
    roles = volume.base / "roles.sql"
    roles.write_text("".join(f"CREATE ROLE {role};\n" for role in ROLES))
    done = volume.run("backup/verify.sh", str(dump), str(roles))
    assert done.returncode != 0
    last = done.stderr.splitlines()[-1]
    assert last.startswith("it can't be restored: "), done.stderr
    assert "role" not in last


def _is_tidy(volume: Volume) -> None:
    left = {path.name for path in volume.folder.iterdir() if path.suffix not in {".dump", ".json"}}
    assert left == {".lock"}
