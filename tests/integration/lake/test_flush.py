"""What a flush stores is there once, in files or in hot rows, whatever else happens meanwhile."""

import asyncio
import time
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from tests.conftest import Database
from tests.integration.lake.batches import columns
from tests.integration.lake.storing import Spool, Storing, contents, said
from tests.integration.processor.append_stream import columns_of
from tests.integration.processor.bad_entries import AFTER, BAD_COLUMNS, BEFORE

from logmesh.lake import bloom, counts
from logmesh.lake.folder import path_of
from logmesh.lake.writing.filing import FILE_ROWS
from logmesh.record.ids import position_of
from logmesh.record.packed import pack_times
from logmesh.storage.postgres import connect_writer


async def test_what_is_worth_a_file_becomes_one_and_the_rest_hot_rows(
    storing: Storing, owner: asyncpg.Connection
) -> None:
    large, small = Spool("large"), Spool("small")
    began = time.time_ns()
    flushed = await storing.store(
        large.batch(columns(3_000)), small.batch(columns(10, name="small")), large.batch(columns(2_000))
    )
    assert len(flushed.stored) == 3
    found = await contents(owner, storing.root)
    (file,) = found.catalog
    assert (file["tenant"], file["rows"], len(found.hot), found.stored) == ("large", 5_000, 10, 5_010)
    assert set(found.identities().values()) == {1}
    assert {row["body"] for row in found.hot} == {f"small {each}" for each in range(10)}
    assert found.bodies()["line 0"] == 2 and found.bodies()["line 2500"] == 1
    times = [row["time"] for row in found.filed]
    assert (file["min_time"], file["max_time"]) == (min(times), max(times)) and file["newest"] > began
    counted = counts.unpack(file["counts"])
    assert counted.services == ["api", "checkout"] and counted.records.sum() == 5_000
    assert bloom.may_hold(file["traces"], (2_999).to_bytes(16, "big"))
    assert not await owner.fetchval("SELECT count(*) FROM logmesh.pending WHERE file = $1", file["file"])


async def test_old_records_of_a_tenant_are_noted_for_nobody_else(storing: Storing, owner: asyncpg.Connection) -> None:
    at = time.time_ns()
    old, new, large, both = Spool("old"), Spool("new"), Spool("large"), Spool("both")
    await storing.store(
        old.batch(columns(3, at=1)), new.batch(columns(3, at=at)), large.batch(columns(FILE_ROWS, at=at)),
        both.batch(columns(2, at=1)), both.batch(columns(FILE_ROWS, at=at)),
    )  # fmt: skip
    noted = await owner.fetch(
        "SELECT tenant, extract(epoch FROM oldest)::int / 60, extract(epoch FROM newest)::int / 60 FROM logmesh.flushes"
    )
    now = at // (60 * 10**9)
    assert {tenant: (oldest, newest) for tenant, oldest, newest in noted} == {
        "old": (0, 1), "new": (now, now + 1), "large": (now, now + 1), "both": (0, now + 1),
    }  # fmt: skip


async def test_a_large_batch_is_worth_a_file_however_few_records_it_has(
    storing: Storing, owner: asyncpg.Connection
) -> None:
    await storing.store(Spool().batch(columns_of([b"x" * 250_000] * 5)))
    found = await contents(owner, storing.root)
    assert len(found.filed) == 5 and not found.hot


async def test_what_is_stored_is_not_stored_again(storing: Storing, owner: asyncpg.Connection) -> None:
    spool = Spool()
    batches = [spool.batch(columns(FILE_ROWS)), spool.batch(columns(10))]
    await storing.store(*batches, *batches)
    again = await storing.store(*batches)
    assert (len(again.stored), len(again.duplicates)) == (0, 2)
    more = await storing.store(*batches, spool.batch(columns(20)))
    assert (len(more.stored), len(more.duplicates)) == (1, 2)
    found = await contents(owner, storing.root)
    assert set(found.identities().values()) == {1} and found.stored == FILE_ROWS + 30
    assert len(found.files) == 1


