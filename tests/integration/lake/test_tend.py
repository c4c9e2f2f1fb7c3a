"""Everything that keeps the lake in order, done at once, beside whoever else does it."""

import time
from pathlib import Path

import asyncpg
import google_crc32c
from tests.conftest import Database
from tests.integration.lake.batches import columns
from tests.integration.lake.storing import Spool, Storing, age_files, contents

from logmesh.lake.folder import path_of
from logmesh.lake.tending.merge import FEW_FILES
from logmesh.lake.tending.passed_over import PassedOver
from logmesh.lake.tending.tend import Tended, tend
from logmesh.lake.writing.filing import FILE_ROWS
from logmesh.storage.postgres import connect

DAYS = 30
NONSENSE = b"no Parquet" * 100
DAY = 86_400 * 10**9


async def tended(owner: asyncpg.Connection, storing: Storing) -> Tended:
    done = await tend(owner, storing.root, "merger", retention_days=DAYS)
    assert done
    return done


async def test_files_are_merged_and_what_is_closed_is_sealed(storing: Storing, owner: asyncpg.Connection) -> None:
    spool = Spool()
    for _ in range(FEW_FILES):
        await storing.store(spool.batch(columns(FILE_ROWS)))
    await storing.store(spool.batch(columns(9)))
    await age_files(owner)
    await owner.execute("UPDATE logmesh.generations SET closed = true")
    done = await tended(owner, storing)
    assert (done.merged, done.sealed.rows, done.retired, done.postponed) == (1, 9, 0, [])
    found = await contents(owner, storing.root)
    assert set(found.identities().values()) == {1} and len(found.filed) == found.stored
    assert [file["level"] for file in found.catalog] == [1], "what was sealed is merged with them"


async def test_one_session_leads(storing: Storing, owner: asyncpg.Connection, database: Database) -> None:
    other = await connect(database.owner_dsn, application="other")
    assert await tend(other, storing.root, "other", retention_days=DAYS)
    assert await tend(owner, storing.root, "merger", retention_days=DAYS) is None
    await other.close()


async def test_retention_counts_from_the_later_of_time_and_receipt(storing: Storing, owner: asyncpg.Connection) -> None:
    old, now = time.time_ns() - (DAYS + 1) * DAY, time.time_ns()
    await storing.store(Spool("imported").batch(columns(FILE_ROWS, at=old)))
    await storing.store(Spool("recent").batch(columns(FILE_ROWS, at=now)))
    await storing.store(Spool("past").batch(columns(FILE_ROWS, at=old)))
    assert (await tended(owner, storing)).retired == 0
    await owner.execute("UPDATE logmesh.files SET newest = max_time WHERE tenant = 'past'")  # as if it had come then
    assert (await tended(owner, storing)).retired == 1
    found = await contents(owner, storing.root)
    assert sorted(file["tenant"] for file in found.catalog) == ["imported", "recent"]


async def test_a_damaged_file_is_named_and_holds_up_nobody_else(storing: Storing, owner: asyncpg.Connection) -> None:
    spools = Spool("one"), Spool("two")
    for _ in range(FEW_FILES):
        await storing.store(*[spool.batch(columns(FILE_ROWS)) for spool in spools])
    await age_files(owner)
    incarnation = await owner.fetchval("SELECT logmesh.incarnation()")
    gone = min(file["file"] for file in (await contents(owner, storing.root)).catalog if file["tenant"] == "one")
    path_of(storing.root, incarnation, gone).unlink()
    done = await tended(owner, storing)
    assert done.merged == 1 and done.postponed == [f"merging: file {gone} is damaged: it is gone"]
    levels = await owner.fetch(
        "SELECT DISTINCT tenant, level FROM logmesh.files WHERE dead_xid IS NULL ORDER BY tenant"
    )
    assert [tuple(row) for row in levels] == [("one", 0), ("two", 1)]


async def test_files_that_cannot_be_merged_hold_up_nobody_else_and_are_tried_again_later(
    storing: Storing, owner: asyncpg.Connection
) -> None:
    """Each of three tenants has one file of another kind that no merge survives, the fourth one has none."""
    spools = [Spool(name) for name in ("refused", "unreadable", "no parquet", "well")]
    for _ in range(FEW_FILES):
        await storing.store(*[spool.batch(columns(FILE_ROWS)) for spool in spools])
    await age_files(owner)
    paths = await _first_files(owner, storing)
    await owner.execute("UPDATE logmesh.files SET rows = rows + 1 WHERE file = $1", int(paths["refused"].stem))
    paths["unreadable"].unlink()
    paths["unreadable"].mkdir()
    paths["no parquet"].write_bytes(NONSENSE)
    await owner.execute(
        "UPDATE logmesh.files SET bytes = $2, crc32c = $3 WHERE file = $1",
        int(paths["no parquet"].stem), len(NONSENSE), google_crc32c.value(NONSENSE),
    )  # fmt: skip
    passed_over = PassedOver()
    done = await tend(owner, storing.root, "merger", retention_days=DAYS, passed_over=passed_over)
    assert done and done.merged == 1
    assert sum("can't be merged" in why for why in done.postponed) == 2 and any(
        f"file {paths['unreadable'].stem} is damaged: it can't be read" in why for why in done.postponed
    )
    merged = "SELECT tenant FROM logmesh.files WHERE dead_xid IS NULL AND level = 1 ORDER BY tenant"
    assert [row["tenant"] for row in await owner.fetch(merged)] == ["well"]
    await storing.store(*[spool.batch(columns(FILE_ROWS)) for spool in spools])
    await age_files(owner)
    again = await tend(owner, storing.root, "merger", retention_days=DAYS, passed_over=passed_over)
    assert again and (again.merged, again.postponed) == (1, []), "the unreadable one's neighbours"
    await owner.execute("UPDATE logmesh.files SET rows = rows - 1 WHERE file = $1", int(paths["refused"].stem))
    assert (await tended(owner, storing)).merged == 1
    assert [row["tenant"] for row in await owner.fetch(merged)] == ["refused", "unreadable", "well"]


async def _first_files(owner: asyncpg.Connection, storing: Storing) -> dict[str, Path]:
    """By tenant."""
    incarnation = await owner.fetchval("SELECT logmesh.incarnation()")
    firsts = await owner.fetch("SELECT tenant, min(file) AS file FROM logmesh.files GROUP BY tenant")
    return {row["tenant"]: path_of(storing.root, incarnation, row["file"]) for row in firsts}


async def test_a_step_that_fails_leaves_the_others_alone(storing: Storing, owner: asyncpg.Connection) -> None:
    await storing.store(Spool().batch(columns(9)))
    await owner.execute("UPDATE logmesh.generations SET closed = true")
    storing.root.mkdir(parents=True)
    (storing.root / await owner.fetchval("SELECT logmesh.incarnation()")).write_bytes(b"in the way of the folder")
    done = await tended(owner, storing)
    (postponed,) = done.postponed
    assert postponed.startswith("sealing: ")
    assert len((await contents(owner, storing.root)).hot) == 9
