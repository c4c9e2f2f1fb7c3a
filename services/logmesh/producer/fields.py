"""Reads lines that are made of fields: JSON objects and logfmt."""

import json
import re
from collections.abc import Callable
from typing import Any, Final

from logmesh.producer.attributes import attributes_of
from logmesh.producer.level_fields import take_level
from logmesh.producer.parsed import Parsed
from logmesh.producer.timestamps.clock import Clock
from logmesh.producer.timestamps.fields import take_time
from logmesh.producer.trace_fields import take_trace
from logmesh.record.json_text import JsonBeyondBounds, exact_number, load_exact_json
from logmesh.record.limits import MAX_ATTRIBUTES_BYTES

_LOGFMT: Final = re.compile(rb'[\w.@/-]++=(?:"(?:[^"\\]|\\.)*+"|[^\s"]*+)\s++[\w.@/-]++(?:=|\s++[\w.@/-]++=)')
# It begins where a word does, so that a long one without a value is gone through once.
_PAIR: Final = re.compile(r'(?<![\w.@/-])([\w.@/-]++)=(?:"((?:[^"\\]|\\.)*+)"|([^\s"]*+))', re.ASCII)
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
# Numbers that are the same when written again. Fifteen digits are exact wherever they are read; leading zeros, and
# trailing ones behind a point, are those of a code or a version.
_NUMBER: Final = re.compile(r"-?(?:0|[1-9]\d{0,14})(\.\d{0,8}[1-9])?", re.ASCII)
_BEGIN_NUMBERS: Final = frozenset("0123456789-")
_WORDS: Final[dict[str, bool | str]] = {"true": True, "false": False}

_OBJECT_ENDS: Final = (b"}", b"}\r")
_DECODER: Final = json.JSONDecoder(parse_float=exact_number, parse_int=exact_number, parse_constant=str, strict=False)
_KEY: Final = re.compile(r'[\s,]*"((?:[^"\\]|\\.)*+)"\s*:\s*')
_LONGEST_CUT: Final = 64 * 1024


def _cut_off(line: bytes) -> dict[str, Any]:
    """The fields of an object before the place where it is cut off."""
    text = line[:_LONGEST_CUT].decode("utf-8", "replace")
    fields: dict[str, Any] = {}
    position = 1
    while key := _KEY.match(text, position):
        try:
            value, position = _DECODER.raw_decode(text, key.end())
        except (ValueError, ArithmeticError, RecursionError):
            break
        # A number at the very end may go on behind the cut.
        if position == len(text) and not isinstance(value, str | dict | list):
            break
        fields[key[1]] = value
    return fields


def logfmt_object(line: bytes, start: int = 0) -> dict[str, Any] | None:
    """The fields of `key=value` pairs, the first two of which begin at `start`; None for anything else."""
    if not _LOGFMT.match(line, start):
        return None
    fields: dict[str, Any] = {}
    for key, quoted, bare in _PAIR.findall(line[start:].decode("utf-8", "replace")):
        if bare:
            # Some set pairs apart by commas as well.
            value = bare.rstrip(",;") if bare[-1] in ",;" else bare
            if value[:1] in _BEGIN_NUMBERS and (number := _NUMBER.fullmatch(value)):
                fields[key] = float(value) if number[1] else int(value)
            else:
                fields[key] = _WORDS.get(value, value)
        else:
            fields[key] = _ESCAPE.sub(_unescaped, quoted) if "\\" in quoted else quoted
    return fields


def may_end_in_fields(line: bytes) -> bool:
    """Whether a line may end in a JSON object, or in `key=value` pairs; a quick look."""
    if line.endswith(_OBJECT_ENDS):
        return b'{"' in line
    first = line.find(b"=")
    return first > 0 and _LOGFMT.match(line, line.rfind(b" ", 0, first) + 1) is not None


def _unescaped(match: re.Match[str]) -> str:
    return {"n": "\n", "t": "\t", "r": "\r"}.get(match[1], match[1])


def said_by(fields: dict[str, Any], line_length: int, clock: Clock) -> Parsed:
    """What these fields say. Those that say the time, the level and the trace leave the attributes."""
    severity, text = take_level(fields)
    time = take_time(fields, clock)
    trace_id, span_id = take_trace(fields)
    return Parsed(time, severity, text, attributes_of(fields, line_length), trace_id, span_id)


Say = Callable[[dict[str, Any], int, Clock], Parsed]
"""What fields say, as `said_by`."""


def json_line(line: bytes, clock: Clock, say: Say = said_by) -> Parsed | None:
    """What a line that is a JSON object says, also where it is cut off; None for any other."""
    if line[:1] != b"{":
        return None
    try:
        fields = load_exact_json(line, constants=True)
    except JsonBeyondBounds:
        # No reader takes it: its attributes are the line itself, which is stored as text.
        return Parsed(attributes=line) if len(line) <= MAX_ATTRIBUTES_BYTES else None
    except ValueError:
        fields = _cut_off(line)
    return say(fields, len(line), clock) if fields else None


def logfmt_line(line: bytes, clock: Clock) -> Parsed | None:
    """What a line of `key=value` pairs says; None for any other."""
    fields = logfmt_object(line)
    return said_by(fields, len(line), clock) if fields else None
