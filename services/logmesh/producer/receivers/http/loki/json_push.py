"""Reads a push in JSON: `{"streams": [{"stream": {label: value}, "values": [["nanoseconds", "line", {name: value}]]}]}`."""

from collections.abc import Iterator
from typing import Any

from logmesh.producer.receivers.http.loki.streams import Stream, checked_labels
from logmesh.producer.receivers.received import RequestRefused
from logmesh.record.json_text import load_json


def read_json(body: bytes) -> Iterator[Stream]:
    """The streams of a push in JSON. Raises RequestRefused."""
    try:
        push = load_json(body)
    except ValueError as error:
        raise RequestRefused("the body is not JSON") from error
    streams = push.get("streams") if isinstance(push, dict) else None
    if not isinstance(streams, list):
        raise RequestRefused("the body has no list `streams`")
    return map(_stream, streams)


def _stream(given: Any) -> Stream:
    labels = given.get("stream", {}) if isinstance(given, dict) else None
    values = given.get("values", []) if isinstance(given, dict) else None
    if not isinstance(labels, dict) or not isinstance(values, list):
        raise RequestRefused("a stream is not of an object `stream` and a list `values`")
    times: list[int] = []
    lines: list[bytes] = []
    metadata: list[dict[str, Any]] = []
    try:
        for time, line, *more in values:
            times.append(int(time))
            lines.append(line.encode("utf-8", "replace"))
            metadata.append(dict(more[0]) if more else {})
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        raise RequestRefused('a value is not of the shape ["nanoseconds", "line", {metadata}]') from error
    return Stream(checked_labels({name: _text(value) for name, value in labels.items()}), times, lines, metadata)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise RequestRefused("a label's value is not a text")
    return value
