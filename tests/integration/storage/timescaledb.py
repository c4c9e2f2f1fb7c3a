"""A database with TimescaleDB on the server that LOGMESH_TEST_TIMESCALEDB_DSN names, with roles of its own."""

import contextlib
import os
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg

VARIABLE = "LOGMESH_TEST_TIMESCALEDB_DSN"
DSN = os.environ.get(VARIABLE, "")
_GROUPS = ("logmesh_writer", "logmesh_reader")


@dataclass(frozen=True, slots=True)
class TimescaleDatabase:
    """Connection strings by role; no role but the superuser is one."""

    superuser_dsn: str
    owner_dsn: str
    writer_dsn: str
    reader_dsn: str


@contextlib.asynccontextmanager
async def timescale_database(*, extension: bool = True) -> AsyncIterator[TimescaleDatabase]:
    """Make an empty database, and drop it and its roles when the body ends. `extension`: created before the body."""
    name = f"test_{uuid4().hex[:12]}"
    password = secrets.token_hex(16)
    superuser = await asyncpg.connect(DSN)
    for group in _GROUPS:
        if not await superuser.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", group):
            await superuser.execute(f"CREATE ROLE {group} NOLOGIN")
    roles = {
        f"{name}_owner": "",
        f"{name}_writer": "IN ROLE logmesh_writer",
        f"{name}_reader": "IN ROLE logmesh_reader",
    }
    for role, membership in roles.items():
        await superuser.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{password}' {membership}")
    await superuser.execute(f"CREATE DATABASE {name} OWNER {name}_owner")
    try:
        if extension:
            await create_extension(_dsn(name))
        owner, writer, reader = (_dsn(name, role, password) for role in roles)
        yield TimescaleDatabase(_dsn(name), owner, writer, reader)
    finally:
        await superuser.execute(f"DROP DATABASE {name} WITH (FORCE)")
        for role in roles:
            await superuser.execute(f"DROP ROLE {role}")
        await superuser.close()


async def create_extension(superuser_dsn: str) -> None:
    """Create the extension. It wants a session that has not used it yet."""
    connection = await asyncpg.connect(superuser_dsn)
    await connection.execute("CREATE EXTENSION IF NOT EXISTS timescaledb")
    await connection.close()


def _dsn(database: str, role: str = "", password: str = "") -> str:
    parts = urlsplit(DSN)
    where = parts.netloc.rpartition("@")[2]
    who = f"{role}:{password}" if role else parts.netloc.rpartition("@")[0]
    return parts._replace(netloc=f"{who}@{where}" if who else where, path=f"/{database}").geturl()
