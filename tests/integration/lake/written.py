"""Records put into the lake as a processor would write them."""

import time
import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import google_crc32c
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from tests.conftest import Database
from tests.integration.lake.split import Keys, split

from logmesh.lake import bloom, counts, trigrams
from logmesh.lake.attribute_columns import AttributeColumn, write_columns
from logmesh.lake.folder import make_folder, path_of
from logmesh.lake.schema import SCHEMA
from logmesh.lake.tending.merge import LEVELS, merge
from logmesh.lake.writing.attributes import one_form
from logmesh.lake.writing.file import Footer, Written, write_file
from logmesh.record.attributes import attributes_to_json
from logmesh.rows.records import to_timestamp
from logmesh.v1.record_pb2 import LogRecord

INCARNATION = "1-2-3-4"
FEW_ROWS = 4
"""Of a row group of a file with columns."""
_HOT = (
    "generation", "time", "ns", "position", "spool", "received", "severity", "trace_id", "span_id", "tenant", "service", "instance",
    "scope_name", "scope_version", "severity_text", "body", "attributes", "resource",
)  # fmt: skip


class Lake:
    """Stores records into files below `root`, and into rows, of the lake of one database."""

    def __init__(self, database: Database, root: Path) -> None:
        self._database, self._root = database, root

    def path(self, file: int) -> Path:
        """Where a file is."""
        return path_of(self._root, INCARNATION, file)

    async def put_file(
        self,
        records: Sequence[LogRecord],
        positions: Sequence[int],
        *,
        tenant: str = "default",
        spool: int = 1,
        instead_of: Sequence[int] = (),
        rows: Sequence[int] = (),
        keys: Keys = (),
    ) -> int:
        """Store some records as one file, with columns of some attributes, and return its number; in the same commit files and, by
        their positions, rows end."""
        connection = await asyncpg.connect(self._database.owner_dsn)
        file: int = await connection.fetchval("INSERT INTO logmesh.pending (owner) VALUES ('test') RETURNING file")
        written, columns = write_records(self.path(file), records, positions, tenant=tenant, spool=spool, keys=keys)
        times = [record.time_unix_nano for record in records]
        services = [record.resource.service_name or "unknown_service" for record in records]
        names = sorted(set(services))
        counted = counts.count(
            np.array(times, np.int64),
            np.array([names.index(service) for service in services], np.int64),
            np.array([record.severity_number for record in records], np.uint8),
            names,
        )
        async with connection.transaction():
            await connection.execute(
                "INSERT INTO logmesh.files (file, incarnation, tenant, level, min_time, max_time, newest, rows, bytes, crc32c, counts,"
                " traces, columns, trigrams) VALUES ($1, $2, $3, $13, $4, $5, $5, $6, $7, $8, $9, $10, $11, $12)",
                file, INCARNATION, tenant, min(times), max(times), len(records), written.size, written.crc32c, counts.pack(counted),
                bloom.build(bloom.keys_of(b"".join(record.trace_id or bytes(16) for record in records))),
                write_columns(columns).decode(), _trigrams([record.body for record in records]) if keys else None,
                LEVELS if keys else 0,
            )  # fmt: skip
            await connection.execute("DELETE FROM logmesh.pending WHERE file = $1", file)
            await connection.execute(
                "UPDATE logmesh.files SET dead_xid = pg_current_xact_id() WHERE file = ANY ($1::bigint[])", instead_of
            )
            await connection.execute(
                "DELETE FROM logmesh.hot WHERE tenant = $1 AND spool = $2 AND position = ANY ($3::bigint[])",
                tenant, spool, rows,
            )  # fmt: skip
        await connection.close()
        return file

    async def merge(self) -> None:
        """Merge two files of one tenant that have no columns, where there are two."""
        connection = await asyncpg.connect(self._database.owner_dsn)
        await merge(connection, self._root, "test", files=2)
        await connection.close()

    async def put_rows(
        self, records: Sequence[LogRecord], positions: Sequence[int], *, tenant: str = "default", spool: int = 1
    ) -> None:
        """Store some records as rows of the generation that is open."""
        connection = await asyncpg.connect(self._database.owner_dsn)
        generation = await connection.fetchval("SELECT logmesh.open_generation()")
        rows = []
        for record, position in zip(records, positions, strict=True):
            at, ns = to_timestamp(record.time_unix_nano)
            rows.append((
                generation, at, ns, position, spool, datetime.now(UTC), record.severity_number,
                uuid.UUID(bytes=record.trace_id) if any(record.trace_id) else None,
                int.from_bytes(record.span_id, "big", signed=True) if any(record.span_id) else None,
                tenant, record.resource.service_name or "unknown_service", record.resource.service_instance_id, "", "",
                record.severity_text or None, record.body, attributes_to_json(record.attributes).decode() or None,
                attributes_to_json(record.resource.attributes).decode() or "{}",
            ))  # fmt: skip
        await connection.copy_records_to_table("hot", schema_name="logmesh", columns=_HOT, records=rows)
        await connection.close()


def write_records(
    path: Path,
    records: Sequence[LogRecord],
    positions: Sequence[int] | None = None,
    *,
    tenant: str = "default",
    spool: int = 1,
    keys: Keys = (),
) -> tuple[Written, list[AttributeColumn]]:
    """Write a file of records in their order, with columns of some attributes and then small row groups, positions from 0 where none
    are said; a service that is empty becomes `unknown_service`."""
    columns: dict[str, Iterable[Any]] = {
        "time": [record.time_unix_nano for record in records],
        "received": [time.time_ns()] * len(records),
        "severity": [record.severity_number for record in records],
        "severity_text": [record.severity_text or None for record in records],
        "service": [record.resource.service_name or "unknown_service" for record in records],
        "instance": [record.resource.service_instance_id for record in records],
        "resource": [attributes_to_json(record.resource.attributes).decode() or "{}" for record in records],
        "scope_name": [""] * len(records),
        "scope_version": [""] * len(records),
        "body": [record.body for record in records],
        "attributes": _formed([attributes_to_json(record.attributes) for record in records]),
        "trace_id": [record.trace_id if any(record.trace_id) else None for record in records],
        "span_id": [record.span_id if any(record.span_id) else None for record in records],
        "spool": [spool] * len(records),
        "position": range(len(records)) if positions is None else positions,
    }
    nothing = [None] * len(records)
    arrays = [pa.array(columns.get(field.name, nothing), field.type) for field in SCHEMA]
    table, known = split(pa.table(arrays, schema=SCHEMA), keys)
    if not keys:
        return write_file(path, [table], Footer(tenant, INCARNATION), len(records)), known
    make_folder(path.parent)
    pq.write_table(table, path, row_group_size=FEW_ROWS, store_schema=False)
    content = path.read_bytes()
    return Written(len(content), google_crc32c.value(content)), known


def _trigrams(bodies: Sequence[str]) -> bytes:
    groups = [bodies[first : first + FEW_ROWS] for first in range(0, len(bodies), FEW_ROWS)]
    return trigrams.pack((trigrams.seen_in(pa.array(group)) for group in groups), list(map(len, groups)))


def _formed(texts: Sequence[bytes]) -> list[str | None]:
    formed = one_form(texts)
    assert not formed.refused
    return [text.decode() or None for text in formed.texts]
