"""A database as a release of before left it: the numbered migrations up to one, applied one by one and noted as such."""

import uuid

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


BEFORE = ["before 1", "before 2", "before 3"]
"""What `store_before` stores."""


async def store_before(owner: asyncpg.Connection, spool_id: str = "") -> None:
    """Store three records in the schema of `RELEASED`, an hour ago, of one spool and one origin."""
    await owner.execute(_STORED.format(spool=spool_id or uuid.uuid4()))


_STORED = f"""
INSERT INTO logmesh.spools (tenant, spool_id, producer, principal, epoch, committed, stored, last_commit)
VALUES ('default', '{{spool}}', 'test', 'anonymous', 7, '{{{{[1,4)}}}}', 3, now());
INSERT INTO logmesh.origins (tenant, service, instance, resource, scope_name, scope_version, digest)
VALUES ('default', 'test', '', '{{{{}}}}', '', '', 'of release {RELEASED}');
INSERT INTO logmesh.logs (time, position, spool, origin, ns, severity, tenant, service, body)
SELECT now() - interval '1 hour', seq << 14, 1, 1, 0, 9, 'default', 'test', 'before ' || seq FROM generate_series(1, 3) AS seq;
INSERT INTO logmesh.counts SELECT date_trunc('minute', now() - interval '1 hour'), 1, 9, 3;
"""
