"""Records put into a real database as a processor would store them, for the gateway to find."""

import json
import uuid
from collections.abc import Sequence

import asyncpg
import numpy as np
from tests.conftest import Database

from logmesh.processor.counts import count, count_keys
from logmesh.record.attributes import attributes_to_json
from logmesh.rows.records import to_timestamp
from logmesh.storage.sql import load
from logmesh.v1.record_pb2 import LogRecord

_COLUMNS = (
    "time", "ns", "position", "spool", "origin", "severity", "trace_id", "span_id", "tenant", "service",
    "severity_text", "body", "attributes",
)  # fmt: skip


async def store_records(
    database: Database,
    records: Sequence[LogRecord],
    positions: Sequence[int] | None = None,
    *,
    tenant: str = "default",
    spool: int = 1,
) -> None:
    """Store records in their order, positions from 0 where none are said; a service that is empty becomes `unknown_service`."""
    connection = await asyncpg.connect(database.owner_dsn)
    origins: dict[tuple[str, str, str], int] = {}
    rows = []
    for position, record in zip(range(len(records)) if positions is None else positions, records, strict=True):
        service = record.resource.service_name or "unknown_service"
        resource = attributes_to_json(record.resource.attributes).decode() or "{}"
        key = (service, record.resource.service_instance_id, resource)
        if key not in origins:
            origins[key] = await connection.fetchval(
                "INSERT INTO logmesh.origins (tenant, service, instance, resource, scope_name, scope_version, digest)"
                " VALUES ($1, $2, $3, $4::jsonb, '', '', $5)"
                " ON CONFLICT (digest) DO UPDATE SET tenant = excluded.tenant RETURNING origin",
                tenant, *key, json.dumps([tenant, *key]).encode(),
            )  # fmt: skip
        time, ns = to_timestamp(record.time_unix_nano)
        rows.append((
            time, ns, position, spool, origins[key], record.severity_number,
            uuid.UUID(bytes=record.trace_id) if record.trace_id else None,
            int.from_bytes(record.span_id, "big", signed=True) if record.span_id else None,
            tenant, service, record.severity_text or None, record.body,
            attributes_to_json(record.attributes).decode() or None,
        ))  # fmt: skip
    await connection.copy_records_to_table("logs", schema_name="logmesh", columns=_COLUMNS, records=rows)
    keys = count_keys(
        np.array([record.time_unix_nano for record in records], np.int64),
        np.array([row[_COLUMNS.index("origin")] for row in rows], np.int64),
        np.array([record.severity_number for record in records], np.uint8),
    )
    await connection.execute(load("add_counts"), *count([keys]))
    await connection.close()
