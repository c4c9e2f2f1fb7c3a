"""Serialised LogRecords as columns, which the parser of protobuf makes: one behind the other they are one message, as the encoding has
it, and of a message whose fields are all repeated each field is a column.

Which values are whose is told by a record between any two in which each field is written and empty. No sender writes one; where some
does, each record is parsed by itself. What that reads is the same but for a number written as bytes: a record has no such field, and a
repeated one is packed numbers.
"""

from collections.abc import Iterable, Sequence
from itertools import chain
from operator import attrgetter
from typing import Any, Final

from google.protobuf.message import DecodeError

from logmesh.producer.receivers.otlp.attributes import NO_NAME, attribute_counts, attribute_texts
from logmesh.producer.receivers.otlp.columns import Columns
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
_BETWEEN: Final = b"".join([
    b"\x09" + bytes(8), b"\x10\0", b"\x1a\0",  # time, severity, its text
    b"\x2a\2" + _EMPTY_TEXT, b"\x32\0", b"\x38\0",  # body, attribute, dropped attributes
    b"\x45" + bytes(4), b"\x4a\0", b"\x52\0",  # flags, trace, span
    b"\x59" + bytes(8), b"\x62\0",  # time when it was observed, event
])  # fmt: skip


def read_records(records: Sequence[bytes]) -> Columns:
    """The columns of serialised LogRecords, of one at least. Raises DecodeError."""
    return _read_together(records) or _read_one_by_one(records)


def _read_one_by_one(records: Sequence[bytes]) -> Columns:
    parsed = list(map(LogRecord.FromString, records))
    attributes = chain.from_iterable((b"", *(one or NO_NAME for one in record.attributes)) for record in parsed)
    next(attributes)
    bodies = zip(*(body_of(record.body) for record in parsed), strict=True)
    return _columns(zip(*map(_values, parsed), strict=True), list(attributes), bodies)


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
    return _columns(columns, attributes, (bodies, structured))


def _columns(values: Iterable[Any], attributes: Sequence[bytes], bodies: Iterable[Any]) -> Columns:
    of = Columns._make((*values, attribute_texts(attributes), attribute_counts(attributes), *bodies))
    return of._replace(trace_ids=_ids(of.trace_ids, 16), span_ids=_ids(of.span_ids, 8))


def _ids(ids: Sequence[bytes], width: int) -> Sequence[bytes]:
    return ids if set(map(len, ids)) <= {0, width} else [one if len(one) == width else b"" for one in ids]


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
