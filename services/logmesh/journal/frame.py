"""The bytes of a journal: no altered payload passes `payload_is_intact`, whatever happened to the file.

A segment is a 64-byte header and frames, each aligned to 8 bytes; zeros follow. Little-endian throughout:

    segment: magic 8 | u32 version | u32 reserved | segment id 16 | u32 crc32c of all before | zeros
    frame:   u32 length | u32 crc32c(head ‖ payload) | u32 segment, u32 offset: durable_upto | u32 crc32c(head) | u32 0
             payload, zeros to the next multiple of 8
    head:    segment id ‖ u64 offset ‖ u32 length ‖ durable_upto

The segment id is random and in every checksum, so neither an older file nor a payload can pass for a frame. The
checksum of the head alone says where the next frame begins even when a payload is damaged.
"""

import struct
from collections.abc import Sequence
from typing import NamedTuple

import google_crc32c

MAGIC = b"lmjournl"
VERSION = 1
ID_BYTES = 16
SEGMENT_HEADER_BYTES = 64
FRAME_HEADER_BYTES = 24
ALIGNMENT = 8
MAX_PAYLOAD_BYTES = 64 << 20

_SEGMENT = struct.Struct("<8sII16s")
_HEAD = struct.Struct("<16sQIII")
_FRAME = struct.Struct("<IIIIII")
_U32 = struct.Struct("<I")


class Position(NamedTuple):
    """A place in the journal: everything before `offset` of `segment`, and all earlier segments."""

    segment: int
    offset: int


NOWHERE = Position(0, 0)


class FrameHeader(NamedTuple):
    """A frame's header whose own checksum holds; the payload is yet to be checked."""

    length: int
    checksum: int
    durable_upto: Position
    head_checksum: int


def aligned(size: int) -> int:
    """`size` rounded up to the next multiple of 8."""
    return (size + ALIGNMENT - 1) & -ALIGNMENT


def frame_bytes(length: int) -> int:
    """Bytes that a payload of `length` bytes takes in a segment."""
    return aligned(FRAME_HEADER_BYTES + length)


def group_bytes(payload_bytes: int, frames: int) -> int:
    """The most that `frames` payloads of `payload_bytes` in all can take."""
    return payload_bytes + frames * (FRAME_HEADER_BYTES + ALIGNMENT - 1)


def encode_segment_header(segment_id: bytes) -> bytes:
    """The 64 bytes a segment begins with."""
    head = _SEGMENT.pack(MAGIC, VERSION, 0, segment_id)
    return (head + _U32.pack(google_crc32c.value(head))).ljust(SEGMENT_HEADER_BYTES, b"\0")


def decode_segment_header(data: bytes) -> bytes | None:
    """The segment id, or None when the header is cut, damaged, or of another version."""
    if len(data) < SEGMENT_HEADER_BYTES:
        return None
    magic, version, _, segment_id = _SEGMENT.unpack_from(data)
    (checksum,) = _U32.unpack_from(data, _SEGMENT.size)
    if magic != MAGIC or version != VERSION or checksum != google_crc32c.value(data[: _SEGMENT.size]):
        return None
    return bytes(segment_id)


def encode_frame(segment_id: bytes, offset: int, durable_upto: Position, payload: Sequence[bytes]) -> list[bytes]:
    """The buffers of one frame, to be written at `offset`; the payload's own buffers are not copied."""
    length = sum(map(len, payload))
    head = google_crc32c.value(_HEAD.pack(segment_id, offset, length, *durable_upto))
    checksum = head
    for part in payload:
        checksum = google_crc32c.extend(checksum, part)
    padding = frame_bytes(length) - FRAME_HEADER_BYTES - length
    return [_FRAME.pack(length, checksum, *durable_upto, head, 0), *payload, bytes(padding)]


def decode_frame_header(data: bytes, at: int, segment_id: bytes, offset: int) -> FrameHeader | None:
    """The header found at index `at` of `data`, which is `offset` in its segment; None when there is none."""
    if at + FRAME_HEADER_BYTES > len(data):
        return None
    length, checksum, segment, upto, head, _ = _FRAME.unpack_from(data, at)
    # An empty payload is never written, so that a zeroed tail is no frame.
    if not 0 < length <= MAX_PAYLOAD_BYTES:
        return None
    if google_crc32c.value(_HEAD.pack(segment_id, offset, length, segment, upto)) != head:
        return None
    return FrameHeader(length, checksum, Position(segment, upto), head)


def payload_is_intact(header: FrameHeader, payload: bytes) -> bool:
    """Whether `payload` is, to the bit, what was appended under this header."""
    return len(payload) == header.length and google_crc32c.extend(header.head_checksum, payload) == header.checksum
