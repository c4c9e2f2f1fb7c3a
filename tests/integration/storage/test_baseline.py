"""A new database gets the baseline, one that is there the migrations it lacks; both are the same then, and go on as they are."""

import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from structlog.testing import capture_logs
from tests.conftest import Database
from tests.integration.processor.append_stream import columns_of
from tests.integration.processor.conftest import ServerStore
from tests.integration.processor.running import running_processor
from tests.integration.storage.catalog import read_catalogs
from tests.integration.storage.old_schema import BEFORE, make_old_schema, store_before
from tests.integration.storage.timescaledb import timescale_database

from logmesh.record.ranges import RangeSet
from logmesh.storage.maintenance import maintain
from logmesh.storage.migrate import build_indexes, migrate
from logmesh.storage.migration_files import FLAVOURS, Flavour, baseline, migrations
from logmesh.storage.postgres import connect

ADD_IT = (
    "put what the migration does into baseline.sql or baseline.<flavour>.sql, and its number into the line that says so"
)

KEEP_DAYS = 30
NARROW = ("narrow_counts", "logs | narrow_", "logs | spool | ", "logs | origin | ", "logs | logs_wide | ", "logs | CREATE TRIGGER",
          "records | ", "record_counts | ")  # fmt: skip
"""What is about narrow numbers, by the beginning of its line."""


@pytest.fixture
async def owner(database: Database) -> AsyncIterator[asyncpg.Connection]:
    """The owner's session in an empty database."""
    connection = await connect(database.owner_dsn, application="test")
    yield connection
    await connection.close()


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_the_baseline_stands_for_every_migration(flavour: Flavour) -> None:
    lacking = {one.name for one in migrations(flavour)} - {one.name for one in baseline(flavour).stands_for}
    assert not lacking, ADD_IT


async def test_of_a_new_schema_one_line_is_said(owner: asyncpg.Connection) -> None:
    with capture_logs() as said:
        made = await migrate(owner)
    assert [(line["event_name"], line["stands_for"]) for line in said] == [("baseline", len(made))]


async def test_baseline_and_migrations_lead_to_the_same_schema_once_retention_has_passed(
    database: Database, owner: asyncpg.Connection
) -> None:
    await make_old_schema(owner, "postgresql")
    await store_before(owner)
    upgraded = await _up_to_date(owner)
    ended = await _after(owner, days=KEEP_DAYS + 3)
    await owner.execute("DROP SCHEMA logmesh CASCADE")
    new = await _up_to_date(owner)
    _differ_by_narrow_numbers(new, upgraded)
    _are_the_same(new, ended)


async def test_narrow_numbers_stay_as_long_as_any_record_may_have_them(
    database: Database, owner: asyncpg.Connection
) -> None:
    await make_old_schema(owner, "postgresql")
    await store_before(owner)
    upgraded = await _up_to_date(owner)
    await owner.execute("UPDATE logmesh.migrations SET applied = applied - interval '2 days'")
    almost = await _after(owner, days=KEEP_DAYS + 2)
    assert upgraded["triggers"] - almost["triggers"] == {
        one for one in upgraded["triggers"] if one.startswith("logs |")
    }
    assert almost["columns"] == upgraded["columns"]


@pytest.mark.needs("timescaledb")
async def test_baseline_and_migrations_lead_to_the_same_schema_on_timescaledb() -> None:
    async with timescale_database() as database:
        owner = await connect(database.owner_dsn, application="test")
        await make_old_schema(owner, "timescaledb")
        await store_before(owner)
        upgraded = await _up_to_date(owner, timescaledb=True)
        ended = await _after(owner, days=KEEP_DAYS + 3, timescaledb=True)
        await owner.execute("DROP SCHEMA logmesh CASCADE")
        new = await _up_to_date(owner, timescaledb=True)
        _differ_by_narrow_numbers(new, upgraded)
        _are_the_same(new, ended)
        await owner.close()


async def test_an_upgrade_keeps_what_was_stored_and_goes_on_with_it(
    database: Database, owner: asyncpg.Connection, tmp_path: Path
) -> None:
    await make_old_schema(owner, "postgresql")
    spool = str(uuid.uuid4())
    await store_before(owner, spool)
    async with running_processor(ServerStore(database.server, database.name), tmp_path) as processor:
        stream = processor.stream(spool)
        welcome = await stream.hello()
        assert [(part.first, part.last) for part in welcome.committed] == [(1, 3)]
        await stream.send_columns(3, columns_of([b"sent again"]))
        await stream.send_columns(4, columns_of([b"after the upgrade"]))
        await stream.until_committed(3, 4)
        assert sorted(await processor.bodies()) == ["after the upgrade", *BEFORE]
        assert (await processor.ledger(spool)).committed == RangeSet([(1, 4)])
    reader = await connect(database.reader_dsn, application="test")
    await reader.execute("SELECT set_config('app.tenant', 'default', false)")
    rows = await reader.fetch("SELECT body, service, spool FROM logmesh.records ORDER BY time, position")
    assert [row["body"] for row in rows] == [*BEFORE, "after the upgrade"]
    assert {(row["service"], row["spool"]) for row in rows} == {("test", 1)}
    assert await reader.fetchval("SELECT sum(records)::int FROM logmesh.record_counts") == 4
    await reader.close()


async def test_a_second_process_finds_the_baseline_and_lays_none(owner: asyncpg.Connection) -> None:
    assert "0001_tables.sql" in await migrate(owner)
    assert await migrate(owner) == []
    assert await build_indexes(owner) == []


def _are_the_same(new: dict[str, set[str]], upgraded: dict[str, set[str]]) -> None:
    assert new["relations"]
    assert new["functions"]
    only_new = {catalog: sorted(facts - upgraded[catalog]) for catalog, facts in new.items()}
    only_upgraded = {catalog: sorted(upgraded[catalog] - facts) for catalog, facts in new.items()}
    assert (not any(only_new.values()), not any(only_upgraded.values())) == (True, True), (
        f"{ADD_IT}; the baseline alone has {only_new}, the migrations alone have {only_upgraded}"
    )


def _differ_by_narrow_numbers(new: dict[str, set[str]], upgraded: dict[str, set[str]]) -> None:
    """An upgraded database keeps what its records of before need, and nothing else is other than in a new one."""
    different = {fact for catalog, facts in new.items() for fact in facts ^ upgraded[catalog]}
    assert different
    others = {fact for fact in different if not fact.startswith(NARROW) and "logmesh.drop_narrow()" not in fact}
    assert not others, f"{ADD_IT}; different are {sorted(others)}"


async def _after(owner: asyncpg.Connection, *, days: int, timescaledb: bool = False) -> dict[str, set[str]]:
    """The schema as maintenance leaves it so many days from now."""
    done = await maintain(owner, KEEP_DAYS, now=await owner.fetchval("SELECT now() + make_interval(days => $1)", days))
    assert done is not None
    assert not done.postponed
    return await read_catalogs(owner, timescaledb=timescaledb)


async def _up_to_date(owner: asyncpg.Connection, *, timescaledb: bool = False) -> dict[str, set[str]]:
    await migrate(owner)
    await build_indexes(owner)
    return await read_catalogs(owner, timescaledb=timescaledb)