async def test_old_records_have_a_file_of_their_own(storing: Storing, owner: asyncpg.Connection) -> None:
    spool = Spool()
    await storing.store(spool.batch(columns(3_000)), spool.batch(columns(3_000, at=5)))
    found = await contents(owner, storing.root)
    assert sorted(file["rows"] for file in found.catalog) == [3_000, 3_000]
    assert min(found.catalog, key=lambda file: file["min_time"])["max_time"] == 5 + 2_999


async def test_few_old_records_are_hot_rows_at_their_own_time(storing: Storing, owner: asyncpg.Connection) -> None:
    await storing.store(Spool().batch(columns(3, at=1)))
    found = await contents(owner, storing.root)
    assert sorted(int(row["nano"]) for row in found.hot) == [1, 2, 3]


async def test_hot_rows_and_files_say_the_same(storing: Storing, owner: asyncpg.Connection) -> None:
    at = time.time_ns()
    small = [bad.columns for bad in BAD_COLUMNS.values() if len(bad.columns.SerializeToString()) < 1 << 18]
    rare = columns(5, at=at)
    rare.severity_texts.extend([b"", b"LOUD", b"", "é".encode(), b""])
    rare.event_names.extend([b"page", b"", b"", b"", b""])
    rare.flags.extend([0, 1, 0, 0, 0])
    rare.observed_times_unix_nano = pack_times([at + 5] * 5)
    rare.span_ids = bytes(8) + b"s" * 32
    parts = [*small, rare, columns_of([b"far ahead"], time_unix_nano=(1 << 64) - 1)]
    hot, filed = Spool("hot"), Spool("filed")
    await storing.store(*[hot.batch(part) for part in parts])
    await storing.store(*[filed.batch(part) for part in parts], *[filed.batch(columns(FILE_ROWS))])
    found = await contents(owner, storing.root)
    in_hot = {row["position"]: said(row) for row in found.hot}
    in_files = {row["position"]: said(row) for row in found.filed if row["position"] >> 14 <= len(parts)}
    assert len(in_hot) > 3 * len(parts) / 2 and in_hot == in_files
    dead = await owner.fetch("SELECT tenant, position, reason, entry FROM logmesh.dead_letters ORDER BY position")
    letters = {tenant: [tuple(row)[1:] for row in dead if row["tenant"] == tenant] for tenant in ("hot", "filed")}
    assert letters["hot"] == letters["filed"] and letters["hot"]


async def test_dead_letters_are_those_of_the_rows_store(storing: Storing, owner: asyncpg.Connection) -> None:
    spool = Spool()
    await storing.store(*[spool.batch(bad.columns) for bad in BAD_COLUMNS.values()])
    dead = await owner.fetch("SELECT position, reason FROM logmesh.dead_letters")
    expected = {position_of(seq, 1): bad.reason for seq, bad in enumerate(BAD_COLUMNS.values(), 1) if bad.reason}
    assert {row["position"]: row["reason"] for row in dead} == expected
    found = await contents(owner, storing.root)
    assert found.bodies()[BEFORE.decode()] == found.bodies()[AFTER.decode()] == len(BAD_COLUMNS)
    (ledger,) = await owner.fetch("SELECT stored, dead_letters FROM logmesh.spools")
    assert tuple(ledger) == (3 * len(BAD_COLUMNS) - len(expected), len(expected))


async def test_a_spool_that_somebody_has_locked_waits_alone(storing: Storing, owner: asyncpg.Connection) -> None:
    locked, free = Spool("one"), Spool("two")
    await storing.store(locked.batch(columns(1)))
    more = locked.batch(columns(FILE_ROWS)), free.batch(columns(FILE_ROWS))
    async with owner.transaction():
        await owner.execute("SELECT FROM logmesh.spools FOR UPDATE")
        flushed = await storing.store(*more)
        assert (len(flushed.stored), len(flushed.locked)) == (1, 1)
    flushed = await storing.store(*more)
    assert (len(flushed.stored), len(flushed.duplicates)) == (1, 1)
    found = await contents(owner, storing.root)
    assert set(found.identities().values()) == {1} and len(found.filed) == 2 * FILE_ROWS
    assert _on_disk(storing.root) == set(found.files)


