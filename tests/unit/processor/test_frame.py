"""A frame of the write-ahead log says all that replay needs, and is read by releases before this one, too."""

import orjson
import pytest

from logmesh.processor.frame import Header, batch_of, decode_frame, encode_header
from logmesh.storage.ledger import SpoolKey


@pytest.mark.parametrize("provisional", [False, True])
def test_a_frame_says_what_it_is(provisional: bool) -> None:
    header = Header(SpoolKey("default", "id"), 3, 2, "producer", "principal", 5, provisional)
    frame = encode_header(header) + b" batch"
    assert decode_frame(frame) == (header, b" batch")
    assert batch_of(frame) == b" batch"
    # As the release before reads it.
    length = int.from_bytes(frame[:2], "little")
    assert len(orjson.loads(frame[2 : 2 + length])) == 7
