"""Finds the trace and the span that a line belongs to in its text; empty where it says none."""

import re
from typing import Final

from logmesh.record.trace_ids import ids_of_header, span_id, trace_id

_SHORTEST: Final = 32
_IN_TEXT: Final = re.compile(
    rb"(?P<dd>dd[._])?trace(?:[_.-]?id|parent|[_.-]context)?[\"']?(?:\s?[=:]\s?)[\"']?(?P<value>[\w:;/%.=-]{16,128})",
    re.IGNORECASE,
)
_SPAN_IN_TEXT: Final = re.compile(
    rb"(?P<dd>dd[._])?span[_.-]?id[\"']?(?:\s?[=:]\s?)[\"']?(?P<value>[0-9a-f]{16}|\d{1,20})(?!\w)", re.IGNORECASE
)
_CLOUD_IN_TEXT: Final = re.compile(rb"projects/[\w.:-]+/traces/[0-9a-f]{32}")
_B3_IN_TEXT: Final = re.compile(
    rb"(?<![\w-])b3[\"']?\s?[=:]\s?[\"']?((?:[0-9a-f]{32}|[0-9a-f]{16})-[0-9a-f]{16}(?:-[01d](?:-[0-9a-f]{16})?)?)(?![\w-])"
)
# Spring's `[app,trace,span]` and `[trace-span]`, Kamon's `[trace|span]`.
_BRACKETS: Final = re.compile(rb"\[(?:[\w.-]*+,)? ?+([0-9a-f]{32}|[0-9a-f]{16})[,|-] ?([0-9a-f]{16})[\],]")
# Traceparent and B3 in one header, where a web server writes them under no name.
_HEADER_IN_TEXT: Final = re.compile(rb"-(?<=[0-9a-f]{32}-)([0-9a-f]{16})(?![0-9a-f])")


def find_trace(line: bytes) -> tuple[bytes, bytes]:
    """The ids of trace and span in a line's text: 16 and 8 bytes, or none."""
    if b"race" in line:
        trace, span = _named(line)
        if trace:
            return trace, span
    if b"b3" in line and (b3 := _B3_IN_TEXT.search(line)):
        return ids_of_header(b3[1].decode())
    if b"[" in line and (found := _BRACKETS.search(line)):
        return trace_id(found[1].decode()), span_id(found[2].decode())
    return b"", b""


def may_have_trace(line: bytes) -> bool:
    """Whether a line without brackets may say its trace; a quick look."""
    return b"race" in line or b"b3" in line


def find_header(line: bytes, start: int) -> tuple[bytes, bytes]:
    """The same behind `start`, also of headers that go by no name, as a web server's line ends with them."""
    if len(line) - start < _SHORTEST:
        return b"", b""
    trace, span = find_trace(line[start:])
    if not trace and (found := _HEADER_IN_TEXT.search(line, start)):
        trace, span = trace_id(line[found.start() - 32 : found.start()].decode()), span_id(found[1].decode())
    return trace, span


def _named(line: bytes) -> tuple[bytes, bytes]:
    for found in _IN_TEXT.finditer(line):
        value = found["value"].rstrip(b".:;,-=").decode("ascii", "replace")
        trace, span = trace_id(value, bool(found["dd"])), b""
        if not trace:
            trace, span = ids_of_header(value)
        if trace:
            if not span and (inner := _SPAN_IN_TEXT.search(line)):
                span = span_id(inner["value"].decode(), bool(inner["dd"]))
            return trace, span
    cloud = _CLOUD_IN_TEXT.search(line)
    return ids_of_header(cloud[0].decode()) if cloud else (b"", b"")
