"""Files that are not what was written, noted in the catalog: there an operator finds them, and merging leaves them out."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import asyncpg

from logmesh.lake.folder import path_of
from logmesh.rows.records import to_timestamp
from logmesh.storage.sql import load


@dataclass(frozen=True, slots=True)
class Damage:
    """A live file that is damaged, or that is whole again, when `fault` is empty: whose records of which times it has."""

    path: Path
    tenant: str
    first: datetime
    last: datetime
    rows: int
    fault: str


async def note_damage(connection: "asyncpg.Connection", root: Path, file: int, fault: str) -> Damage | None:
    """Note what was found when a file's bytes were looked at, nothing where `fault` is empty. Returns what is news: None where the
    catalog had it so, or the file is not live any more; and where the whole folder is gone, a volume that is not there, which is
    no file's fault. Raises what asyncpg raises."""
    incarnation = await connection.fetchval("SELECT incarnation FROM logmesh.files WHERE file = $1", file)
    if incarnation is None or (fault and not (root / incarnation).is_dir()):
        return None
    row = await connection.fetchrow(load("note_damage"), file, bool(fault))
    if row is None or row["was_damaged"] == bool(fault):
        return None
    path = path_of(root, incarnation, file)
    first, last = to_timestamp(row["min_time"])[0], to_timestamp(row["max_time"])[0]
    return Damage(path, row["tenant"], first, last, row["rows"], fault)
