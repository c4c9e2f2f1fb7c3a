"""Turns a batch's columns into the bytes of PostgreSQL's binary COPY, whole columns at a time.

A row is ``ids · tail · head · body · middle · attributes``. Heads (the fixed-width fields and the body's length) are cut out of
one numpy array; ids are, too, where a row has any; tails hold what is the same for an origin, middles the attributes'
length. So a row costs six references and one copy, and no Python per field.
"""

from collections.abc import Sequence
from struct import pack

import numpy as np

COLUMNS = (
    "trace_id", "span_id", "tenant", "service", "severity_text", "original_time_unix_nano", "extra",
    "time", "position", "spool", "origin", "ns", "severity", "body", "attributes",
)  # fmt: skip
COPY_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
COPY_TRAILER = b"\xff\xff"

PIECES = 6
"""Ids, tail, head, body, middle, attributes."""

NULL = b"\xff\xff\xff\xff"
POSTGRES_EPOCH_MICROSECONDS = 946_684_800_000_000

_IDENTITY = [
    ("time_length", ">i4"), ("time", ">i8"), ("position_length", ">i4"), ("position", ">i8"), ("spool_length", ">i4"), ("spool", ">i8"),
]  # fmt: skip
_ORIGIN = [("origin_length", ">i4"), ("origin", ">i8")]
_REST = [
    ("ns_length", ">i4"), ("ns", ">i2"), ("severity_length", ">i4"), ("severity", ">i2"), ("body_length", ">i4"),
]  # fmt: skip
_EMPTY_HEAD = np.array([(8, 0, 8, 0, 8, 0, 8, 0, 2, 0, 2, 0, 0)], np.dtype(_IDENTITY + _ORIGIN + _REST))
_EMPTY_HEAD_WITHOUT_ORIGIN = np.array([(8, 0, 8, 0, 8, 0, 2, 0, 2, 0, 0)], np.dtype(_IDENTITY + _REST))

# The attributes' length, and the version of jsonb's own wire format. Almost all attributes are shorter than this table.
_MIDDLES = [NULL, *(pack(">iB", length + 1, 1) for length in range(1, 4096))]


def text_field(value: bytes) -> bytes:
    """A text value with its length, as COPY wants it."""
    return pack(">i", len(value)) + value


def json_field(text: bytes) -> bytes:
    """A JSON text as jsonb, with its length; null where it is empty."""
    return pack(">iB", len(text) + 1, 1) + text if text else NULL


def origin_tail(
    tenant: bytes, service: bytes, severity_text: bytes = b"", original_time: int | None = None, extra: bytes = b""
) -> bytes:
    """The fields behind the ids. An empty `severity_text` is stored as null, and so is an empty `extra`, a JSON text."""
    return (
        text_field(tenant)
        + text_field(service)
        + (text_field(severity_text) if severity_text else NULL)
        + (NULL if original_time is None else pack(">iq", 8, original_time))
        + json_field(extra)
    )


def copy_rows(
    *,
    times: "np.ndarray[tuple[int], np.dtype[np.int64]]",
    positions: "np.ndarray[tuple[int], np.dtype[np.int64]]",
    spool: "np.ndarray[tuple[int], np.dtype[np.int64]] | int",
    origins: "np.ndarray[tuple[int], np.dtype[np.int64]] | int | None",
    severities: "np.ndarray[tuple[int], np.dtype[np.uint8]]",
    trace_ids: bytes,
    span_ids: bytes,
    bodies: Sequence[bytes],
    attributes: Sequence[bytes],
    tails: Sequence[bytes],
    fields: int = len(COLUMNS),
) -> list[bytes]:
    """Return the rows as pieces to be joined, `PIECES` of them a row.

    Shapes: `times` in nanoseconds (n), `positions` (n), `trace_ids` n·16 bytes or none, `span_ids` n·8 or none; an empty
    text in `attributes` is stored as null; `tails` from `origin_tail` (n). A table without a column of origins has None there; what
    else it has is in its own tails, and `fields` says how many columns it has in all.
    """
    count = len(bodies)
    head = np.repeat(_EMPTY_HEAD_WITHOUT_ORIGIN if origins is None else _EMPTY_HEAD, count)
    microseconds, head["ns"] = np.divmod(times, 1000)
    head["time"] = microseconds - POSTGRES_EPOCH_MICROSECONDS
    head["position"] = positions
    head["spool"] = spool
    if origins is not None:
        head["origin"] = origins
    head["severity"] = severities
    head["body_length"] = np.fromiter(map(len, bodies), np.int32, count)

    pieces = [b""] * (PIECES * count)
    pieces[0::PIECES] = _ids(trace_ids, span_ids, count, fields)
    pieces[1::PIECES] = tails
    pieces[2::PIECES] = head.view(f"V{head.itemsize}").tolist()
    pieces[3::PIECES] = bodies
    pieces[4::PIECES] = _middles(attributes)
    pieces[5::PIECES] = attributes
    return pieces


def join_rows(pieces: Sequence[bytes]) -> bytes:
    """Rows as one piece of COPY data, without header and trailer."""
    return b"".join(pieces)


def _ids(trace_ids: bytes, span_ids: bytes, count: int, fields: int) -> list[bytes]:
    """The rows' first bytes: how many fields there are, then trace and span id, each with its length or null."""
    pieces = np.full(count, pack(">h", fields) + NULL + NULL, object)
    traces = np.frombuffer(trace_ids, "<u8").reshape(-1, 2) if trace_ids else np.zeros((count, 2), np.uint64)
    spans = np.frombuffer(span_ids, "<u8") if span_ids else np.zeros(count, np.uint64)
    has_trace, has_span = traces.any(axis=1), spans != 0
    for trace, span in ((True, True), (True, False), (False, True)):
        rows = np.flatnonzero((has_trace == trace) & (has_span == span))
        if len(rows):
            ids = np.empty(len(rows), _ids_type(trace, span))
            ids["fields"] = fields
            ids["trace_length"], ids["span_length"] = (16 if trace else -1), (8 if span else -1)
            if trace:
                ids["trace"] = traces[rows].view("V16")[:, 0]
            if span:
                ids["span"] = spans[rows].view("V8")
            pieces[rows] = ids.view(f"V{ids.itemsize}").tolist()
    result: list[bytes] = pieces.tolist()
    return result


def _ids_type(trace: bool, span: bool) -> "np.dtype[np.void]":
    fields = [("fields", ">i2"), ("trace_length", ">i4")]
    fields += [("trace", "V16")] if trace else []
    fields += [("span_length", ">i4")]
    fields += [("span", "V8")] if span else []
    return np.dtype(fields)


def _middles(attributes: Sequence[bytes]) -> list[bytes]:
    lengths = list(map(len, attributes))
    if max(lengths, default=0) < len(_MIDDLES):
        return list(map(_MIDDLES.__getitem__, lengths))
    return [pack(">iB", length + 1, 1) if length else NULL for length in lengths]
