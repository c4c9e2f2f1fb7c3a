"""A payload is opened within bounds, whatever it claims about itself."""

import tracemalloc

import pytest
import zstandard

from logmesh.processor.frame import Header
from logmesh.processor.payload import BatchRefused, decode_payload
from logmesh.storage.ledger import SpoolKey
from logmesh.v1 import ingest_service_pb2 as pb

ORIGIN = Header(SpoolKey("default", "00000000-0000-0000-0000-000000000001"), 1, 1, "test", "test", 1)
BOMB_BYTES = 64 << 20


@pytest.mark.parametrize("states_size", [True, False])
def test_a_bomb_is_refused_before_it_takes_memory(states_size: bool) -> None:
    bomb = zstandard.ZstdCompressor(write_content_size=states_size).compress(bytes(BOMB_BYTES))
    batch = pb.Batch(seq=1, count=1, encoding=pb.ENCODING_ZSTD, raw_size=1_000, columns=bomb)
    raw = pb.AppendRequest(batch=batch).SerializeToString()
    tracemalloc.start()
    try:
        with pytest.raises(BatchRefused, match="not a zstd frame of the size it says"):
            decode_payload(raw, ORIGIN)
        assert tracemalloc.get_traced_memory()[1] < BOMB_BYTES // 16
    finally:
        tracemalloc.stop()
