"""Connections to PostgreSQL, and how its errors sort: what a retry mends, and what the data has done.

A host that vanishes says nothing. So each connection asks its peer for a sign of life, in the kernel; what the kernel can't see, a
peer that takes bytes and does nothing with them, is for the deadlines of whoever waits for an answer.
"""

import contextlib
import socket
from collections.abc import AsyncIterator
from typing import Any, Final

import asyncpg

from logmesh.storage.failures import READ_ONLY, SchemaBehind
from logmesh.storage.migration_files import newest_known
from logmesh.storage.sql import load

WRITES_FROM: Final = 63
"""The migration from which on the schema lays records out as this release writes them."""
LIMIT_LOCKS: Final = "SET lock_timeout = '2s'"
WAIT_FOR_LOCKS: Final = "SET lock_timeout = 0"
_CLOSE_SECONDS: Final = 2

CONNECT_SECONDS: Final = 10.0
_IDLE_SECONDS, _INTERVAL_SECONDS, _PROBES = 5, 2, 3
_UNANSWERED_MILLISECONDS = 10_000
# By name, since not every system has them all.
_KEEPALIVE = (
    ("TCP_KEEPIDLE", _IDLE_SECONDS),
    ("TCP_KEEPINTVL", _INTERVAL_SECONDS),
    ("TCP_KEEPCNT", _PROBES),
    ("TCP_USER_TIMEOUT", _UNANSWERED_MILLISECONDS),
)


async def connect(dsn: str, *, application: str, timeout_seconds: float = CONNECT_SECONDS) -> "asyncpg.Connection":
    """Open one connection. Raises OSError or asyncpg.PostgresError; the DSN's password appears in neither."""
    return await _connect(
        dsn,
        timeout=timeout_seconds,
        # No plan cache to go stale behind a pooler, and no second round trip for the few statements there are.
        statement_cache_size=32,
        server_settings=_settings(application)
        | {
            # A process that stands still in a flush would hold its ledger rows, and with them other processors, for ever.
            "idle_in_transaction_session_timeout": "5s",
        },
    )


async def connect_writer(
    dsn: str, *, application: str, timeout_seconds: float = CONNECT_SECONDS
) -> "asyncpg.Connection":
    """`connect`, for a session that writes records."""
    connection = await connect(dsn, application=application, timeout_seconds=timeout_seconds)
    try:
        await connection.execute(load("set_writer"))
        await _end_with_client(connection)
    except BaseException:
        connection.terminate()
        raise
    return connection


@contextlib.asynccontextmanager
async def owner_session(dsn: str, *, application: str) -> "AsyncIterator[asyncpg.Connection]":
    """A session that changes the schema. Who waits behind it for a lock waits for two seconds at most.

    However the body ends, cancelled too, its statement is ended on the server and the session closed, within two seconds.
    """
    connection = await connect(dsn, application=application)
    try:
        await connection.execute(f"{LIMIT_LOCKS}; SET statement_timeout = 0")
        await _end_with_client(connection)
        yield connection
    finally:
        with contextlib.suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            await connection.close(timeout=_CLOSE_SECONDS)


async def _end_with_client(connection: "asyncpg.Connection") -> None:
    """A statement of a process that was killed, or has gone away from it, ends, with the locks that it holds."""
    with contextlib.suppress(asyncpg.InvalidParameterValueError):  # not every operating system can tell
        await connection.execute("SET client_connection_check_interval = '2s'")


async def unwritable(connection: "asyncpg.Connection | asyncpg.Pool") -> str | None:
    """Why this release can't write to the database, as a clause; None when it can. Raises SchemaBehind, and what asyncpg raises."""
    ((read_only, needed),) = await connection.fetch(
        "SELECT current_setting('transaction_read_only') = 'on', logmesh.written_from()"
    )
    if read_only:
        return READ_ONLY
    if needed > newest_known():
        return (
            f"the schema is a newer release's: it wants migration {needed} known, and this one knows {newest_known()}"
        )
    check_layout(needed)
    return None


def check_layout(written_from: int) -> None:
    """Raises SchemaBehind when the schema is one to which releases before this one may write: numbers have another width there,
    which would look like a fault of the data."""
    if written_from < WRITES_FROM:
        raise SchemaBehind


def is_data_error(error: BaseException) -> bool:
    """Tell whether a row, and not the server, is at fault: SQLSTATE class 22 (data) or 54 (limits).

    Not class 23: the tables' only constraints are ours to keep, such as a partition for every day."""
    return isinstance(error, asyncpg.PostgresError) and (error.sqlstate or "")[:2] in {"22", "54"}


async def open_pool(dsn: str, *, application: str, size: int, seconds: float = 30) -> "asyncpg.Pool":
    """Open a small pool that connects on first use, so that a process can start while the database is away.

    `seconds`: how long a statement may take.
    """
    return await asyncpg.create_pool(
        dsn,
        min_size=0,
        max_size=size,
        timeout=min(seconds, CONNECT_SECONDS),
        command_timeout=seconds,
        server_settings=_settings(application),
        connect=_connect,
        reset=_keep,
    )


def _settings(application: str) -> dict[str, str]:
    return {
        "application_name": application,
        "timezone": "UTC",
        "search_path": "pg_catalog",
        # A schema that has become another's refuses releases that don't know it.
        "logmesh.schema": str(newest_known()),
    }


async def _connect(*args: Any, **kwargs: Any) -> "asyncpg.Connection":
    connection: asyncpg.Connection = await asyncpg.connect(*args, **kwargs)
    notice_silence(connection)
    return connection


def notice_silence(connection: "asyncpg.Connection") -> None:
    """Have the kernel end the connection some ten seconds after its peer has vanished, whether or not anything is sent."""
    opened: Any = connection  # asyncpg has no way of its own to set options of the socket
    sock = opened._transport.get_extra_info("socket")
    if sock.family not in (socket.AF_INET, socket.AF_INET6):
        return
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEPALIVE:
        if (option := getattr(socket, name, None)) is not None:
            sock.setsockopt(socket.IPPROTO_TCP, option, value)


async def _keep(connection: "asyncpg.Connection") -> None:
    """On release asyncpg rolls back what was left open and then resets the session, a round trip of four statements. Here
    all settings end with their transaction, and sessions hold neither locks nor channels."""
