"""COPY rows as the cache holds them, to records and from rows of the database; both ways give the same records."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import numpy as np

from logmesh.rows.origins import Origin
from logmesh.rows.records import from_timestamp, record_from_row, to_timestamp
from logmesh.storage.copy_rows import copy_rows, join_rows, origin_tail
from logmesh.storage.read_rows import CopiedRow
from logmesh.v1.record_pb2 import LogRecord


def record_from_copied(row: CopiedRow, origin: Origin) -> LogRecord:
    """The record of a COPY row, as its row in the database would give it."""
    time, ns = to_timestamp(row.unix_nano)
    return record_from_row({
        "spool": row.spool, "position": row.position, "time": time, "ns": ns, "severity": row.severity,
        "severity_text": row.severity_text, "body": row.body, "attributes": row.attributes,
        "original_time_unix_nano": row.original_time_unix_nano, "service": row.service, "instance": origin.instance,
        "resource": origin.resource, "scope_name": origin.scope_name, "scope_version": origin.scope_version,
        "extra": row.extra, "origin_extra": origin.extra,
        "trace_id": UUID(bytes=row.trace_id) if row.trace_id else None,
        "span_id": int.from_bytes(row.span_id, "big", signed=True) if row.span_id else None,
    })  # fmt: skip


def rows_to_copy(tenant: str, rows: Iterable[Any]) -> bytes:
    """COPY rows, without header and trailer, of rows of find_trace.sql; in their order."""
    return b"".join(_row_to_copy(tenant.encode(), row) for row in rows)


def _row_to_copy(tenant: bytes, row: Any) -> bytes:
    return join_rows(
        copy_rows(
            times=np.array([from_timestamp(row["time"], row["ns"])], np.int64),
            positions=np.array([row["position"]], np.int64),
            spool=row["spool"],
            origins=row["origin"],
            severities=np.array([row["severity"]], np.uint8),
            trace_ids=row["trace_id"].bytes if row["trace_id"] else b"",
            span_ids=b"" if row["span_id"] is None else row["span_id"].to_bytes(8, "big", signed=True),
            bodies=[row["body"].encode()],
            attributes=[(row["attributes"] or "").encode()],
            tails=[
                origin_tail(
                    tenant,
                    row["service"].encode(),
                    (row["severity_text"] or "").encode(),
                    row["original_time_unix_nano"],
                    (row["extra"] or "").encode(),
                )
            ],
        )
    )
