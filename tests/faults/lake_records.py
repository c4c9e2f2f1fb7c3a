"""All that a lake has, by its catalog, in one snapshot."""

from pathlib import Path

import asyncpg
import pyarrow.parquet as pq

from logmesh.lake.folder import path_of
from logmesh.lake.tending.merging import check_file

COUNT = (
    "SELECT (SELECT count(*) FROM logmesh.hot JOIN logmesh.generations USING (generation) WHERE sealed_xid IS NULL)"
    " + (SELECT coalesce(sum(rows), 0)::bigint FROM logmesh.files WHERE dead_xid IS NULL) AS n"
)
"""How many records there are."""
_FILES = "SELECT file, incarnation, rows, bytes, crc32c FROM logmesh.files WHERE dead_xid IS NULL"
_HOT = "SELECT body FROM logmesh.hot JOIN logmesh.generations USING (generation) WHERE sealed_xid IS NULL"


async def bodies(connection: "asyncpg.Connection", root: Path) -> list[str]:
    """Of all tenants; each file by its checksum. `connection` may read everything. Raises Damaged for a file that is not what was
    written, and is still in the catalog."""
    read: dict[int, list[str]] = {}
    while True:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            files = await connection.fetch(_FILES)
            hot = [row["body"] for row in await connection.fetch(_HOT)]
        try:
            for row in files:
                if row["file"] not in read:
                    read[row["file"]] = _read(row, root)
        except FileNotFoundError:
            if row["file"] in {each["file"] for each in await connection.fetch(_FILES)}:
                raise
            continue  # it was merged meanwhile
        return hot + [body for row in files for body in read[row["file"]]]


def _read(row: "asyncpg.Record", root: Path) -> list[str]:
    path = path_of(root, row["incarnation"], row["file"])
    content: list[str] = pq.read_table(path, columns=["body"], use_threads=False)["body"].to_pylist()
    check_file(path, row["file"], row["bytes"], row["crc32c"])
    assert len(content) == row["rows"]
    return content
