"""Which database stands behind a connection: the same as before, or another one, or an earlier state of it."""

from dataclasses import dataclass

import asyncpg

from logmesh.storage.sql import load


@dataclass(frozen=True, slots=True)
class Incarnation:
    """`name` changes when the database is replaced, restored from a dump or promoted; `position` is how far its log is durable, in
    bytes, and only ever grows."""

    name: str
    position: int

    def follows(self, before: "Incarnation") -> bool:
        """Whether this is the database of `before`, and not an earlier state, such as an old copy of its disk."""
        return self.name == before.name and self.position >= before.position


async def read_incarnation(connection: "asyncpg.Connection | asyncpg.Pool") -> Incarnation:
    """Ask a database that takes writes. Raises what asyncpg raises."""
    row = await connection.fetchrow(load("read_incarnation"))
    if row is None:
        raise AssertionError("a select without a table has a row")
    return Incarnation(row["name"], row["position"])