async def test_two_processors_with_the_same_batches_store_them_once(
    storing: Storing, owner: asyncpg.Connection, database: Database
) -> None:
    connection = await connect_writer(database.writer_dsn, application="other")
    other = Storing(connection, storing.root, "log-processor-1")
    spools = [Spool(f"tenant {each % 2}") for each in range(4)]
    for _ in range(8):
        batches = [spool.batch(columns(2_500)) for spool in spools]

        async def until_stored(one: Storing, batches: list[Any] = batches) -> None:
            while (await one.store(*batches)).locked:
                pass

        await asyncio.gather(until_stored(storing), until_stored(other))
    await connection.close()
    found = await contents(owner, storing.root)
    assert set(found.identities().values()) == {1}
    assert len(found.filed) + len(found.hot) == found.stored == 8 * 4 * 2_500
    assert _on_disk(storing.root) == set(found.files)


async def test_a_flush_that_lost_its_numbers_to_a_sweep_writes_anew(
    storing: Storing, owner: asyncpg.Connection
) -> None:
    spool = Spool()
    await storing.store(spool.batch(columns(FILE_ROWS)))
    lost = {row["file"] for row in await owner.fetch("DELETE FROM logmesh.pending RETURNING file")}
    await storing.store(spool.batch(columns(FILE_ROWS)))
    found = await contents(owner, storing.root)
    assert len(found.files) == 2 and not lost & set(found.files)
    assert set(found.identities().values()) == {1} and _on_disk(storing.root) == set(found.files)


async def test_a_file_of_a_database_that_was_put_back_is_left_alone(
    storing: Storing, owner: asyncpg.Connection
) -> None:
    incarnation = await owner.fetchval("SELECT logmesh.incarnation()")
    theirs = [path_of(storing.root, incarnation, file) for file in range(1, 71)]
    theirs[0].parent.mkdir(parents=True)
    for path in theirs:
        path.write_bytes(b"theirs")
    await storing.store(Spool().batch(columns(FILE_ROWS)))
    found = await contents(owner, storing.root)
    assert min(found.files) > 70 and all(path.read_bytes() == b"theirs" for path in theirs)


async def test_rows_go_into_the_next_generation_once_one_is_closed(storing: Storing, owner: asyncpg.Connection) -> None:
    spool = Spool()
    await storing.store(spool.batch(columns(1)))
    await owner.execute("UPDATE logmesh.generations SET closed = true")
    await storing.store(spool.batch(columns(2)))
    found = await contents(owner, storing.root)
    assert sorted(row["generation"] for row in found.hot) == [1, 2, 2]


async def test_a_generation_is_held_for_as_long_as_a_flush_stores_into_it(
    storing: Storing, owner: asyncpg.Connection, database: Database
) -> None:
    await storing.store(Spool().batch(columns(1)))
    holder = await asyncpg.connect(database.writer_dsn)
    async with holder.transaction():
        assert await holder.fetchval("SELECT logmesh.hold_generation()") == 1
        with pytest.raises(asyncpg.LockNotAvailableError):
            await owner.execute("SET lock_timeout = '50ms'; UPDATE logmesh.generations SET closed = true")
    await holder.close()


async def test_what_a_transaction_failed_to_store_is_stored_once_when_it_is_tried_again(
    storing: Storing, owner: asyncpg.Connection
) -> None:
    spool = Spool()
    batches = [spool.batch(columns(FILE_ROWS)), Spool("small").batch(columns(3))]
    await owner.execute("REVOKE INSERT ON logmesh.flushes FROM logmesh_writer")  # its last statement
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await storing.store(*batches)
    found = await contents(owner, storing.root)
    assert not found.files and not found.hot and not found.stored
    assert not _on_disk(storing.root), "each try would leave some"
    await owner.execute("GRANT INSERT ON logmesh.flushes TO logmesh_writer")
    await storing.store(*batches)
    found = await contents(owner, storing.root)
    assert set(found.identities().values()) == {1} and found.stored == FILE_ROWS + 3
    assert _on_disk(storing.root) == set(found.files)


def _on_disk(root: Path) -> set[int]:
    return {int(path.stem) for path in root.rglob("*.parquet")}
