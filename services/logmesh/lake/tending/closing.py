"""Closes the generation that takes rows, once questions pay more for rows than their files cost.

A question reads its tenant's rows, and a seal writes a file for each tenant: the fewer rows these have, the more files a record costs.
The sum of both is least where what the largest tenant has, times what tenants have on average, is the same whenever one is closed. So a
busy tenant is sealed within seconds, and a thousand small ones, of which none pays much, wait for one another.
"""

from typing import Final

import asyncpg

from logmesh.storage.sql import load

SEAL_BYTES: Final = 1 << 20
"""The square root of that product: what a lone tenant has."""
MOST_BYTES: Final = 128 << 20
SEAL_SECONDS: Final = 3_600
"""In any case one is closed that has so many bytes, or takes rows for so long. A tenant's rows of it are in memory at once."""
_OPEN: Final = """
SELECT format('logmesh.hot_%s', generation) AS hot, opened < now() - make_interval(secs => $1) AS old
FROM logmesh.generations WHERE NOT closed
"""


async def close_if_due(
    connection: "asyncpg.Connection", *, seal_bytes: int, most_bytes: int, seal_seconds: float
) -> None:
    """Close it and open the next, where it has rows and it is time. Waits for flushes that hold it. Raises what asyncpg raises."""
    generation = await connection.fetchrow(_OPEN, seal_seconds)
    if generation is None:
        return
    hot: str = generation["hot"]
    sql = load("weigh_generation").replace("logmesh.hot", f"{hot} AS hot")
    ((size, worth, tenants),) = await connection.fetch(sql, hot, seal_bytes)
    if tenants and (tenants <= worth or size >= most_bytes or generation["old"]):
        await connection.execute("UPDATE logmesh.generations SET closed = true WHERE NOT closed")
        await connection.execute("SELECT logmesh.open_generation()")
