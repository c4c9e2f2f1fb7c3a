"""Reads what a log line says: time, severity, fields, trace. It never raises, and never changes the line.

JSON lines, logfmt, syslog, web server, klog and container runtime formats give fields; any other line gives
a time and a level where they stand out. The line itself stays the record's body, byte for byte.
"""

import re
from functools import partial
from typing import Any, Final

from logmesh.producer.attributes import joined_attributes
from logmesh.producer.documents import read_document
from logmesh.producer.fields import json_line, logfmt_line
from logmesh.producer.formats.fitting import keep, read_by_kept, read_by_table
from logmesh.producer.formats.format import Format, FormatByFunction
from logmesh.producer.parsed import Parsed
from logmesh.producer.plain import plain_line, sentence
from logmesh.producer.prefixes import composed_line, ending_in_json, ending_in_logfmt, pod_line
from logmesh.producer.syslog import klog_line, priority_line, syslog_line
from logmesh.producer.timestamps import kinds
from logmesh.producer.timestamps.clock import Clock
from logmesh.producer.timestamps.settling import settle
from logmesh.producer.web import web_line

_COLOUR: Final = re.compile(rb"\x1b\[[\d;:?]*[A-Za-z]")
_MARK: Final = b"\xef\xbb\xbf"
_PREFIX: Final = re.compile(rb"(?>" + kinds.ISO.pattern + rb") (?P<stream>stdout|stderr) [FP] ")
_READ_PREFIX: Final = kinds.ISO.reader(_PREFIX)
_STREAMS: Final = {stream: b'{"log.iostream":"%b"}' % stream for stream in (b"stdout", b"stderr")}
_BLANKS: Final = frozenset((b" ", b"\t", _MARK[:1]))


def parse_line(line: bytes, clock: Clock, tried: Format | FormatByFunction | None = None) -> Parsed:
    """What `line` says; `clock` has the zone and the time of reading, which settles the year where the line has none.

    `tried` has been asked of the line, and did not know it.
    """
    # Colours, a byte order mark, spaces before and a carriage return say nothing, and hide what does.
    # They stay in the body, which is the line byte for byte.
    bare = _COLOUR.sub(b"", line) if b"\x1b" in line else line
    if bare[:1] in _BLANKS:
        bare = bare.removeprefix(_MARK).lstrip()
    bare = bare.removesuffix(b"\r")
    try:
        return _parse(bare, clock, tried if bare is line else None)
    except RecursionError:
        # JSON may be nested deeper than it can be written again.
        return plain_line(bare, clock)


def _parse(line: bytes, clock: Clock, tried: Format | FormatByFunction | None = None) -> Parsed:
    if parsed := read_by_kept(line, clock, tried) or sentence(line):
        return parsed
    for reader in _READERS.get(line[:1], ()):
        if parsed := reader.read(line, clock):
            if reader.wraps:
                clock.wrapper = reader
            else:
                keep(reader, line, clock)
            return parsed
    return read_by_table(line, clock) or _found(line, clock) or plain_line(line, clock)


def _found(line: bytes, clock: Clock) -> Parsed | None:
    """What is told by more than the line's first byte."""
    if line[:1].isalpha() and (parsed := _COMPOSED.read(line, clock)):
        clock.wrapper = _COMPOSED
        return parsed
    if line[-1:] == b"}" and (parsed := ending_in_json(line, clock, _parse)):
        return parsed
    if b"=" in line:
        if parsed := _LOGFMT.read(line, clock):
            keep(_LOGFMT, line, clock)
            return parsed
        if parsed := ending_in_logfmt(line, clock):
            return parsed
    return web_line(line, clock) if b'] "' in line else None


def _pod(line: bytes, clock: Clock) -> Parsed | None:
    return pod_line(line, clock, _parse)


def _composed(line: bytes, clock: Clock) -> Parsed | None:
    return composed_line(line, clock, _parse)


def _document(fields: dict[str, Any], line_length: int, clock: Clock) -> Parsed:
    return read_document(fields, line_length, clock, _parse)


def _container(line: bytes, clock: Clock) -> Parsed | None:
    """The container runtime's prefix, and the line that the container wrote after it."""
    match = _PREFIX.match(line) if b" std" in line[19:40] else None
    if match is None:
        return None
    inner = _parse(line[match.end() :], clock)
    time = settle(inner.time_unix_nano, _READ_PREFIX(match, clock))
    attributes = joined_attributes(_STREAMS[match["stream"]], inner.attributes)
    return Parsed(time, inner.severity, inner.severity_text, attributes, inner.trace_id, inner.span_id)


_LOGFMT: Final = FormatByFunction("logfmt", logfmt_line)
_JSON: Final = FormatByFunction("json", partial(json_line, say=_document))
_COMPOSED: Final = FormatByFunction("composed", _composed, wraps=True)
_POD: Final = FormatByFunction("pod", _pod, begins=b"[pod/", wraps=True)
_CONTAINER: Final = FormatByFunction("container", _container, wraps=True)
_PRIORITY: Final = FormatByFunction("syslog-priority", priority_line, begins=b"<")
_KLOG: Final = FormatByFunction("klog", klog_line)
_SYSLOG: Final = FormatByFunction("syslog", syslog_line)

# By a line's first byte, so that most formats cost the others nothing.
_READERS: Final[dict[bytes, tuple[FormatByFunction, ...]]] = {
    b"{": (_JSON,),
    b"[": (_POD,),
    b"<": (_PRIORITY,),
    **dict.fromkeys((b"1", b"2"), (_CONTAINER,)),
    **dict.fromkeys((b"I", b"W", b"E", b"C"), (_KLOG,)),
    **dict.fromkeys((b"F", b"D"), (_KLOG, _SYSLOG)),
    **dict.fromkeys((b"J", b"M", b"A", b"S", b"O", b"N"), (_SYSLOG,)),
}
