"""Reads what a producer sends as far as the stream handler needs it: the envelope. Its payload stays bytes until the writer."""

from typing import Any

import google_crc32c

from logmesh.record.limits import MAX_BATCH_RECORDS, MAX_RAW_BYTES, MAX_SEQ, REQUEST_BYTES
from logmesh.record.opaque import opaque_types
from logmesh.v1 import ingest_service_pb2 as pb

# Records are not parsed in the stream handler, and one that can't be parsed costs itself and not the batch.
_opaque = opaque_types(pb.DESCRIPTOR, {("Batch", "records"), ("WriteRequest", "records")})
OpaqueAppendRequest, OpaqueWriteRequest = _opaque("AppendRequest"), _opaque("WriteRequest")
"""Parse with ``OpaqueAppendRequest.FromString(data)``; raises google.protobuf.message.DecodeError."""


def inspect(batch: Any) -> tuple[int, str | None]:
    """Return the checksum of the payload, which tells a resend from another batch with the same number, and what is
    wrong with the envelope of an opaque batch, or None. The payload is not looked into."""
    columns, records = batch.columns, batch.records  # each access to `columns` copies the payload: one is enough
    crc = google_crc32c.value(columns)
    for record in records:
        crc = google_crc32c.extend(crc, record)
    return crc, _fault_of(batch, crc, bool(columns), len(records))


def _fault_of(batch: Any, crc: int, has_columns: bool, records: int) -> str | None:
    if not 1 <= batch.seq <= MAX_SEQ:
        return f"seq {batch.seq} is not from 1 to 2^49 - 1"
    if not 1 <= batch.count <= MAX_BATCH_RECORDS:
        return f"count {batch.count} is not between 1 and {MAX_BATCH_RECORDS}"
    if has_columns == bool(records):
        return "exactly one of columns and records must be set"
    if records and records != batch.count:
        return f"count is {batch.count}, but there are {records} records"
    if batch.encoding not in (pb.ENCODING_UNSPECIFIED, pb.ENCODING_RAW, pb.ENCODING_ZSTD):
        return f"encoding {batch.encoding} is unknown"
    if batch.encoding == pb.ENCODING_ZSTD and not 1 <= batch.raw_size <= MAX_RAW_BYTES:
        return f"raw_size {batch.raw_size} is not between 1 and {MAX_RAW_BYTES}"
    if len(batch.request) not in (0, REQUEST_BYTES):
        return f"request has {len(batch.request)} bytes, not {REQUEST_BYTES}"
    if batch.crc32c and batch.crc32c != crc:
        return f"crc32c of the payload is {crc:#010x}, the envelope says {batch.crc32c:#010x}"
    return None
