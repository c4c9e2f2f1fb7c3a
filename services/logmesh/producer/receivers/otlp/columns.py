"""What is read of LogRecords, field by field."""

from collections.abc import Sequence
from typing import NamedTuple


class Columns(NamedTuple):
    """By record; all columns have one length. `attributes`: JSON objects, no bytes for none; `attribute_counts`: how many each has.
    `structured`: whether a body is JSON of a value that is no text. An id of another length than its own is none, as the protocol
    says."""

    times: Sequence[int]
    observed: Sequence[int]
    severities: Sequence[int]
    levels: Sequence[bytes]
    events: Sequence[bytes]
    dropped: Sequence[int]
    trace_ids: Sequence[bytes]
    span_ids: Sequence[bytes]
    flags: Sequence[int]
    attributes: Sequence[bytes]
    attribute_counts: Sequence[int]
    bodies: Sequence[bytes]
    structured: Sequence[bool]
