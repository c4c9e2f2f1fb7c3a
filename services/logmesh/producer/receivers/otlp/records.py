"""Records of an OTLP request as columns. Pure."""

from collections.abc import Sequence
from itertools import repeat
from operator import attrgetter
from typing import Any, Final

from google.protobuf.message import DecodeError

from logmesh.producer.level_names import WORDS
from logmesh.producer.receivers.limits import MOST_RECORDS
from logmesh.producer.receivers.otlp.attributes import attribute_texts
from logmesh.producer.receivers.otlp.messages import Logs
from logmesh.producer.receivers.otlp.origins import MOST_ORIGIN_BYTES, origin_of
from logmesh.producer.receivers.otlp.values import body_of, text_of
from logmesh.producer.receivers.received import Received, RequestRefused
from logmesh.producer.sources import Chunk
from logmesh.record.columns import OriginKey
from logmesh.record.limits import MAX_ATTRIBUTES, MAX_ATTRIBUTES_BYTES, MAX_NAME_BYTES, MAX_SEVERITY_TEXT_BYTES
from logmesh.record.rare import NOTHING_RARE, Rare

_MOST_SEVERITY: Final = 24
_AT_ONCE: Final = 1_000
"""Records that a column is made of at once: a thread that reads a large request holds the interpreter for so long."""
_fields: Final = attrgetter(
    "severity_number", "time_unix_nano", "observed_time_unix_nano", "severity_text", "body", "trace_id", "span_id",
    "event_name", "flags", "dropped_attributes_count",
)  # fmt: skip
_LARGE_ORIGIN: Final = f"its resource and scope have more than {MOST_ORIGIN_BYTES} bytes, which are the most"


def read_request(raw: bytes) -> Received:
    """What an ExportLogsServiceRequest brings. Raises RequestRefused."""
    try:
        logs = Logs.FromString(raw)
        chunk = Chunk()
        refused: list[tuple[int, str]] = []
        place = 0
        if len(logs.resource_logs) > MOST_RECORDS:
            raise RequestRefused(f"more than {MOST_RECORDS} resources in one request")
        for of_resource in logs.resource_logs:
            if len(of_resource.scope_logs) > MOST_RECORDS:
                raise RequestRefused(f"more than {MOST_RECORDS} scopes in one resource")
            for of_scope in of_resource.scope_logs:
                origin = origin_of(of_resource.resource, of_resource.schema_url, of_scope.scope, of_scope.schema_url)
                if place + len(of_scope.log_records) > MOST_RECORDS:
                    raise RequestRefused(f"more than {MOST_RECORDS} records in one request")
                count = len(of_scope.log_records)
                if origin is None:
                    refused += [(at, _LARGE_ORIGIN) for at in range(place, place + count)]
                else:
                    for begin in range(0, count, _AT_ONCE):
                        _add(chunk, of_scope.log_records[begin : begin + _AT_ONCE], origin, place + begin, refused)
                place += count
    except DecodeError as error:
        raise RequestRefused(f"not an ExportLogsServiceRequest: {error}") from error
    if chunk.rares:
        chunk.rares += repeat(NOTHING_RARE, len(chunk) - len(chunk.rares))
    return Received(chunk, all(chunk.times), refused)


def _add(chunk: Chunk, records: Sequence[Any], origin: OriginKey, place: int, refused: list[tuple[int, str]]) -> None:
    """Add records column by column. Those that can't be stored are `refused`; the first of the records is at `place` of the request."""
    if not records:
        return
    attributes = [record.attributes[:] for record in records]  # as lists, which are read in a third of the time
    texts = attribute_texts(attributes)
    severities, occurred, observed, levels, values, trace_ids, span_ids, *rare = zip(
        *map(_fields, records), strict=True
    )
    if (
        min(severities) < 0
        or max(severities) > _MOST_SEVERITY
        or max(map(len, attributes)) > MAX_ATTRIBUTES
        or max(map(len, texts)) > MAX_ATTRIBUTES_BYTES
    ):
        _add(chunk, _good(records, place, refused), origin, place, refused)
        return
    times = occurred if all(occurred) else [time or seen for time, seen in zip(occurred, observed, strict=True)]
    bodies = list(map(text_of, values))
    structured: Sequence[bool] = () if None not in bodies else _read_bodies(values, bodies)
    chunk.times += times
    chunk.severities += severities if all(severities) else map(_severity_of, severities, levels)
    chunk.severity_texts += _cut(levels, MAX_SEVERITY_TEXT_BYTES)
    chunk.bodies += bodies  # type: ignore[arg-type]  # none of them is None any more
    chunk.attributes += texts
    chunk.trace_ids += _ids(trace_ids, 16)
    chunk.span_ids += _ids(span_ids, 8)
    chunk.origins += [origin] * len(records)
    later = [seen if seen != time else 0 for seen, time in zip(observed, times, strict=True)] if any(observed) else ()
    events, flags, dropped = rare
    if any(map(any, (later, structured, events, flags, dropped))):
        chunk.rares += repeat(NOTHING_RARE, len(chunk) - len(records) - len(chunk.rares))
        names = _cut(events, MAX_NAME_BYTES)
        chunk.rares += map(Rare, later or repeat(0), structured or repeat(False), names, flags, dropped)


def _severity_of(number: int, text: bytes) -> int:
    """Of a sender that says it by its name alone, as Fluent Bit can, the number that the name has."""
    return number or WORDS.get(text, 0)


def _read_bodies(values: Sequence[bytes], bodies: list[bytes | None]) -> list[bool]:
    """Put the bodies in place that are no short texts; return by record whether its body is JSON."""
    structured = [False] * len(bodies)
    for at, body in enumerate(bodies):
        if body is None:
            bodies[at], structured[at] = body_of(values[at])
    return structured


def _good(records: Sequence[Any], place: int, refused: list[tuple[int, str]]) -> Sequence[Any]:
    good = []
    for at, record in enumerate(records, place):
        if not 0 <= record.severity_number <= _MOST_SEVERITY:
            refused.append((at, f"severity_number is {record.severity_number}, not 0 to {_MOST_SEVERITY}"))
        elif len(record.attributes) > MAX_ATTRIBUTES:
            refused.append((at, f"{len(record.attributes)} attributes, and {MAX_ATTRIBUTES} are the most"))
        elif (size := len(attribute_texts([record.attributes])[0])) > MAX_ATTRIBUTES_BYTES:
            refused.append((at, f"attributes of {size} bytes, and {MAX_ATTRIBUTES_BYTES} are the most"))
        else:
            good.append(record)
    return good


def _cut(texts: Sequence[bytes], most: int) -> Sequence[bytes]:
    return texts if max(map(len, texts)) <= most else [text[:most] for text in texts]


def _ids(ids: Sequence[bytes], width: int) -> Sequence[bytes]:
    """One of another length is none, as the protocol says."""
    return ids if set(map(len, ids)) <= {0, width} else [one if len(one) == width else b"" for one in ids]
