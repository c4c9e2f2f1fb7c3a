"""Serialised LogRecords as columns, which the parser of protobuf makes: one behind the other they are one message, as the encoding has
it, and of a message whose fields are all repeated each field is a column.

Which values are whose is told by a record between any two in which each field is written and empty. No sender writes one; where some
does, each record is parsed by itself. What that reads is the same but for a number written as bytes: a record has no such field, and a
repeated one is packed numbers.
"""

from collections.abc import Sequence
from itertools import chain
from operator import attrgetter
from typing import Any, Final, NamedTuple

from google.protobuf.message import DecodeError

from logmesh.producer.receivers.otlp.messages import LogRecord, LogRecords, LogRecordsOfAnyBody
from logmesh.producer.receivers.otlp.values import body_of

_EMPTY: Final = {
    "time_unix_nano": 0, "observed_time_unix_nano": 0, "severity_number": 0, "severity_text": b"", "event_name": b"",
    "dropped_attributes_count": 0, "trace_id": b"", "span_id": b"", "flags": 0,
}  # fmt: skip
"""By field what a record means that does not have it."""
_values: Final = attrgetter(*_EMPTY)
_TEXT: Final = "string_value"
_EMPTY_TEXT: Final = b"\x0a\0"
_NO_NAME: Final = b"\x0a\0"
"""The same KeyValue as no bytes."""
_BETWEEN: Final = b"".join([
    b"\x09" + bytes(8), b"\x10\0", b"\x1a\0",  # time, severity, its text
    b"\x2a\2" + _EMPTY_TEXT, b"\x32\0", b"\x38\0",  # body, attribute, dropped attributes
    b"\x45" + bytes(4), b"\x4a\0", b"\x52\0",  # flags, trace, span
    b"\x59" + bytes(8), b"\x62\0",  # time when it was observed, event
])  # fmt: skip


class Columns(NamedTuple):
    """LogRecords, field by field. `attributes` are serialised KeyValues, with no bytes between those of one record and those of the
    next; all other columns have one length. `structured`: whether a body is JSON of a value that is no text."""

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
    bodies: Sequence[bytes]
    structured: Sequence[bool]


def read_records(records: Sequence[bytes]) -> Columns:
    """The columns of serialised LogRecords, of one at least. Raises DecodeError."""
    return _read_together(records) or _read_one_by_one(records)


def _read_one_by_one(records: Sequence[bytes]) -> Columns:
    parsed = list(map(LogRecord.FromString, records))
    attributes = chain.from_iterable((b"", *(one or _NO_NAME for one in record.attributes)) for record in parsed)
    next(attributes)
    bodies = zip(*(body_of(record.body) for record in parsed), strict=True)
    return Columns._make((*zip(*map(_values, parsed), strict=True), list(attributes), *bodies))


def _read_together(records: Sequence[bytes]) -> Columns | None:
    """None for records that have to be read one by one."""
    joined, count = _BETWEEN.join(records), len(records)
    try:
        merged = LogRecords.FromString(joined)
    except DecodeError:
        return None
    structured: Sequence[bool] = [False] * count
    bodies = _column(merged.body.string_value, b"", count)
    if any(field.name != _TEXT for field, _ in merged.body.ListFields()):
        values = _column(LogRecordsOfAnyBody.FromString(joined).body, _EMPTY_TEXT, count)
        bodies, structured = (None, ()) if values is None else zip(*map(body_of, values), strict=True)
    attributes = merged.attributes[:]
    columns = [_column(*each, count) for each in zip(_values(merged), _EMPTY.values(), strict=True)]
    if attributes.count(b"") != count - 1 or None in (*columns, bodies):
        return None
    return Columns._make((*columns, attributes, bodies, structured))


def _column(found: Sequence[Any], empty: Any, count: int) -> Sequence[Any] | None:
    """By record the value that was found, of `count` records. None where others are `empty` than the one between any two records."""
    values = found[:]
    if len(values) == 2 * count - 1 and values[1::2] == [empty] * (count - 1):
        return values[::2]
    if values.count(empty) != count - 1:
        return None
    if len(values) == count - 1:
        return [empty] * count
    column, own = [], empty
    for value in values:
        if value == empty:
            column.append(own)
        own = value
    column.append(own)
    return column
