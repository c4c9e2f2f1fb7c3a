"""Rows as processors store them: with their counts, and noted in the ledger, by one transaction."""

import datetime
from uuid import uuid4

import asyncpg

_STORE = """
WITH origin AS (
  INSERT INTO logmesh.origins (tenant, service, instance, resource, scope_name, scope_version, digest)
  VALUES ('default', 'checkout', $3::text, '{}', '', '', sha256(convert_to($3, 'UTF8'))) RETURNING origin
), spool AS (
  INSERT INTO logmesh.spools (tenant, spool_id, producer, principal, stored, created)
  VALUES ('default', $4::uuid, $3, '', $2::int + $5::int, $6::timestamptz) RETURNING spool
), stored AS (
  INSERT INTO logmesh.logs (time, position, spool, origin, ns, severity, tenant, service, body)
  SELECT $1::timestamptz + n * interval '1 second', n, spool, origin, 0, 9, 'default', 'checkout', repeat(md5(n::text || $3), $7::int)
  FROM spool, origin, generate_series(0, $2::int - 1) AS n
  RETURNING time, origin
)
INSERT INTO logmesh.counts SELECT date_trunc('minute', time), origin, 9, count(*) FROM stored GROUP BY 1, 2
"""


async def store(
    connection: asyncpg.Connection,
    rows: int,
    *,
    since: datetime.timedelta,
    producer: str,
    opened: datetime.timedelta | None = None,
    dropped: int = 0,
    words: int = 1,
) -> None:
    """Store a row a second, the first of them `since` ago, from a spool that was opened then or `opened` ago, and of whose rows
    retention has dropped some. A row's text has so many words of 32 characters, which are never the same twice."""
    now = datetime.datetime.now(datetime.UTC)
    created = now - (opened or since)
    await connection.execute(_STORE, now - since, rows, producer, uuid4(), dropped, created, words)
