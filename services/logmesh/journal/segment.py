"""One file of the journal: made whole before it gets its name, written at its end only, read by anyone at any time."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from logmesh.journal.durability import Durability
from logmesh.journal.errors import JournalCorrupt
from logmesh.journal.frame import (
    FRAME_HEADER_BYTES,
    ID_BYTES,
    SEGMENT_HEADER_BYTES,
    decode_frame_header,
    encode_segment_header,
    payload_is_intact,
)

TEMPORARY_SUFFIX = ".tmp"

_NAME = re.compile(r"(\d{10})-([0-9a-f]{32})\.segment")
_FILL = bytes(1 << 20)
# The kernel takes no more buffers in one call (IOV_MAX).
_BUFFERS_PER_CALL = 1024
_CLOSE_BYTES = 4096


@dataclass(frozen=True, slots=True)
class FrameRef:
    """Where a frame is: segment number, offset of its header, length of its payload in bytes."""

    segment: int
    offset: int
    length: int


@dataclass(slots=True, eq=False)
class Segment:
    """A segment on disk.

    `end`: where the next frame goes; all before it is durable. `allocated`: the file's size in bytes. `pending`: offset
    to payload length of each frame that is not released.
    """

    number: int
    segment_id: bytes
    path: Path
    allocated: int
    end: int = SEGMENT_HEADER_BYTES
    pending: dict[int, int] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether no frame was ever kept in it."""
        return self.end == SEGMENT_HEADER_BYTES


def segment_name(number: int, segment_id: bytes) -> str:
    """The file's name; it repeats the id, so that a damaged header does not cost the frames."""
    return f"{number:010d}-{segment_id.hex()}.segment"


def parse_segment_name(name: str) -> tuple[int, bytes] | None:
    """Number and id, or None when the name is not a segment's."""
    match = _NAME.fullmatch(name)
    return (int(match[1]), bytes.fromhex(match[2])) if match else None


def has_segments(directory: Path) -> bool:
    """Whether a journal's folder has segments: one that was closed, and holds nothing, has none."""
    return any(parse_segment_name(path.name) for path in directory.iterdir())


def create_segment(
    directory: Path, number: int, size: int, durability: Durability, spare: Path | None = None
) -> Segment:
    """Make a zero-filled segment of `size` bytes, durable together with its name.

    Filled rather than fallocated: appending into written blocks leaves fdatasync no metadata to write. `spare` is a file of
    that size to fill instead of a new one: its blocks and the kernel's pages for them are there already.
    Raises OSError when there is no room (nothing is left behind) and JournalFailed.
    """
    segment_id = os.urandom(ID_BYTES)
    path = directory / segment_name(number, segment_id)
    temporary = spare or path.with_name(path.name + TEMPORARY_SUFFIX)
    if spare is not None:
        # Its old name is gone for good before its contents change, or a loss of power would show a damaged segment.
        durability.directory(directory)
    fd = os.open(temporary, os.O_RDWR | (0 if spare else os.O_CREAT | os.O_EXCL), 0o600)
    try:
        write_all(fd, [encode_segment_header(segment_id)], 0)
        for offset in range(SEGMENT_HEADER_BYTES, size, len(_FILL)):
            write_all(fd, [_FILL[: size - offset]], offset)
        durability.metadata(fd)
        temporary.rename(path)
    except BaseException:
        temporary.unlink()
        raise
    finally:
        os.close(fd)
    try:
        durability.directory(directory)
    except OSError:
        path.unlink()  # or two segments might have the number
        raise
    return Segment(number, segment_id, path, size)


def write_all(fd: int, buffers: Sequence[bytes], offset: int) -> None:
    """Write all buffers at `offset`, however little the kernel takes at a time; raises OSError."""
    left: list[bytes | memoryview] = [buffer for buffer in buffers if buffer]
    first = 0
    while first < len(left):
        written = os.pwritev(fd, left[first : first + _BUFFERS_PER_CALL], offset)
        offset += written
        while first < len(left) and written >= len(left[first]):
            written -= len(left[first])
            first += 1
        if written:
            left[first] = memoryview(left[first])[written:]


def read_frames(fd: int, segment_id: bytes, places: Sequence[tuple[int, int]]) -> list[bytes | JournalCorrupt]:
    """The payloads of frames at these offsets, of these lengths, in ascending order; its error for one that is damaged.

    Frames that are close to each other are read together.
    """
    payloads: list[bytes | JournalCorrupt] = []
    begin = 0
    while begin < len(places):
        start, end, upto = places[begin][0], 0, begin
        while upto < len(places) and (upto == begin or places[upto][0] <= end + _CLOSE_BYTES):
            end = places[upto][0] + FRAME_HEADER_BYTES + places[upto][1]
            upto += 1
        data = _read(fd, end - start, start) if upto - begin > 1 else b""
        for offset, length in places[begin:upto]:
            at = offset - start
            header = decode_frame_header(data, at, segment_id, offset)
            payload = data[at + FRAME_HEADER_BYTES : at + FRAME_HEADER_BYTES + length]
            if header is not None and payload_is_intact(header, payload):
                payloads.append(payload)
                continue
            try:  # alone: its neighbours may be what could not be read
                payloads.append(read_frame(fd, segment_id, offset, length))
            except JournalCorrupt as error:
                payloads.append(error)
        begin = upto
    return payloads


def _read(fd: int, length: int, offset: int) -> bytes:
    try:
        return os.pread(fd, length, offset)
    except OSError:
        return b""


def read_frame(fd: int, segment_id: bytes, offset: int, length: int) -> bytes:
    """The payload of the frame at `offset`, checked to the bit; raises JournalCorrupt."""
    try:
        head = os.pread(fd, FRAME_HEADER_BYTES, offset)
        payload = os.pread(fd, length, offset + FRAME_HEADER_BYTES)
    except OSError as error:
        raise JournalCorrupt(f"frame at {offset} is unreadable: {error}") from error
    header = decode_frame_header(head, 0, segment_id, offset)
    if header is None or not payload_is_intact(header, payload):
        raise JournalCorrupt(f"frame at {offset} is damaged")
    return payload
