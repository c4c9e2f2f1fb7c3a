"""Makes partitions ahead, drops what retention has passed, trims counts, notes of flushes and requests, and archives spools, while
records are written and read.

It is an owner's session that does this, outside of a transaction: DETACH PARTITION CONCURRENTLY runs in neither a function
nor a transaction. No step waits for a lock longer than two seconds; one that didn't get its lock is done the next time.
"""

import asyncio
import datetime
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Final

import asyncpg

from logmesh.storage.failures import describe
from logmesh.storage.postgres import LIMIT_LOCKS
from logmesh.storage.sql import load

MIN_RETENTION_DAYS: Final = 9
"""Times of up to seven days ago are accepted, and must have somewhere to go."""

_LEADER: Final = "SELECT pg_try_advisory_lock(hashtextextended('logmesh.maintenance', 0))"
_PARTITIONED: Final = "SELECT relkind = 'p' FROM pg_class WHERE oid = 'logmesh.logs'::regclass"
_MARK: Final = "being dropped: it is older than what is kept"
_HAS_NARROW: Final = "SELECT to_regprocedure('logmesh.drop_narrow()') IS NOT NULL"
"""Whether the database still has numbers of 32 bits, from before migration 0060."""
_TRIM_ROWS: Final = 10_000
_TRIM_PAUSE_SECONDS: Final = 0.05


@dataclass(slots=True)
class Maintained:
    """What was done: partitions made and dropped (chunks, with TimescaleDB), counts trimmed; and what has to wait."""

    made: int = 0
    dropped: int = 0
    trimmed: int = 0
    postponed: list[str] = field(default_factory=list)


async def maintain(
    connection: "asyncpg.Connection",
    retention_days: int,
    *,
    request_hours: float = 24,
    now: datetime.datetime | None = None,
) -> Maintained | None:
    """Do all of it, or nothing (None) when another session is at it. The connection is the owner's and in no transaction;
    closing it lets another one lead. Requests of receivers are known for `request_hours`. `now`: the database's own time. A step that
    PostgreSQL refuses leaves the others alone; raises what asyncpg raises when the session ends.
    """
    await connection.execute(LIMIT_LOCKS)
    if not await connection.fetchval(_LEADER):
        return None
    now = now or await connection.fetchval("SELECT now()")
    keep_from = now - datetime.timedelta(days=max(retention_days, MIN_RETENTION_DAYS))
    done = Maintained()
    if await connection.fetchval(_PARTITIONED):
        await _step(done, "making partitions", _make(connection, now, done))
        await _step(done, "dropping partitions", _drop_partitions(connection, keep_from, done))
    else:
        await _step(done, "dropping chunks", _drop_chunks(connection, keep_from, done))
    await _step(done, "trimming counts", _trim(connection, load("trim_counts"), keep_from, done))
    await _step(done, "trimming notes of flushes", _trim_flushes(connection))
    known_from = now - datetime.timedelta(hours=request_hours)
    await _step(done, "forgetting requests", _forget_requests(connection, known_from))
    await _step(done, "archiving spools", _finish_spools(connection))
    if await connection.fetchval(_HAS_NARROW):
        await _step(done, "dropping what has numbers of 32 bits", _drop_narrow(connection, keep_from, done))
    return done


async def read_days_ahead(connection: "asyncpg.Connection") -> int | None:
    """Days after today that have a partition; None: none is needed. Raises what asyncpg raises."""
    days_ahead: int | None = await connection.fetchval(load("read_days_ahead"))
    return days_ahead


async def make_partitions(connection: "asyncpg.Connection | asyncpg.Pool") -> None:
    """Make what is missing around today, as the writer may. Raises what asyncpg raises."""
    await connection.execute("SELECT logmesh.make_partitions()")


async def _step(done: Maintained, what: str, step: Awaitable[None]) -> None:
    try:
        await step
    except asyncpg.PostgresError as error:
        done.postponed.append(f"{what}: {describe(error)}")


async def _make(connection: "asyncpg.Connection", now: datetime.datetime, done: Maintained) -> None:
    today = now.astimezone(datetime.UTC).date()
    done.made = await connection.fetchval("SELECT logmesh.make_partitions($1::date)", today)


async def _drop_partitions(connection: "asyncpg.Connection", keep_from: datetime.datetime, done: Maintained) -> None:
    """Detach, then drop. A reader of the partition may stop either; the mark, which lies in the partition's comment, and
    PostgreSQL's own note of a half-done DETACH tell the next time where to go on."""
    first_day = keep_from.astimezone(datetime.UTC).date()
    for partition in await connection.fetch(load("list_expired"), first_day, _MARK):
        name = f"logmesh.{partition['name']}"
        if partition["pending"]:
            await connection.execute(f"ALTER TABLE logmesh.logs DETACH PARTITION {name} FINALIZE")
        elif partition["attached"]:
            await connection.execute(f"COMMENT ON TABLE {name} IS '{_MARK}'")
            await connection.execute(f"ALTER TABLE logmesh.logs DETACH PARTITION {name} CONCURRENTLY")
        await connection.execute(f"DROP TABLE {name}")
        done.dropped += 1


async def _drop_chunks(connection: "asyncpg.Connection", keep_from: datetime.datetime, done: Maintained) -> None:
    schema = await connection.fetchval(
        "SELECT quote_ident(n.nspname) FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace"
        " WHERE e.extname = 'timescaledb'"
    )
    drop = f"SELECT count(*) FROM {schema}.drop_chunks('logmesh.logs', older_than => $1::timestamptz)"  # noqa: S608
    done.dropped = await connection.fetchval(drop, keep_from)


async def _trim(
    connection: "asyncpg.Connection", statement: str, keep_from: datetime.datetime, done: Maintained
) -> None:
    while trimmed := int((await connection.execute(statement, keep_from, _TRIM_ROWS)).split()[1]):
        done.trimmed += trimmed
        await asyncio.sleep(_TRIM_PAUSE_SECONDS)


async def _drop_narrow(connection: "asyncpg.Connection", keep_from: datetime.datetime, done: Maintained) -> None:
    """Trim their counts, and drop all of it once retention has dropped the last record that may have them."""
    trim_narrow = load("trim_counts").replace("logmesh.counts", "logmesh.narrow_counts")
    await _trim(connection, trim_narrow, keep_from, done)
    await connection.execute("SELECT logmesh.drop_narrow()")


async def _finish_spools(connection: "asyncpg.Connection") -> None:
    while (await connection.execute(load("finish_spools"), _TRIM_ROWS)) == f"UPDATE {_TRIM_ROWS}":
        await asyncio.sleep(_TRIM_PAUSE_SECONDS)


async def _trim_flushes(connection: "asyncpg.Connection") -> None:
    await connection.execute(load("trim_foreign_flushes"))
    while await connection.fetchval(load("trim_flushes"), _TRIM_ROWS) == _TRIM_ROWS:
        await asyncio.sleep(_TRIM_PAUSE_SECONDS)


async def _forget_requests(connection: "asyncpg.Connection", known_from: datetime.datetime) -> None:
    while await connection.execute(load("trim_requests"), known_from, _TRIM_ROWS) == f"DELETE {_TRIM_ROWS}":
        await asyncio.sleep(_TRIM_PAUSE_SECONDS)
