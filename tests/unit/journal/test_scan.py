"""The pure part of recovery: whatever happens to a segment's bytes, what is served is what was written."""

import os
import random

import pytest

from logmesh.journal.frame import (
    FRAME_HEADER_BYTES,
    SEGMENT_HEADER_BYTES,
    Position,
    encode_frame,
    encode_segment_header,
    frame_bytes,
)
from logmesh.journal.scan import Scan, scan_segment

SEGMENT_ID = bytes(range(16))


def build(payloads: list[bytes], fill: int = 128) -> tuple[bytes, dict[int, bytes]]:
    """A segment with one group a payload, and its payloads by offset."""
    data = encode_segment_header(SEGMENT_ID)
    expected = {}
    for payload in payloads:
        expected[len(data)] = payload
        data += b"".join(encode_frame(SEGMENT_ID, len(data), Position(1, len(data)), [payload]))
    return data + bytes(fill), expected


def served(data: bytes, scan: Scan) -> dict[int, bytes]:
    start = FRAME_HEADER_BYTES
    return {offset: data[offset + start : offset + start + length] for offset, length in scan.frames.items()}


def some_payloads(seed: int, count: int = 6) -> list[bytes]:
    source = random.Random(seed)
    return [source.randbytes(source.randrange(1, 60)) for _ in range(count)]


def test_a_whole_segment_is_served_and_its_zeroed_tail_is_no_frame() -> None:
    data, expected = build(some_payloads(1), fill=4096)
    scan = scan_segment(data, SEGMENT_ID)
    assert served(data, scan) == expected
    assert scan.gap is None and not scan.has_dirty_tail and scan.header_intact


def test_an_untouched_segment_is_recognised() -> None:
    data, _ = build([], fill=4096)
    assert scan_segment(data, SEGMENT_ID).is_untouched


def test_twenty_thousand_bit_flips_alter_no_payload_and_cost_one_frame_at_most() -> None:
    source = random.Random(20_000)
    for journal in range(20):
        data, expected = build(some_payloads(journal))
        for _ in range(1_000):
            bit = source.randrange(len(data) * 8)
            flipped = bytearray(data)
            flipped[bit // 8] ^= 1 << bit % 8
            found = served(bytes(flipped), scan_segment(bytes(flipped), SEGMENT_ID))
            assert found.items() <= expected.items()
            lost = expected.keys() - found.keys()
            assert len(lost) <= 1
            assert all(offset <= bit // 8 < offset + frame_bytes(len(expected[offset])) for offset in lost)


def test_runs_of_garbage_alter_no_payload_and_cost_only_what_they_hit() -> None:
    source = random.Random(7)
    for journal in range(500):
        data, expected = build(some_payloads(journal))
        begin = source.randrange(SEGMENT_HEADER_BYTES, len(data))
        end = min(len(data), begin + source.randrange(1, 120))
        spoiled = data[:begin] + source.randbytes(end - begin) + data[end:]
        found = served(spoiled, scan_segment(spoiled, SEGMENT_ID))
        assert found.items() <= expected.items()
        whole = {o for o, p in expected.items() if o + frame_bytes(len(p)) <= begin or o >= end}
        assert whole <= found.keys()


def test_frames_of_another_segment_are_not_served_even_at_their_own_offset() -> None:
    foreign, _ = build(some_payloads(3))
    other_id = os.urandom(16)
    data = encode_segment_header(other_id) + foreign[SEGMENT_HEADER_BYTES:]
    scan = scan_segment(data, other_id)
    assert not scan.frames
    assert scan.has_dirty_tail


def test_a_frame_moved_within_its_segment_is_not_served() -> None:
    data, expected = build([b"first", b"second"], fill=0)
    second = max(expected)
    moved = data + data[second:]
    assert served(moved, scan_segment(moved, SEGMENT_ID)) == expected


def test_a_segment_inside_a_payload_is_not_taken_for_frames() -> None:
    inner, _ = build([b"inner"])
    data, expected = build([b"before", inner[SEGMENT_HEADER_BYTES:], b"after"])
    broken = bytearray(data)
    broken[sorted(expected)[1]] ^= 0xFF
    found = served(bytes(broken), scan_segment(bytes(broken), SEGMENT_ID))
    assert sorted(found.values()) == [b"after", b"before"]


def test_a_huge_length_is_refused_before_anything_is_read() -> None:
    data, expected = build([b"first", b"second"])
    broken = bytearray(data)
    broken[SEGMENT_HEADER_BYTES : SEGMENT_HEADER_BYTES + 4] = b"\xff\xff\xff\xff"
    assert list(served(bytes(broken), scan_segment(bytes(broken), SEGMENT_ID)).values()) == [b"second"]
    assert b"first" in expected.values()


def test_a_damaged_header_costs_no_frame_because_the_name_has_the_id_too() -> None:
    data, expected = build(some_payloads(5))
    broken = bytes(SEGMENT_HEADER_BYTES) + data[SEGMENT_HEADER_BYTES:]
    scan = scan_segment(broken, SEGMENT_ID)
    assert served(broken, scan) == expected
    assert not scan.header_intact


def test_four_megabytes_of_plausible_garbage_are_scanned_within_seconds() -> None:
    garbage = (b"\x00\x00\x20\x00" + b"\x01\x02\x03\x04") * (1 << 19)
    data = encode_segment_header(SEGMENT_ID) + garbage
    assert not scan_segment(data, SEGMENT_ID).frames


@pytest.mark.parametrize("size", [4_096, 1 << 16, (1 << 16) + 1, 200_000])
def test_the_last_byte_that_is_no_zero_is_found_wherever_it_lies(size: int) -> None:
    for place in {0, SEGMENT_HEADER_BYTES, 4_095, (1 << 16) - 1, 1 << 16, size - (1 << 16) - 1, size - 1}:
        if 0 <= place < size:
            data = bytearray(size)
            data[place] = 1
            assert scan_segment(bytes(data), SEGMENT_ID).dirty_end == place + 1
    assert scan_segment(bytes(size), SEGMENT_ID).dirty_end == 0
