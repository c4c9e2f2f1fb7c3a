"""Builds an index while its table is written to, as often as it takes: a half-built one is dropped and made again."""

import contextlib
from typing import Final

import asyncpg

from logmesh.storage.migration_files import Flavour, Index
from logmesh.storage.postgres import LIMIT_LOCKS, WAIT_FOR_LOCKS

_PARTITIONED: Final = "SELECT relkind = 'p' FROM pg_class WHERE oid = $1::text::regclass"
_VALID: Final = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass($1)"
_LACKING: Final = """
SELECT p.relname FROM pg_inherits AS i JOIN pg_class AS p ON p.oid = i.inhrelid
WHERE i.inhparent = $1::text::regclass AND NOT i.inhdetachpending AND NOT EXISTS (
  SELECT FROM pg_index AS x JOIN pg_inherits AS a ON a.inhrelid = x.indexrelid
  WHERE x.indrelid = p.oid AND a.inhparent = $2::text::regclass)
ORDER BY p.relname DESC
"""


async def build_index(connection: "asyncpg.Connection", index: Index, flavour: Flavour) -> None:
    """Build `index`, outside of a transaction. Raises what asyncpg raises; called again it goes on where it ended."""
    if await connection.fetchval(_PARTITIONED, f"logmesh.{index.table}"):
        await _build_partitioned(connection, index)
    elif flavour == "timescaledb" and index.table == "logs":
        # No index of a hypertable is built concurrently: this locks one chunk after another, each for its own part.
        columns, where, condition = index.definition.partition(" WHERE ")
        per_chunk = f"{columns} WITH (timescaledb.transaction_per_chunk){where}{condition}"
        await _build(connection, index.name, index.table, per_chunk, concurrently="")
    else:
        await _build(connection, index.name, index.table, index.definition)


async def _build_partitioned(connection: "asyncpg.Connection", index: Index) -> None:
    """None of a partitioned table is, either: an empty one is made there, one on each partition, and these are attached."""
    if await connection.fetchval(_VALID, f"logmesh.{index.name}") is None:
        await connection.execute(f"CREATE INDEX {index.name} ON ONLY logmesh.{index.table} {index.definition}")
    lacking = await connection.fetch(_LACKING, f"logmesh.{index.table}", f"logmesh.{index.name}")
    for (partition,) in lacking:
        part = partition + index.name.removeprefix(index.table)
        with contextlib.suppress(asyncpg.UndefinedTableError):  # retention was faster
            await _build(connection, part, partition, index.definition)
            await connection.execute(f"ALTER INDEX logmesh.{index.name} ATTACH PARTITION logmesh.{part}")


async def _build(
    connection: "asyncpg.Connection", name: str, table: str, definition: str, *, concurrently: str = "CONCURRENTLY"
) -> None:
    valid = await connection.fetchval(_VALID, f"logmesh.{name}")
    if valid:
        return
    if concurrently:
        # It waits for transactions that began before, a dump of hours among them; meanwhile nobody waits for it.
        await connection.execute(WAIT_FOR_LOCKS)
    if valid is False:
        await connection.execute(f"DROP INDEX {concurrently} logmesh.{name}")
    await connection.execute(f"CREATE INDEX {concurrently} {name} ON logmesh.{table} {definition}")
    await connection.execute(LIMIT_LOCKS)
