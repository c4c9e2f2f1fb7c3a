"""Connections to PostgreSQL, and how its errors sort: what a retry mends, and what the data has done."""

import asyncpg

from logmesh.storage.sql import load


async def connect(dsn: str, *, application: str, timeout_seconds: float = 10) -> "asyncpg.Connection":
    """Open one connection. Raises OSError or asyncpg.PostgresError; the DSN's password appears in neither."""
    return await asyncpg.connect(
        dsn,
        timeout=timeout_seconds,
        # No plan cache to go stale behind a pooler, and no second round trip for the few statements there are.
        statement_cache_size=32,
        server_settings={
            "application_name": application,
            "timezone": "UTC",
            "search_path": "pg_catalog",
            # A process that stands still in a flush would hold its ledger rows, and with them other processors, for ever.
            "idle_in_transaction_session_timeout": "5s",
        },
    )


async def connect_writer(dsn: str, *, application: str) -> "asyncpg.Connection":
    """`connect`, for a session that writes records."""
    connection = await connect(dsn, application=application)
    try:
        await connection.execute(load("set_writer"))
    except BaseException:
        connection.terminate()
        raise
    return connection


def is_data_error(error: BaseException) -> bool:
    """Tell whether a row, and not the server, is at fault: SQLSTATE class 22 (data) or 54 (limits).

    Not class 23: the tables' only constraints are ours to keep, such as a partition for every day."""
    return isinstance(error, asyncpg.PostgresError) and (error.sqlstate or "")[:2] in {"22", "54"}


async def open_pool(dsn: str, *, application: str, size: int) -> "asyncpg.Pool":
    """Open a small pool that connects on first use, so that a process can start while the database is away."""
    return await asyncpg.create_pool(
        dsn,
        min_size=0,
        max_size=size,
        timeout=10,
        command_timeout=30,
        server_settings={"application_name": application, "timezone": "UTC", "search_path": "pg_catalog"},
        reset=_keep,
    )


async def _keep(connection: "asyncpg.Connection") -> None:
    """On release asyncpg rolls back what was left open and then resets the session, a round trip of four statements. Here
    all settings end with their transaction, and sessions hold neither locks nor channels."""
