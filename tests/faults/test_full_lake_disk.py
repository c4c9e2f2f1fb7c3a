"""The disk of the lake has no room left: whoever writes there waits, says so and loses nothing, and goes on once there is room."""

import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from tests.conftest import Database
from tests.integration.lake.batches import columns
from tests.integration.lake.conftest import owner, storing
from tests.integration.lake.storing import Spool, Storing, age_files, contents
from tests.integration.processor.conftest import ServerStore
from tests.integration.processor.running import running_processor
from tests.needs import missing
from tests.unit.journal.disks import fill_disk
from tests.waiting import until

from logmesh.lake.tending.merge import FEW_FILES
from logmesh.lake.tending.passed_over import PassedOver
from logmesh.lake.tending.seal import seal
from logmesh.lake.tending.tend import Tended, tend
from logmesh.lake.writing.filing import FILE_ROWS
from logmesh.v1.record_pb2 import LogColumns

__all__ = ["owner", "storing"]
BATCHES = 4


@pytest.fixture(autouse=True)
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 24 MiB where the lake is."""
    folder = tmp_path / "lake"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        missing("small disk")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def dense(seed: int) -> LogColumns:
    """Records that take a hundred bytes each in a file."""
    made = columns(FILE_ROWS)
    noise = random.Random(seed)
    made.bodies[:] = [noise.randbytes(100).hex().encode() for _ in range(FILE_ROWS)]
    return made


async def is_in_order(owner: asyncpg.Connection, root: Path) -> bool:
    """Whether each record is there once, and no file that the catalog doesn't name."""
    found = await contents(owner, root)
    names = {int(path.stem) for path in root.rglob("*.parquet")}
    known = {row["file"] for row in await owner.fetch("SELECT file FROM logmesh.files")}
    return (
        set(found.identities().values()) == {1} and sum(found.identities().values()) == found.stored and names == known
    )


async def tended(owner: asyncpg.Connection, root: Path, passed_over: PassedOver | None = None) -> Tended:
    done = await tend(owner, root, "keeper", retention_days=30, passed_over=passed_over)
    assert done
    return done


@pytest.mark.timeout(120)
async def test_a_processor_keeps_what_it_took_until_there_is_room(
    database: Database, owner: asyncpg.Connection, tmp_path: Path, small_disk: Path
) -> None:
    filler = small_disk / "filler"
    fill_disk(filler)
    async with running_processor(ServerStore(database.server, database.name), tmp_path, lake=small_disk) as processor:
        stream = processor.stream()
        await stream.hello()
        for seq in range(1, BATCHES + 1):
            await stream.send_columns(seq, columns(FILE_ROWS))

        async def has_said_so() -> bool:
            state = await processor.state()
            return state.write_errors >= 3 and state.unwritten_batches == BATCHES

        await until(has_said_so)
        assert not await owner.fetchval("SELECT count(*) FROM logmesh.files")
        assert not list(small_disk.rglob("*.parquet"))
        filler.unlink()
        await stream.until_committed(*range(1, BATCHES + 1))
    assert await is_in_order(owner, small_disk)


async def test_hot_rows_stay_until_there_is_room_for_their_files(
    storing: Storing, owner: asyncpg.Connection, small_disk: Path
) -> None:
    filler = small_disk / "filler"
    spools = [Spool(name) for name in ("one", "two")]
    await storing.store(*[spool.batch(columns(900)) for spool in spools])
    await owner.execute("UPDATE logmesh.generations SET closed = true")
    fill_disk(filler)
    for _ in range(2):
        done = await tended(owner, small_disk)
        assert done.sealed.files == 0 and any(why.startswith("sealing: ") for why in done.postponed)
        assert "No space left on device" in " ".join(done.postponed)
    found = await contents(owner, small_disk)
    assert len(found.hot) == 1_800 and not list(small_disk.rglob("*.parquet"))
    await storing.store(spools[0].batch(columns(10)))
    filler.unlink()
    assert (await tended(owner, small_disk)).sealed.rows == 1_800
    assert (await seal(owner, small_disk, "keeper", seal_seconds=0)).rows == 10
    assert await is_in_order(owner, small_disk)


async def test_a_merge_that_has_no_room_waits_and_smaller_ones_go_on(
    storing: Storing, owner: asyncpg.Connection, small_disk: Path
) -> None:
    large, small = Spool("large"), Spool("small")
    for at in range(FEW_FILES):
        await storing.store(large.batch(dense(at)), small.batch(columns(FILE_ROWS)))
    await storing.store(large.batch(columns(FILE_ROWS)))  # has the most files, so it comes first
    await age_files(owner)
    left = 4 << 20
    filler = small_disk / "filler"
    fill_disk(filler)
    with filler.open("r+b") as file:
        file.truncate(filler.stat().st_size - left)
    passed_over = PassedOver()
    done = await tended(owner, small_disk, passed_over)
    assert done.merged == 0 and len(done.postponed) == 1
    assert "are not merged: No space left on device" in done.postponed[0]
    assert await is_in_order(owner, small_disk)
    done = await tended(owner, small_disk, passed_over)
    assert (done.merged, done.postponed) == (1, []), "the other tenant's need not wait"
    filler.unlink()
    assert (await tended(owner, small_disk)).merged == 1
    assert await is_in_order(owner, small_disk)
