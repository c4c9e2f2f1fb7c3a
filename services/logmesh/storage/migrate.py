"""Brings the schema up to date. Whichever process comes first does it, under an advisory lock; the others wait and find it done."""

import hashlib
from collections.abc import Iterable
from importlib.resources import files

import asyncpg

_LOCK = 0x6C6F676D657368  # "logmesh"


class MigrationError(Exception):
    """A migration failed, or one that was applied has changed since."""


async def migrate(connection: asyncpg.Connection) -> list[str]:
    """Apply what is missing and return its names. The connection is the owner's. Raises MigrationError."""
    applied_now: list[str] = []
    await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
    try:
        await connection.execute(
            "CREATE SCHEMA IF NOT EXISTS logmesh;"
            "CREATE TABLE IF NOT EXISTS logmesh.migrations"
            " (name text PRIMARY KEY, digest text NOT NULL, applied timestamptz NOT NULL DEFAULT now())"
        )
        rows = await connection.fetch("SELECT name, digest FROM logmesh.migrations")
        applied = {row["name"]: row["digest"] for row in rows}
        flavour = _flavour_of(applied)
        if flavour is None:
            flavour = "timescaledb" if await connection.fetchval(_HAS_TIMESCALEDB) else "postgresql"
        for name, sql in _migrations(flavour):
            digest = hashlib.sha256(sql.encode()).hexdigest()
            if name in applied:
                if applied[name] != digest:
                    raise MigrationError(f"migration {name} was applied and has changed since; add a new one instead")
                continue
            try:
                async with connection.transaction():
                    await connection.execute(sql)
                    await connection.execute("INSERT INTO logmesh.migrations VALUES ($1, $2)", name, digest)
            except asyncpg.PostgresError as error:
                raise MigrationError(f"migration {name}: {error}") from error
            applied_now.append(name)
    finally:
        await connection.execute("SELECT pg_advisory_unlock($1)", _LOCK)
    return applied_now


# Under its Apache licence the extension has no columnstore; plain partitions are then the better ones.
_HAS_TIMESCALEDB = (
    "SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb')"
    " AND coalesce(current_setting('timescaledb.license', true), '') = 'timescale'"
)


def _flavour_of(applied: Iterable[str]) -> str | None:
    """The flavour that a database has: an extension that is installed later doesn't change it."""
    return next((parts[1] for parts in (name.split(".") for name in applied) if len(parts) > 2), None)


def _migrations(flavour: str) -> list[tuple[str, str]]:
    """Migrations in order: those without a flavour in their name, and those of `flavour`."""
    found = []
    for file in sorted(files("logmesh.storage.migrations").iterdir(), key=lambda file: file.name):
        parts = file.name.split(".")
        if parts[-1] == "sql" and (len(parts) == 2 or parts[1] == flavour):
            found.append((file.name, file.read_text("utf-8")))
    return found
