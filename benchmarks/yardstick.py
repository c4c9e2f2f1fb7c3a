"""What the machine itself gives at this moment: the same rows copied into a plain table without indexes.

Machines are shared: their speed differs by half from hour to hour. A figure beside its yardstick, from one run, can be
compared with another day's.
"""

import io

import asyncpg

from benchmarks.servers import Servers
from logmesh.storage.copy_rows import COLUMNS

_ROWS = 200_000


async def yardstick(servers: Servers) -> float:
    """Return PostgreSQL's CPU seconds per million rows of such a COPY."""
    connection = await asyncpg.connect(servers.postgres.dsn("postgres", "logmesh", over_socket=True))
    try:
        rows = io.BytesIO()
        await connection.copy_from_query(
            f"SELECT {', '.join(COLUMNS)} FROM logmesh.logs LIMIT {_ROWS}",  # noqa: S608  # constants
            output=rows,
            format="binary",
        )
        await connection.execute("CREATE TABLE plain (LIKE logmesh.logs INCLUDING DEFAULTS)")
        before = servers.postgres_cpu()
        for _ in range(5):
            rows.seek(0)
            await connection.copy_to_table("plain", source=rows, columns=COLUMNS, format="binary")
        spent = servers.postgres_cpu() - before
        await connection.execute("DROP TABLE plain")
        return spent / (5 * _ROWS / 1e6)
    finally:
        await connection.close()
