"""A merged file holds each record of its sources once, in a file's order, and takes their place in one commit."""

import random
import time
from itertools import pairwise

import asyncpg
import pyarrow.parquet as pq
import pytest
from tests.integration.lake.batches import columns
from tests.integration.lake.storing import Contents, Spool, Storing, age_files, contents, full_catalog, said

from logmesh.lake import bloom, trigrams
from logmesh.lake.attribute_columns import AttributeColumn, read_columns
from logmesh.lake.folder import path_of
from logmesh.lake.schema import PAGE_ROWS, ROW_GROUP_BYTES, ROW_GROUP_ROWS
from logmesh.lake.tending.merge import FEW_FILES, OVERLAPPING, MergeRefused, merge
from logmesh.lake.tending.merging import Damaged
from logmesh.lake.tending.sweep import sweep
from logmesh.lake.writing.filing import FILE_ROWS

OWNER = "merger"


async def fill(storing: Storing, files: int, tenant: str = "acme") -> None:
    """Files of two spools each, of which one lags: their times overlap."""
    at = time.time_ns()
    spools = Spool(tenant), Spool(tenant)
    for each in range(files):
        step = each * FILE_ROWS
        await storing.store(
            spools[0].batch(columns(FILE_ROWS, at=at + step)),
            spools[1].batch(columns(1_000, at=at + max(0, step - 7_000))),
        )


def by_identity(found: Contents) -> dict[tuple[int, int], dict[str, object]]:
    return {(row["spool"], row["position"]): {**said(row), "time": row["time"]} for row in found.filed}


async def test_sixteen_files_become_one_that_holds_the_same(storing: Storing, owner: asyncpg.Connection) -> None:
    await fill(storing, 8)
    before = await contents(owner, storing.root)
    assert await merge(owner, storing.root, OWNER, files=9) is None
    merged = await merge(owner, storing.root, OWNER, files=8)
    assert merged and (sorted(before.files), 8 * 6_000) == (sorted(merged.sources), merged.rows)
    after = await contents(owner, storing.root)
    assert by_identity(before) == by_identity(after) and set(after.identities().values()) == {1}
    (file,) = after.catalog
    assert (file["file"], file["level"]) == (merged.file, 1)
    for name, of in (("min_time", min), ("max_time", max), ("newest", max)):
        assert file[name] == of(each[name] for each in before.catalog)
    assert bloom.may_hold(file["traces"], (4_999).to_bytes(16, "big"))


async def test_what_is_left_is_merged_once_no_more_comes(storing: Storing, owner: asyncpg.Connection) -> None:
    chance, long = random.Random(1), columns(8)
    for _ in range(3):
        long.bodies[:] = [chance.randbytes(75_000).hex().encode() for _ in range(8)]
        await storing.store(Spool().batch(long))
    await fill(storing, 1, "little")
    left = [file["file"] for file in (await contents(owner, storing.root)).catalog if file["tenant"] == "acme"]
    assert await merge(owner, storing.root, OWNER) is None, "others may come"
    merged = await merge(owner, storing.root, OWNER, waited_seconds=0)
    assert merged and (sorted(merged.sources), merged.rows) == (left, 24)
    assert await merge(owner, storing.root, OWNER, waited_seconds=0) is None, "it is merged, or too little"


async def test_a_merged_file_is_in_order_and_has_pages(storing: Storing, owner: asyncpg.Connection) -> None:
    await fill(storing, 8)
    merged = await merge(owner, storing.root, OWNER, files=8)
    assert merged
    path = path_of(storing.root, await owner.fetchval("SELECT logmesh.incarnation()"), merged.file)
    with pq.ParquetFile(path) as parquet:
        groups = [
            parquet.read_row_group(at, columns=["time", "service"]).to_pydict() for at in range(parquet.num_row_groups)
        ]
        assert parquet.metadata.row_group(0).column(0).has_offset_index and PAGE_ROWS < ROW_GROUP_ROWS
    assert [len(group["time"]) for group in groups] == [ROW_GROUP_ROWS, ROW_GROUP_ROWS, 48_000 - 2 * ROW_GROUP_ROWS]
    for group, following in pairwise(groups):
        assert max(group["time"]) <= min(following["time"])
    for group in groups:
        keys = list(zip(group["service"], group["time"], strict=True))
        assert keys == sorted(keys)


