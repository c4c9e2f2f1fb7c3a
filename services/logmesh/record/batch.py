"""Wraps columns into the one message that is written to the spool, sent, and sent again, the same to the byte."""

from typing import Final
from uuid import UUID

import google_crc32c

from logmesh.record.limits import MAX_BATCH_RECORDS, MAX_RAW_BYTES
from logmesh.record.packed import unpack_times
from logmesh.v1.ingest_service_pb2 import ENCODING_RAW, ENCODING_ZSTD, AppendRequest, Batch
from logmesh.v1.record_pb2 import LogColumns

_ZSTD_LEVEL: Final = 1
_LEAST_COMPRESSED: Final = 1 << 10
"""Of bytes. A compressor takes longer to make than fewer take to be sent."""


def encode_link(
    seq: int, columns: LogColumns, compress: bool, spool_id: str, before: int, request_digest: bytes = b""
) -> tuple[bytes, int]:
    """A serialised AppendRequest that holds `columns` as batch `seq` of a spool: its checksum, its span of time, and its chain, which
    is also returned. `before` is the chain of number `seq` - 1; for `request_digest` see `Batch.request`.

    Raises ValueError when there are no records, more than 10,000, or more than 8 MiB of them.
    """
    request = _request(seq, columns, compress)
    chain = chained(before, request.batch.crc32c)
    request.batch.chain, request.batch.spool_id = chain, UUID(spool_id).bytes
    request.batch.request = request_digest
    return request.SerializeToString(), chain


def chained(before: int, crc32c: int) -> int:
    """The chain of a batch: of the one before it (0 for the first) and of its own payload's checksum, see `Batch.chain`."""
    return int(google_crc32c.value(before.to_bytes(4, "little") + crc32c.to_bytes(4, "little")))


def naming(spool_id: str) -> bytes:
    """What a serialised AppendRequest that names no spool id is followed by, so that it does: parsers merge the two."""
    return AppendRequest(batch=Batch(spool_id=UUID(spool_id).bytes)).SerializeToString()


def _request(seq: int, columns: LogColumns, compress: bool) -> AppendRequest:
    count = len(columns.bodies)
    if not 1 <= count <= MAX_BATCH_RECORDS:
        raise ValueError(f"a batch holds 1 to {MAX_BATCH_RECORDS} records, not {count}")
    raw = columns.SerializeToString()
    if len(raw) > MAX_RAW_BYTES:
        raise ValueError(f"a batch holds at most {MAX_RAW_BYTES} bytes, not {len(raw)}")
    compress = compress and len(raw) >= _LEAST_COMPRESSED
    payload = _compressed(raw) if compress else raw
    least, greatest = time_span(columns)
    request = AppendRequest()
    batch = request.batch
    batch.seq = seq
    batch.count = count
    batch.encoding = ENCODING_ZSTD if compress else ENCODING_RAW
    batch.raw_size = len(raw)
    batch.min_time_unix_nano = least
    batch.max_time_unix_nano = greatest
    batch.crc32c = google_crc32c.value(payload)
    batch.columns = payload
    return request


def _compressed(raw: bytes) -> bytes:
    import zstandard  # not in the plain install, whose appender sends payloads as they are

    # A compressor of one's own per call: they aren't thread-safe, and one costs little next to the work.
    return zstandard.ZstdCompressor(level=_ZSTD_LEVEL).compress(raw)


def time_span(columns: LogColumns) -> tuple[int, int]:
    """The least and the greatest time of the records, in nanoseconds; (0, 0) when there are none.

    Records of unknown time count as read at the batch's `observed_time_unix_nano`.
    """
    times = unpack_times(columns.times_unix_nano)
    if not times:
        return 0, 0
    least, greatest = min(times), max(times)
    if least == 0:
        observed = columns.observed_time_unix_nano
        least = min(min((time for time in times if time), default=observed), observed)
        greatest = max(greatest, observed)
    return least, greatest
