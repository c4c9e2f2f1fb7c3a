"""Reads syslog's lines of both kinds, and klog's, which Kubernetes' own processes write."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from logmesh.producer.attributes import OMITTED, joined_attributes, named_attributes, texts_of, with_attributes
from logmesh.producer.fields import json_line, logfmt_line
from logmesh.producer.level_names import LETTERS_IN_BYTES, SYSLOG_LEVELS, WORDS
from logmesh.producer.levels import find_level
from logmesh.producer.parsed import Parsed
from logmesh.producer.plain import plain_line
from logmesh.producer.timestamps import kinds
from logmesh.producer.timestamps.clock import Clock
from logmesh.producer.traces import find_trace
from logmesh.producer.web import web_line

_PRIORITY: Final = re.compile(rb"<(\d{1,3})>")
_SYSLOG_5424: Final = re.compile(
    rb"<\d{1,3}>1 (?>" + kinds.ISO.pattern + rb"|-) (?P<host>\S+) (?P<app>\S+) (?P<pid>\S+) (?P<msgid>\S+) "
    rb'(?:-|(?>(?:\[(?>(?:[^\]"\\]|\\.|"(?:[^"\\]|\\.)*+")*)\])+))? ?(?:\xef\xbb\xbf)?'
)
_SYSLOG_3164: Final = re.compile(
    rb"(?:<\d{1,3}>)?(?>" + kinds.MONTH_NAME_DAY.pattern + rb") (?:(?P<host>\S*[^\s:]) )?"
    rb"(?:(?P<facility>[a-z]{3,8}[0-7]?)\.(?P<level>[a-z]{3,7}) )?(?P<app>[^\s:\[]{1,64})(?:\[(?P<pid>\d+)\](?: \([^)]{0,80}\))?)?: "
)
# As rsyslog and journalctl write it today. Others also write a time and a word, so the process must have its number.
_SYSLOG_ISO: Final = re.compile(
    rb"(?>" + kinds.ISO.pattern + rb") (?P<host>[A-Za-z][\w.-]*) (?P<app>[^\s:\[]{1,64})\[(?P<pid>\d+)\]: "
)
_READ_5424: Final = kinds.ISO.reader(_SYSLOG_5424)
_READ_3164: Final = kinds.MONTH_NAME_DAY.reader(_SYSLOG_3164)
_READ_ISO: Final = kinds.ISO.reader(_SYSLOG_ISO)
_NAMES: Final = ("host", "app", "pid", "msgid")
# What some put before fields in syslog.
_COOKIE: Final = b"@cee:"
_KLOG: Final = re.compile(
    rb"(?P<level>[IWEFDC])(?>"
    + kinds.GLOG.pattern
    + rb")\s+(?P<thread>\d+) (?P<caller>[^\s\]]+:\d+)(?:\] | \xe2\x8b\xae )"
)
# The attributes of headers up to this length are kept, as many lines have the same.
_LONGEST_KEPT: Final = 512
_READ_KLOG: Final = kinds.GLOG.reader(_KLOG)


def priority_line(line: bytes, clock: Clock) -> Parsed | None:
    """A line that begins with a priority in angle brackets."""
    priority = _PRIORITY.match(line)
    if priority is None or int(priority[1]) > 191:
        return None
    severity = SYSLOG_LEVELS[int(priority[1]) & 7]
    if found := _SYSLOG_5424.match(line):
        names = found.group(*_NAMES)
        return _message(line, found.end(), names, _READ_5424(found, clock) if found["t"] else 0, severity, b"", clock)
    return syslog_line(line, clock, severity) or plain_line(line[priority.end() :], clock)._replace(severity=severity)


def syslog_line(line: bytes, clock: Clock, severity: int = 0) -> Parsed | None:
    """A line of RFC 3164, whose priority, if it has one, says `severity`."""
    has_priority = line.startswith(b"<")
    if has_priority and not severity:
        return None  # it is for `priority_line`
    found = _SYSLOG_3164.match(line)
    if found is None:
        return None
    *names, level = found.group("host", "app", "pid", "level")
    if not (names[0] or has_priority):  # only forwarders leave the host out
        return None
    text = b""
    if level and not severity and (severity := WORDS.get(level, 0)):
        text = level
    return _message(line, found.end(), names, _READ_3164(found, clock), severity, text, clock)


def iso_syslog_line(line: bytes, clock: Clock) -> Parsed | None:
    """A line of syslog whose time is ISO 8601."""
    found = _SYSLOG_ISO.match(line)
    if found is None or found["host"] in WORDS or not (time := _READ_ISO(found, clock)):
        return None
    return _message(line, found.end(), found.group(*_NAMES[:3]), time, 0, b"", clock)


def _message(
    line: bytes, start: int, names: Sequence[bytes | None], time: int, severity: int, text: bytes, clock: Clock
) -> Parsed:
    """What the message behind a header says, the header's time and severity where it says none."""
    message = line[start:]
    inner = message_fields(message, clock)
    if inner is None:
        if not severity:
            severity, text = find_level(message, 0)
        trace_id, span_id = find_trace(line)
        attributes = _attributes(names) if start <= _LONGEST_KEPT else _name(tuple(names))
        return Parsed(time, severity, text, attributes, trace_id, span_id)
    if inner.severity:
        severity, text = inner.severity, inner.severity_text
    inner = inner.at(inner.time_unix_nano or time).of_level(severity, text)
    return with_attributes(inner, texts_of(dict(zip(_NAMES, names, strict=False))))


def message_fields(message: bytes, clock: Clock) -> Parsed | None:
    """What a message says that stood behind syslog's header and is JSON, logfmt or a line of an access log; None for any other."""
    inner = None
    bare = message.removeprefix(_COOKIE).lstrip()
    if bare.startswith(b"{"):
        inner = json_line(bare, clock)
    elif b"=" in bare:
        inner = logfmt_line(bare, clock)
    if inner is None and b'] "' in message:
        inner = web_line(message, clock)
    return inner


def _attributes(names: Sequence[bytes | None]) -> bytes:
    """Of a header: the lines of one program have the same, but for the number of its process."""
    if len(names) == 3 and (process := names[2]):
        program = _named(tuple(names[:2]))
        if program and program is not OMITTED:
            return joined_attributes(program, b'{"pid":"%b"}' % process)
    return _named(tuple(names))


def _name(names: tuple[bytes | None, ...]) -> bytes:
    return named_attributes(dict(zip(_NAMES, names, strict=False)))


_named: Final = lru_cache(maxsize=256)(_name)


def klog_line(line: bytes, clock: Clock) -> Parsed | None:
    """A line of klog, such as kubelet's."""
    found = _KLOG.match(line)
    if found is None:
        return None
    level, thread, caller = found.group("level", "thread", "caller")
    attributes = (_klog_attributes if found.end() <= _LONGEST_KEPT else _name_klog)(thread, caller)
    trace_id, span_id = find_trace(line)
    return Parsed(_READ_KLOG(found, clock), LETTERS_IN_BYTES[level], level, attributes, trace_id, span_id)


def _name_klog(thread: bytes, caller: bytes) -> bytes:
    return named_attributes({"caller": caller, "thread": thread})


_klog_attributes: Final = lru_cache(maxsize=1024)(_name_klog)
