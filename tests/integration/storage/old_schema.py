"""A database as a release of before left it: the numbered migrations up to one, applied one by one and noted as such."""

import asyncpg

from logmesh.storage.migration_files import Flavour, migrations

RELEASED = 13
"""The newest migration of the release before the baseline."""


async def make_old_schema(owner: asyncpg.Connection, flavour: Flavour, newest: int = RELEASED) -> None:
    """Make it in an empty database. The session searches pg_catalog alone, as a processor's does."""
    await owner.execute(
        "CREATE SCHEMA logmesh; CREATE TABLE logmesh.migrations"
        " (name text PRIMARY KEY, digest text NOT NULL, applied timestamptz NOT NULL DEFAULT now())"
    )
    for migration in migrations(flavour):
        if migration.number <= newest:
            async with owner.transaction():
                await owner.execute(migration.sql)
                await owner.execute("INSERT INTO logmesh.migrations VALUES ($1, $2)", migration.name, migration.digest)
