"""What records take in the message that answers a call."""

from collections.abc import Sequence
from typing import Final

from logmesh.v1.record_pb2 import LogRecord

_BYTES_AROUND: Final = 8
"""Tag and length of a record within its message, at most."""


def size_of(record: LogRecord) -> int:
    """Bytes of a record within a message."""
    return record.ByteSize() + _BYTES_AROUND


def fitting(records: Sequence[LogRecord], max_bytes: int) -> int:
    """How many of the first records take at most `max_bytes` together."""
    size = 0
    for count, record in enumerate(records):
        size += size_of(record)
        if size > max_bytes:
            return count
    return len(records)
