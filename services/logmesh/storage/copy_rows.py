"""Turns a batch's columns into the bytes of PostgreSQL's binary COPY, whole columns at a time.

A row is ``head · body · middle · attributes · tail``. Heads (all fixed-width fields and the body's length) and middles (the
attributes' length) are cut out of two numpy arrays; tails hold what is the same for an origin. So a row costs five
references and one copy, and no Python per field.
"""

from collections.abc import Sequence
from struct import pack

import numpy as np

COLUMNS = (
    "trace_id", "span_id", "time", "position", "spool", "origin", "ns", "severity",
    "body", "attributes", "tenant", "service", "severity_text", "original_time_unix_nano",
)  # fmt: skip
COPY_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
COPY_TRAILER = b"\xff\xff"

PIECES = 5
"""Head, body, middle, attributes, tail."""

_NULL = b"\xff\xff\xff\xff"
_POSTGRES_EPOCH_MICROSECONDS = 946_684_800_000_000

_HEAD = np.dtype([
    ("fields", ">i2"),
    ("trace_length", ">i4"), ("trace", "V16"), ("span_length", ">i4"), ("span", "V8"),
    ("time_length", ">i4"), ("time", ">i8"), ("position_length", ">i4"), ("position", ">i8"),
    ("spool_length", ">i4"), ("spool", ">i4"), ("origin_length", ">i4"), ("origin", ">i4"),
    ("ns_length", ">i4"), ("ns", ">i2"), ("severity_length", ">i4"), ("severity", ">i2"),
    ("body_length", ">i4"),
])  # fmt: skip
_MIDDLE = np.dtype([("length", ">i4"), ("jsonb_version", "u1")])
_FIELDS = pack(">h", len(COLUMNS))
_FLEXIBLE_END = 34  # where `time_length` begins: before it stand the two fields that may be null


def text_field(value: bytes) -> bytes:
    """A text value with its length, as COPY wants it."""
    return pack(">i", len(value)) + value


def origin_tail(tenant: bytes, service: bytes, severity_text: bytes = b"", original_time: int | None = None) -> bytes:
    """The fields after the attributes. An empty `severity_text` is stored as null."""
    return (
        text_field(tenant)
        + text_field(service)
        + (text_field(severity_text) if severity_text else _NULL)
        + (_NULL if original_time is None else pack(">iq", 8, original_time))
    )


def copy_rows(
    *,
    times: "np.ndarray[tuple[int], np.dtype[np.int64]]",
    positions: "np.ndarray[tuple[int], np.dtype[np.int64]]",
    spool: int,
    origins: "np.ndarray[tuple[int], np.dtype[np.int32]] | int",
    severities: "np.ndarray[tuple[int], np.dtype[np.uint8]]",
    trace_ids: bytes,
    span_ids: bytes,
    bodies: Sequence[bytes],
    attributes: Sequence[bytes],
    tails: Sequence[bytes],
) -> list[bytes]:
    """Return the rows as pieces to be joined, `PIECES` of them a row.

    Shapes: `times` in nanoseconds (n), `positions` (n), `trace_ids` n·16 bytes or none, `span_ids` n·8 or none; an empty
    text in `attributes` is stored as null; `tails` from `origin_tail` (n).
    """
    count = len(bodies)
    head = np.zeros(count, _HEAD)
    head["fields"] = len(COLUMNS)
    for name, width in (
        ("trace", 16),
        ("span", 8),
        ("time", 8),
        ("position", 8),
        ("spool", 4),
        ("origin", 4),
        ("ns", 2),
        ("severity", 2),
    ):
        head[f"{name}_length"] = width
    microseconds, head["ns"] = np.divmod(times, 1000)
    head["time"] = microseconds - _POSTGRES_EPOCH_MICROSECONDS
    head["position"] = positions
    head["spool"] = spool
    head["origin"] = origins
    head["severity"] = severities
    head["body_length"] = np.fromiter(map(len, bodies), np.int32, count)
    starts = _place_ids(head, trace_ids, span_ids)

    middle = np.empty(count, _MIDDLE)
    lengths = np.fromiter(map(len, attributes), np.int32, count)
    middle["length"] = np.where(lengths == 0, -1, lengths + 1)
    middle["jsonb_version"] = 1

    heads, middles = head.tobytes(), middle.tobytes()
    width, middle_width = _HEAD.itemsize, _MIDDLE.itemsize
    ends = range(width, (count + 1) * width, width)
    middle_starts = range(0, count * middle_width, middle_width)
    middle_ends = (np.arange(count) * middle_width + np.where(lengths == 0, 4, 5)).tolist()
    pieces = [b""] * (PIECES * count)
    pieces[0::PIECES] = [heads[start:end] for start, end in zip(starts, ends, strict=True)]
    pieces[1::PIECES] = bodies
    pieces[2::PIECES] = [middles[start:end] for start, end in zip(middle_starts, middle_ends, strict=True)]
    pieces[3::PIECES] = attributes
    pieces[4::PIECES] = tails
    return pieces


def join_rows(pieces: Sequence[bytes]) -> bytes:
    """Rows as one piece of COPY data, without header and trailer."""
    return b"".join(pieces)


def _place_ids(head: "np.ndarray", trace_ids: bytes, span_ids: bytes) -> list[int]:
    """Write trace and span ids into `head`; return where each row begins.

    A null is four bytes instead of twenty or twelve, so rows without ids begin further right in their slot.
    """
    count = len(head)
    raw = head.view(np.uint8).reshape(count, _HEAD.itemsize)
    traces = np.frombuffer(trace_ids, np.uint8).reshape(count, 16) if trace_ids else np.zeros((count, 16), np.uint8)
    spans = np.frombuffer(span_ids, np.uint8).reshape(count, 8) if span_ids else np.zeros((count, 8), np.uint8)
    has_trace, has_span = traces.any(axis=1), spans.any(axis=1)
    raw[:, 6:22] = traces
    raw[:, 26:34] = spans
    starts = np.arange(count) * _HEAD.itemsize
    for trace, span, prefix in (
        (False, False, _FIELDS + _NULL + _NULL),
        (False, True, _FIELDS + _NULL),
        (True, False, b""),
    ):
        rows = np.flatnonzero((has_trace == trace) & (has_span == span))
        if not len(rows):
            continue
        if trace:
            raw[rows, 10:30] = raw[rows, 2:22]
            raw[rows, 8:10] = np.frombuffer(_FIELDS, np.uint8)
            raw[rows, 30:34] = 255
            starts[rows] += 8
        else:
            end = _FLEXIBLE_END - (12 if span else 0)
            raw[rows, end - len(prefix) : end] = np.frombuffer(prefix, np.uint8)
            starts[rows] += end - len(prefix)
    result: list[int] = starts.tolist()
    return result
