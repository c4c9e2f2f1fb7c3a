"""Records of an OTLP request as columns. Pure."""

from collections.abc import Sequence
from itertools import repeat
from typing import Any, Final

from google.protobuf.message import DecodeError

from logmesh.producer.level_names import WORDS
from logmesh.producer.receivers.limits import MOST_RECORDS
from logmesh.producer.receivers.otlp import compiled, parsing
from logmesh.producer.receivers.otlp.columns import Columns
from logmesh.producer.receivers.otlp.messages import Logs
from logmesh.producer.receivers.otlp.origins import MOST_ORIGIN_BYTES, origin_of
from logmesh.producer.receivers.received import Received, RequestRefused
from logmesh.producer.sources import Chunk
from logmesh.record.columns import OriginKey
from logmesh.record.limits import MAX_ATTRIBUTES, MAX_ATTRIBUTES_BYTES, MAX_NAME_BYTES, MAX_SEVERITY_TEXT_BYTES
from logmesh.record.rare import NOTHING_RARE, Rare

_MOST_SEVERITY: Final = 24
_AT_ONCE: Final = 250
"""Records that a column is made of at once. What is made of them stays in a core's own cache; with 1,000 it takes a tenth longer. And a
thread that reads a large request holds the interpreter for so long."""
_LARGE_ORIGIN: Final = f"its resource and scope have more than {MOST_ORIGIN_BYTES} bytes, which are the most"


def read_request(raw: bytes) -> Received:
    """What an ExportLogsServiceRequest brings. Raises RequestRefused."""
    try:
        return _read(Logs.FromString(raw))
    except DecodeError as error:
        raise RequestRefused(f"not an ExportLogsServiceRequest: {error}") from error


def _read(logs: Any) -> Received:
    records: list[bytes] = []
    origins: list[OriginKey] = []
    places: list[int] = []
    refused: list[tuple[int, str]] = []
    place = 0
    if len(logs.resource_logs) > MOST_RECORDS:
        raise RequestRefused(f"more than {MOST_RECORDS} resources in one request")
    for of_resource in logs.resource_logs:
        if len(of_resource.scope_logs) > MOST_RECORDS:
            raise RequestRefused(f"more than {MOST_RECORDS} scopes in one resource")
        for of_scope in of_resource.scope_logs:
            origin = origin_of(of_resource.resource, of_resource.schema_url, of_scope.scope, of_scope.schema_url)
            count = len(of_scope.log_records)
            if place + count > MOST_RECORDS:
                raise RequestRefused(f"more than {MOST_RECORDS} records in one request")
            here = range(place, place + count)
            place += count
            if origin is None:
                refused += [(at, _LARGE_ORIGIN) for at in here]
            else:
                records += of_scope.log_records[:]
                origins += [origin] * count
                places += here
    chunk = Chunk()
    for begin in range(0, len(records), _AT_ONCE):
        some = slice(begin, begin + _AT_ONCE)
        _add(chunk, records[some], origins[some], places[some], refused)
    if chunk.rares:
        chunk.rares += repeat(NOTHING_RARE, len(chunk) - len(chunk.rares))
    return Received(chunk, all(chunk.times), sorted(refused))


def _add(
    chunk: Chunk,
    records: list[bytes],
    origins: Sequence[OriginKey],
    places: Sequence[int],
    refused: list[tuple[int, str]],
) -> None:
    """Add serialised records column by column. Those that can't be stored are `refused`, by their places in the request."""
    of = compiled.read_records(records) or parsing.read_records(records)
    if reasons := _reasons(of):
        refused += [(place, reason) for place, reason in zip(places, reasons, strict=True) if reason]
        good = [at for at, reason in enumerate(reasons) if not reason]
        if good:
            _add(
                chunk, [records[at] for at in good], [origins[at] for at in good], [places[at] for at in good], refused
            )
        return
    times = of.times if all(of.times) else [time or seen for time, seen in zip(of.times, of.observed, strict=True)]
    chunk.times += times
    chunk.severities += of.severities if all(of.severities) else map(_severity_of, of.severities, of.levels)
    chunk.severity_texts += _cut(of.levels, MAX_SEVERITY_TEXT_BYTES)
    chunk.bodies += of.bodies
    chunk.attributes += of.attributes
    chunk.trace_ids += of.trace_ids
    chunk.span_ids += of.span_ids
    chunk.origins += origins
    later: Sequence[int] = ()
    if any(of.observed):
        later = [seen if seen != time else 0 for seen, time in zip(of.observed, times, strict=True)]
    if any(map(any, (later, of.structured, of.events, of.flags, of.dropped))):
        chunk.rares += repeat(NOTHING_RARE, len(chunk) - len(records) - len(chunk.rares))
        names = _cut(of.events, MAX_NAME_BYTES)
        chunk.rares += map(Rare, later or repeat(0), of.structured, names, of.flags, of.dropped)


def _reasons(of: Columns) -> list[str]:
    """By record why it can't be stored, or no text; nothing at all where all can be."""
    sizes = list(map(len, of.attributes))
    severities, counts = of.severities, of.attribute_counts
    if (
        min(severities) >= 0
        and max(severities) <= _MOST_SEVERITY
        and max(counts) <= MAX_ATTRIBUTES
        and max(sizes) <= MAX_ATTRIBUTES_BYTES
    ):
        return []
    return list(map(_reason, severities, counts, sizes))


def _reason(severity: int, attributes: int, attributes_bytes: int) -> str:
    if not 0 <= severity <= _MOST_SEVERITY:
        return f"severity_number is {severity}, not 0 to {_MOST_SEVERITY}"
    if attributes > MAX_ATTRIBUTES:
        return f"{attributes} attributes, and {MAX_ATTRIBUTES} are the most"
    if attributes_bytes > MAX_ATTRIBUTES_BYTES:
        return f"attributes of {attributes_bytes} bytes, and {MAX_ATTRIBUTES_BYTES} are the most"
    return ""


def _severity_of(number: int, text: bytes) -> int:
    """Of a sender that says it by its name alone, as Fluent Bit can, the number that the name has."""
    return number or WORDS.get(text, 0)


def _cut(texts: Sequence[bytes], most: int) -> Sequence[bytes]:
    return texts if max(map(len, texts)) <= most else [text[:most] for text in texts]
