"""Flushes made by hand in real transactions, which a test may hold open for as long as it likes."""

import time
from collections.abc import Sequence

import asyncpg
from tests.conftest import Database

from logmesh.record.ids import position_of
from logmesh.storage.sql import load

TENANT = "default"


class FlushByHand:
    """A flush of one batch of a spool of its own, seen by nobody before `commit`. `seconds_ago`: when its transaction took its
    time from the clock, as that of a flush which takes so long did."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self.connection = connection
        self._transaction = connection.transaction()

    @classmethod
    async def begin(cls, database: Database, *bodies: str, seconds_ago: float = 0) -> "FlushByHand":
        """Do all but the commit."""
        flush = cls(await asyncpg.connect(database.owner_dsn))
        await flush._transaction.start()
        await flush._store(bodies, seconds_ago)
        return flush

    async def commit(self) -> None:
        """Let others see it."""
        await self._transaction.commit()
        await self.connection.close()

    async def _store(self, bodies: Sequence[str], seconds_ago: float) -> None:
        connection = self.connection
        origin = await connection.fetchval(
            "INSERT INTO logmesh.origins (tenant, service, instance, resource, scope_name, scope_version, digest)"
            " VALUES ($1, 'by-hand', '', '{}', '', '', uuid_send(gen_random_uuid())) RETURNING origin",
            TENANT,
        )
        (spool,) = await make_spools(connection, 1, seconds_ago)
        await connection.executemany(
            "INSERT INTO logmesh.logs (received, time, ns, position, spool, origin, severity, tenant, service, body)"
            " VALUES (now() - make_interval(secs => $1), now(), 0, $2, $3, $4, 9, $5, 'by-hand', $6)",
            [(seconds_ago, position_of(1, entry), spool, origin, TENANT, body) for entry, body in enumerate(bodies)],
        )
        minute = int(time.time()) // 60
        await connection.execute(load("note_flush"), [minute - 1], [minute + 1], [TENANT], [1], [1], [spool], [1], [1])
        await connection.execute(
            "UPDATE logmesh.flushes SET received = received - make_interval(secs => $1) WHERE xid = pg_current_xact_id()",
            seconds_ago,
        )


async def flush_by_hand(database: Database, *bodies: str) -> None:
    """Store a batch of a new spool."""
    await (await FlushByHand.begin(database, *bodies)).commit()


async def make_spools(connection: asyncpg.Connection, count: int, seconds_ago: float = 0) -> list[int]:
    """Ledger rows of spools that have committed their first batch."""
    rows = await connection.fetch(
        "INSERT INTO logmesh.spools (tenant, spool_id, producer, principal, committed, last_commit)"
        " SELECT $1, gen_random_uuid(), 'by-hand', 'by-hand', '{[1,2)}', now() - make_interval(secs => $2)"
        " FROM generate_series(1, $3) RETURNING spool",
        TENANT, seconds_ago, count,
    )  # fmt: skip
    return [row["spool"] for row in rows]
