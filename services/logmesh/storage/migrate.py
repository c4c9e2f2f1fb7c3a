"""Brings the schema up to date. Whichever process comes first does it, under an advisory lock; the others wait and find it done."""

import asyncio
import time
from typing import Final

import asyncpg
import structlog

from logmesh.storage.failures import describe, passes
from logmesh.storage.indexes import build_index
from logmesh.storage.migration_files import Flavour, Index, Migration, baseline, flavour_of, migrations
from logmesh.storage.postgres import LIMIT_LOCKS, unwritable

log = structlog.get_logger()

_LOCK: Final = 0x6C6F676D657368  # "logmesh"
_INDEX_LOCK: Final = _LOCK + 1
_TRY_LOCK: Final = "SELECT pg_try_advisory_lock($1)"
_LOOK_SECONDS: Final = 0.5
_SAY_SECONDS: Final = 60
_NOTE_ALL: Final = "INSERT INTO logmesh.migrations (name, digest) SELECT * FROM unnest($1::text[], $2::text[])"
# Under its Apache licence the extension has no columnstore; plain partitions are then the better ones.
_HAS_TIMESCALEDB: Final = (
    "SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb')"
    " AND coalesce(current_setting('timescaledb.license', true), '') = 'timescale'"
)


class MigrationError(Exception):
    """A migration failed, or one that was applied has changed since. Trying again doesn't mend it."""


class MigrationPostponed(Exception):
    """A migration did not get what it needs, such as a lock, or the schema is a newer release's. Trying again mends it in the
    end."""


async def migrate(connection: asyncpg.Connection) -> list[str]:
    """Apply what is missing, but for indexes that are built beside the work, and return its names. The connection is the owner's.

    It may be cancelled at any time, and called again on another connection: after an error this one is to be closed, which
    rolls back and unlocks. Raises MigrationError, MigrationPostponed, or what asyncpg raises.
    """
    await connection.execute(LIMIT_LOCKS)
    await _lock(connection)
    await connection.execute(
        "CREATE SCHEMA IF NOT EXISTS logmesh;"
        "CREATE TABLE IF NOT EXISTS logmesh.migrations"
        " (name text PRIMARY KEY, digest text NOT NULL, applied timestamptz NOT NULL DEFAULT now())"
    )
    done = await _lay_baseline(connection)
    flavour, missing = await _missing(connection)
    for name in await _apply_all(connection, [one for one in missing if not one.index_steps], flavour):
        log.info("applied a migration", event_name="migrated", migration=name)
        done.append(name)
    if fault := await unwritable(connection):
        raise MigrationPostponed(fault)
    await connection.execute("SELECT pg_advisory_unlock($1)", _LOCK)
    return done


async def build_indexes(connection: asyncpg.Connection) -> list[str] | None:
    """What `migrate` left out, which takes hours where there is much, while records are written. Everything else as there, but
    None when another process is at it."""
    await connection.execute(LIMIT_LOCKS)
    if not await connection.fetchval(_TRY_LOCK, _INDEX_LOCK):
        return None
    flavour, missing = await _missing(connection)
    done = await _apply_all(connection, [one for one in missing if one.index_steps], flavour)
    await connection.execute("SELECT pg_advisory_unlock($1)", _INDEX_LOCK)
    return done


async def _lock(connection: asyncpg.Connection) -> None:
    """Ask again and again: a session that waits inside a statement has a snapshot, and an index that another one builds
    concurrently waits for that."""
    said_at = float("-inf")
    while not await connection.fetchval(_TRY_LOCK, _LOCK):
        if time.monotonic() > said_at + _SAY_SECONDS:
            said_at = time.monotonic()
            log.info("waiting for another process that migrates", event_name="migration_elsewhere")
        await asyncio.sleep(_LOOK_SECONDS)


async def _lay_baseline(connection: asyncpg.Connection) -> list[str]:
    """Give a new database the schema at once. Returns the migrations that this stands for: none, where the schema is there."""
    if await connection.fetchval("SELECT EXISTS (SELECT FROM logmesh.migrations)"):
        return []
    new = baseline(await _new_flavour(connection))
    names = [migration.name for migration in new.stands_for]
    log.info("making the schema", event_name="baseline", stands_for=len(names))
    await connection.execute("BEGIN")
    try:
        await connection.execute(new.sql)
    except asyncpg.PostgresError as error:
        raised = MigrationPostponed if passes(error) else MigrationError
        raise raised(f"baseline: {describe(error)}") from error
    await connection.execute(_NOTE_ALL, names, [migration.digest for migration in new.stands_for])
    await connection.execute("COMMIT")
    return names


async def _missing(connection: asyncpg.Connection) -> tuple[Flavour, list[Migration]]:
    rows = await connection.fetch("SELECT name, digest FROM logmesh.migrations")
    applied = {row["name"]: row["digest"] for row in rows}
    flavour = flavour_of(applied) or await _new_flavour(connection)
    return flavour, [migration for migration in migrations(flavour) if not _is_applied(migration, applied)]


async def _new_flavour(connection: asyncpg.Connection) -> Flavour:
    return "timescaledb" if await connection.fetchval(_HAS_TIMESCALEDB) else "postgresql"


def _is_applied(migration: Migration, applied: dict[str, str]) -> bool:
    if applied.get(migration.name, migration.digest) != migration.digest:
        raise MigrationError(f"migration {migration.name} was applied and has changed since; add a new one instead")
    return migration.name in applied


async def _apply_all(connection: asyncpg.Connection, missing: list[Migration], flavour: Flavour) -> list[str]:
    for migration in missing:
        log.info("applying a migration", event_name="migrating", migration=migration.name)
        try:
            await _apply(connection, migration, flavour)
        except asyncpg.PostgresError as error:
            raised = MigrationPostponed if passes(error) else MigrationError
            raise raised(f"migration {migration.name}: {describe(error)}") from error
    return [migration.name for migration in missing]


async def _apply(connection: asyncpg.Connection, migration: Migration, flavour: Flavour) -> None:
    """In one transaction, but for indexes: each is built as often as it takes, and then the file is done."""
    for step in migration.index_steps:
        if isinstance(step, Index):
            await build_index(connection, step, flavour)
        else:
            await connection.execute(step)
    # Not `connection.transaction()`: on cancellation that would wait for a rollback, of a server that may be gone.
    await connection.execute("BEGIN")
    if not migration.index_steps:
        await connection.execute(migration.sql)
    await connection.execute("INSERT INTO logmesh.migrations VALUES ($1, $2)", migration.name, migration.digest)
    await connection.execute("COMMIT")
