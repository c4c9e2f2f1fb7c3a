"""A record's identity: where it stands in which spool. It is given once and never changes."""

import re
from typing import Final

from logmesh.record.limits import MAX_BATCH_RECORDS

ENTRY_BITS: Final = 14
MAX_POSITION: Final = (1 << 63) - 1
MAX_SPOOL: Final = (1 << 63) - 1
MAX_SEQ: Final = MAX_POSITION >> ENTRY_BITS

_RECORD_ID = re.compile(r"([0-9a-f]{1,16})-([0-9a-f]{1,16})")


def position_of(seq: int, entry: int) -> int:
    """The position of the `entry`-th record (from 0) of batch `seq`; it fits a signed 64-bit integer.

    Raises ValueError when either is out of its range.
    """
    if not 0 <= seq <= MAX_SEQ:
        raise ValueError(f"batch number {seq} is not between 0 and {MAX_SEQ}")
    if not 0 <= entry < MAX_BATCH_RECORDS:
        raise ValueError(f"entry {entry} is not between 0 and {MAX_BATCH_RECORDS - 1}")
    return seq << ENTRY_BITS | entry


def split_position(position: int) -> tuple[int, int]:
    """The batch number and the entry within it."""
    return position >> ENTRY_BITS, position & (1 << ENTRY_BITS) - 1


def format_record_id(spool: int, position: int) -> str:
    """The id as users see it: spool and position in hexadecimal, such as `2a-1c003`."""
    return f"{spool:x}-{position:x}"


def parse_record_id(text: str) -> tuple[int, int]:
    """The spool and the position of an id. Raises ValueError for anything `format_record_id` doesn't write."""
    match = _RECORD_ID.fullmatch(text)
    if match is None:
        raise ValueError(f"{text[:40]!r} is not a record id")
    spool, position = int(match[1], 16), int(match[2], 16)
    if position > MAX_POSITION or spool > MAX_SPOOL or format_record_id(spool, position) != text:
        raise ValueError(f"{text!r} is not a record id")
    return spool, position
