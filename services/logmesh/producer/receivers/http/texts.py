"""Texts that a sender tells something about, such as when each was logged: they go through the readers of lines, and what the sender
says stands before what the text itself does.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from logmesh.producer.attributes import attributes_of
from logmesh.producer.formats.stream import StreamParser
from logmesh.producer.parsed import Parsed
from logmesh.producer.sources.lines import Line
from logmesh.producer.sources.parts import Parts
from logmesh.producer.sources.records import Moment, read_records
from logmesh.producer.timestamps.clock import SECOND
from logmesh.record.json_text import load_exact_json
from logmesh.record.limits import MAX_ATTRIBUTES, MAX_ATTRIBUTES_BYTES


class Outer(NamedTuple):
    """What a sender says of a text. `attributes` are the JSON text of `fields`; both are empty where there are none."""

    time_unix_nano: int = 0
    severity: int = 0
    severity_text: bytes = b""
    trace_id: bytes = b""
    span_id: bytes = b""
    fields: Mapping[str, Any] = {}
    attributes: bytes = b""


def read_texts(texts: Iterable[bytes], parser: StreamParser, now_unix_nano: int) -> tuple[list[bytes], list[Parsed]]:
    """The bodies of the records, one a text, and what they say themselves."""
    lines = [Line(text, 0, place) for place, text in enumerate(texts)]
    return read_records(lines, parser, Parts(), "", Moment(now_unix_nano, now_unix_nano, 0))


def said_by_both(outer: Outer, inner: Parsed) -> Parsed:
    """What the sender says, and what the text does where the sender says nothing."""
    time, severity, severity_text, attributes, trace_id, span_id = inner
    if outer.attributes:
        attributes = joined_fields(outer, attributes)
    if outer.severity:
        severity, severity_text = outer.severity, outer.severity_text
    if outer.trace_id:
        trace_id, span_id = outer.trace_id, outer.span_id
    return Parsed(outer.time_unix_nano or time, severity, severity_text, attributes, trace_id, span_id)


def joined_fields(outer: Outer, inner: bytes) -> bytes:
    """The JSON text of both, each name once; the sender's alone where both are too much for a record, whose body has the others."""
    if not inner:
        return outer.attributes
    most = MAX_ATTRIBUTES - len(outer.fields)
    if len(outer.attributes) + len(inner) > MAX_ATTRIBUTES_BYTES:
        return outer.attributes
    is_shared = any(b'"%b":' % name.encode("utf-8", "replace") in inner for name in outer.fields)
    if not is_shared and inner.count(b'":') <= most:
        return outer.attributes[:-1] + b"," + inner[1:]
    try:
        fields = load_exact_json(inner)
    except ValueError:  # a line that no reader takes is its attributes itself
        return outer.attributes
    joined = {**fields, **outer.fields}
    return attributes_of(joined, 0) if len(joined) <= MAX_ATTRIBUTES else outer.attributes


def tell_apart(times_unix_nano: Sequence[int]) -> bool:
    """Whether every record says when it happened, finer than in seconds: two requests that are equal are one that was repeated."""
    return all(times_unix_nano) and any(time % SECOND for time in times_unix_nano)
