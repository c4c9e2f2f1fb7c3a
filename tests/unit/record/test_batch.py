"""A batch on the wire: checksum, compression and span of time."""

from uuid import UUID

import google_crc32c
import pytest
import zstandard

from logmesh.record.batch import chained, encode_link, time_span
from logmesh.record.columns import ColumnsBuilder
from logmesh.record.limits import MAX_BATCH_RECORDS
from logmesh.v1.ingest_service_pb2 import ENCODING_RAW, ENCODING_ZSTD, AppendRequest, Batch
from logmesh.v1.record_pb2 import LogColumns

SPOOL = "5d7f7a39-2a0b-4a52-8c9c-0f5b7b1f3f11"


def _columns(*times: int, observed: int = 50) -> LogColumns:
    builder = ColumnsBuilder()
    for time in times:
        builder.append(b"line " * 20, time_unix_nano=time)
    return builder.build(observed)


def _encoded(seq: int, columns: LogColumns, *, compress: bool = False) -> Batch:
    encoded, chain = encode_link(seq, columns, compress, SPOOL, 9)
    batch = AppendRequest.FromString(encoded).batch
    assert (batch.spool_id, batch.chain) == (UUID(SPOOL).bytes, chain)
    assert chain == chained(9, batch.crc32c)
    return batch


@pytest.mark.parametrize("count", [3, 30])
@pytest.mark.parametrize("compress", [False, True])
def test_a_batch_carries_its_columns_and_their_checksum(compress: bool, count: int) -> None:
    columns = _columns(30, 10, *[20] * (count - 2))
    batch = _encoded(7, columns, compress=compress)
    assert (batch.seq, batch.count) == (7, count)
    assert (batch.min_time_unix_nano, batch.max_time_unix_nano) == (10, 30)
    assert batch.crc32c == google_crc32c.value(batch.columns)
    is_compressed = compress and count == 30  # a small one isn't worth it
    assert batch.encoding == (ENCODING_ZSTD if is_compressed else ENCODING_RAW)
    raw = zstandard.ZstdDecompressor().decompress(batch.columns) if is_compressed else batch.columns
    assert batch.raw_size == len(raw)
    assert LogColumns.FromString(raw) == columns


def test_encoding_twice_gives_the_same_bytes() -> None:
    assert encode_link(1, _columns(1, 2), True, SPOOL, 9) == encode_link(1, _columns(1, 2), True, SPOOL, 9)


@pytest.mark.parametrize(
    ("times", "span"),
    [((0, 60), (50, 60)), ((0, 40), (40, 50)), ((0, 0), (50, 50)), ((70, 60), (60, 70)), ((), (0, 0))],
)
def test_unknown_times_count_as_the_time_of_reading(times: tuple[int, ...], span: tuple[int, int]) -> None:
    assert time_span(_columns(*times)) == span


@pytest.mark.parametrize("count", [0, MAX_BATCH_RECORDS + 1])
def test_empty_and_oversized_batches_are_refused(count: int) -> None:
    with pytest.raises(ValueError, match="records"):
        _encoded(1, _columns(*[1] * count))


def test_too_many_bytes_are_refused() -> None:
    builder = ColumnsBuilder()
    for _ in range(40):
        builder.append(b"x" * 256 * 1024)
    with pytest.raises(ValueError, match="bytes"):
        _encoded(1, builder.build(1), compress=True)
