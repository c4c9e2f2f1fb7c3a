"""Connections to PostgreSQL, and how its errors sort: what a retry mends, and what the data has done."""

import asyncpg

Connection = asyncpg.Connection


async def connect(dsn: str, *, application: str, timeout_seconds: float = 10) -> "asyncpg.Connection":  # type: ignore[type-arg]
    """Open one connection. Raises OSError or asyncpg.PostgresError; the DSN's password appears in neither."""
    return await asyncpg.connect(
        dsn,
        timeout=timeout_seconds,
        # No plan cache to go stale behind a pooler, and no second round trip for the few statements there are.
        statement_cache_size=32,
        server_settings={"application_name": application, "timezone": "UTC", "search_path": "pg_catalog"},
    )


def is_data_error(error: BaseException) -> bool:
    """Tell whether a row, and not the server, is at fault: SQLSTATE class 22 (data), 23 (constraint) or 54 (limits)."""
    return isinstance(error, asyncpg.PostgresError) and (error.sqlstate or "")[:2] in {"22", "23", "54"}
