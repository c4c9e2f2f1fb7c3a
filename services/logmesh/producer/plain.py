"""Reads lines of no format that is known: a time, a level and a trace, where they stand out."""

from typing import Final

from logmesh.producer.levels import begins_as_prose, find_level, level_before
from logmesh.producer.parsed import Parsed
from logmesh.producer.timestamps.clock import Clock
from logmesh.producer.timestamps.places import is_sentence, time_and_end
from logmesh.producer.traces import find_trace, may_have_trace

_NOTHING: Final = Parsed()


def plain_line(line: bytes, clock: Clock) -> Parsed:
    """What stands out of any line."""
    time, end = time_and_end(line, clock)
    severity, text = find_level(line, end)
    if not severity:
        severity, text = level_before(line, end)
    trace_id, span_id = find_trace(line)
    return Parsed(time, severity, text, b"", trace_id, span_id)


def sentence(line: bytes) -> Parsed | None:
    """What a line of words says, in no format and without fields; None for any other."""
    if not is_sentence(line) or b"=" in line or b"|" in line or b"{" in line:
        return None
    if begins_as_prose(line) and not may_have_trace(line):
        return _NOTHING
    severity, text = find_level(line, 0)
    trace_id, span_id = find_trace(line)
    return Parsed(0, severity, text, b"", trace_id, span_id)