async def test_attributes_get_columns_that_the_catalog_names(storing: Storing, owner: asyncpg.Connection) -> None:
    await fill(storing, 4)
    before = await contents(owner, storing.root)
    assert await merge(owner, storing.root, OWNER, files=4)
    after = await contents(owner, storing.root)
    (file,) = after.catalog
    assert read_columns(file["columns"]) == (AttributeColumn("n", "int", 0),)
    assert by_identity(before) == by_identity(after)
    path = path_of(storing.root, file["incarnation"], file["file"])
    with pq.ParquetFile(path) as parquet:
        assert parquet.metadata.metadata[b"logmesh.columns"] == file["columns"].replace(" ", "").encode()
        table = parquet.read(["attributes", "a0"])
    assert (table["attributes"].null_count, table["a0"].null_count) == (24_000, 0)


async def test_bodies_of_a_merged_file_are_found_by_trigrams(storing: Storing, owner: asyncpg.Connection) -> None:
    at = time.time_ns()
    spool = Spool("acme")
    for each, name in enumerate(("early", "late")):
        parts = [at + (4 * each + part) * ROW_GROUP_ROWS // 4 for part in range(4)]
        await storing.store(*[spool.batch(columns(ROW_GROUP_ROWS // 4, at=part, name=name)) for part in parts])
    assert await owner.fetchval("SELECT bool_and(trigrams IS NULL) FROM logmesh.files")
    assert await merge(owner, storing.root, OWNER, files=2)
    packed = await owner.fetchval("SELECT trigrams FROM logmesh.files WHERE dead_xid IS NULL")
    assert trigrams.group_rows(packed).tolist() == [ROW_GROUP_ROWS, ROW_GROUP_ROWS]
    assert trigrams.row_groups(packed, ["Early 2"]).tolist() == [True, False]
    assert trigrams.row_groups(packed, ["ate"]).tolist() == [False, True]


async def test_long_bodies_end_a_row_group_early_and_a_merge_soon(storing: Storing, owner: asyncpg.Connection) -> None:
    spool, at = Spool("acme"), time.time_ns()
    long = "".join(random.Random(1).choices("0123456789abcdef", k=200_000))
    for each in range(5):
        parts = [columns(30, at=at + (4 * each + part) * 30, name=long[each:]) for part in range(4)]
        await storing.store(*map(spool.batch, parts))
    size = await owner.fetchval("SELECT max(bytes) FROM logmesh.files")
    merged = await merge(owner, storing.root, OWNER, files=99, most_bytes=4 * size + 1)
    assert merged and (len(merged.sources), merged.rows) == (4, 480)
    alone = await merge(owner, storing.root, OWNER, files=99, most_bytes=1)
    assert alone and alone.rows == 120, "as flushed it would have neither columns nor trigrams"
    assert await merge(owner, storing.root, OWNER, files=2, most_bytes=1) is None, "what was merged is large enough"
    incarnation = await owner.fetchval("SELECT logmesh.incarnation()")
    for file in (merged.file, max(merged.sources)):
        metadata = pq.read_metadata(path_of(storing.root, incarnation, file))
        rows = [metadata.row_group(at).num_rows for at in range(metadata.num_row_groups)]
        assert max(rows) <= ROW_GROUP_BYTES // 200_000 and sum(rows[:-1]) == (len(rows) - 1) * max(rows)


async def test_levels_and_tenants_are_merged_apart(storing: Storing, owner: asyncpg.Connection) -> None:
    for _ in range(2):
        await fill(storing, 2, "one")
        await fill(storing, 2, "two")
        for _ in range(2):
            assert await merge(owner, storing.root, OWNER, files=2)
    while await merge(owner, storing.root, OWNER, files=2):
        pass
    found = await contents(owner, storing.root)
    assert sorted((file["tenant"], file["level"], file["rows"]) for file in found.catalog) == [
        ("one", 2, 24_000),
        ("two", 2, 24_000),
    ]
    assert set(found.identities().values()) == {1}


async def test_a_damaged_source_is_named_and_nothing_is_merged(storing: Storing, owner: asyncpg.Connection) -> None:
    await fill(storing, 2)
    incarnation = await owner.fetchval("SELECT logmesh.incarnation()")
    broken = path_of(storing.root, incarnation, max((await contents(owner, storing.root)).files))
    content = bytearray(broken.read_bytes())
    content[len(content) // 2] ^= 4
    broken.write_bytes(content)
    with pytest.raises(Damaged, match=f"file {broken.stem} is damaged"):
        await merge(owner, storing.root, OWNER, files=2)
    assert await owner.fetchval("SELECT count(*) FROM logmesh.files WHERE dead_xid IS NULL") == 2


async def test_a_file_that_died_meanwhile_makes_a_merge_give_up(storing: Storing, owner: asyncpg.Connection) -> None:
    await fill(storing, 2)
    await owner.execute(  # one of them is passed over, as if it had died before
        "CREATE FUNCTION pg_temp.late() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;"
        "CREATE TRIGGER late BEFORE UPDATE ON logmesh.files FOR EACH ROW WHEN (OLD.file = 1) EXECUTE FUNCTION pg_temp.late()"
    )
    before = await contents(owner, storing.root)
    assert await merge(owner, storing.root, OWNER, files=2) is None
    after = await contents(owner, storing.root)
    assert sorted(before.files) == sorted(after.files)
    assert {int(path.stem) for path in storing.root.rglob("*.parquet")} == set(after.files)


async def test_a_merge_that_the_catalog_has_no_room_for_leaves_no_file(
    storing: Storing, owner: asyncpg.Connection
) -> None:
    await fill(storing, 2)
    await full_catalog(owner)
    with pytest.raises(asyncpg.DiskFullError):
        await merge(owner, storing.root, OWNER, files=2)
    found = await contents(owner, storing.root)
    assert len(found.files) == 2
    assert {int(path.stem) for path in storing.root.rglob("*.parquet")} == set(found.files), "each try would leave one"


async def test_counts_that_differ_are_refused(storing: Storing, owner: asyncpg.Connection) -> None:
    await fill(storing, 2)
    await owner.execute("UPDATE logmesh.files SET rows = rows + 1 WHERE file = (SELECT min(file) FROM logmesh.files)")
    with pytest.raises(MergeRefused):
        await merge(owner, storing.root, OWNER, files=2)
    assert await owner.fetchval("SELECT count(*) FROM logmesh.files WHERE dead_xid IS NULL") == 2
    await sweep(owner, storing.root, pending_seconds=0)
    assert len(list(storing.root.rglob("*.parquet"))) == 2


async def test_sources_go_once_their_time_is_over(storing: Storing, owner: asyncpg.Connection) -> None:
    await fill(storing, 2)
    await merge(owner, storing.root, OWNER, files=2)
    assert (await sweep(owner, storing.root)).deleted == 0
    assert (await sweep(owner, storing.root, dead_seconds=0)).deleted == 2
    found = await contents(owner, storing.root)
    assert set(found.identities().values()) == {1} and len(found.filed) == 12_000


async def test_few_files_are_enough_once_one_has_waited(storing: Storing, owner: asyncpg.Connection) -> None:
    await fill(storing, FEW_FILES)
    assert await merge(owner, storing.root, OWNER) is None, "more may come"
    await age_files(owner)
    merged = await merge(owner, storing.root, OWNER)
    assert merged and len(merged.sources) == FEW_FILES


async def test_few_files_are_merged_at_once_that_would_be_in_memory_together(
    storing: Storing, owner: asyncpg.Connection
) -> None:
    spool, at = Spool("acme"), time.time_ns()
    for _ in range(OVERLAPPING + 2):
        await storing.store(spool.batch(columns(FILE_ROWS, at=at)))
    for _ in range(OVERLAPPING):  # each beside one other
        at += FILE_ROWS
        await storing.store(spool.batch(columns(FILE_ROWS, at=at)))
    sources = [await merge(owner, storing.root, OWNER, files=each) for each in (2 * OVERLAPPING, OVERLAPPING + 2)]
    assert [merged and len(merged.sources) for merged in sources] == [OVERLAPPING, OVERLAPPING + 2]
    assert set((await contents(owner, storing.root)).identities().values()) == {1}
