"""Reads what a log line says: time, severity, fields, trace. It never raises, and never changes the line.

JSON lines, logfmt, syslog, web server, klog and container runtime formats give fields; any other line gives
a time and a level where they stand out. The line itself stays the record's body, byte for byte.
"""

import json
import re
from typing import Any, Final, NamedTuple

import orjson

from logmesh.producer import container_lines, timestamps
from logmesh.record.json_text import dump_json
from logmesh.record.limits import MAX_ATTRIBUTES, MAX_ATTRIBUTES_BYTES, MAX_SEVERITY_TEXT_BYTES
from logmesh.record.severity import SEVERITY_NUMBERS


class Parsed(NamedTuple):
    """What a line says beside itself. 0 and no bytes mean that it doesn't say."""

    time_unix_nano: int = 0
    severity: int = 0
    severity_text: bytes = b""
    attributes: bytes = b""
    trace_id: bytes = b""
    span_id: bytes = b""

    def with_part(self, part: int) -> "Parsed":
        """The same, its attributes saying which part of a split line this is."""
        number = b'{"logmesh.part":%d' % part
        return self._replace(attributes=number + (b"," + self.attributes[1:] if self.attributes else b"}"))


NOTHING: Final = Parsed()
OMITTED: Final = b'{"logmesh.attributes_omitted":true}'
"""Instead of fields that are too many or too large for a record; the body still has them."""

_TIME_KEYS: Final = ("time", "ts", "timestamp", "@timestamp", "datetime", "date")
_LEVEL_KEYS: Final = ("level", "severity", "lvl", "levelname", "log.level", "loglevel", "severity_text", "@level")
_TRACE_KEYS: Final = ("trace_id", "traceId", "traceid", "trace.id", "TraceId")
_SPAN_KEYS: Final = ("span_id", "spanId", "spanid", "span.id", "SpanId")

# By the priority's lower three bits: emergency, alert, critical, error, warning, notice, informational, debug.
_SYSLOG_LEVELS: Final = (24, 22, 21, 17, 13, 10, 9, 5)
_KLOG_LEVELS: Final = {b"I": 9, b"W": 13, b"E": 17, b"F": 21}
_NUMBERED_LEVELS: Final = {10: 1, 20: 5, 30: 9, 40: 13, 50: 17, 60: 21}

_LEVELS: Final = {
    spelling.encode(): number
    for name, number in SEVERITY_NUMBERS.items()
    for spelling in (name, name.lower(), name.capitalize())
}
# As words inside a line, these are more often something else.
_WORDS: Final = sorted(set(SEVERITY_NUMBERS) - {"LOG", "CONFIG", "FINE", "SUCCESS", "ALERT"}, key=len, reverse=True)
# In capitals anywhere, in any case within brackets. Each branch begins with a literal, and looks behind
# itself only after it has matched: that is what keeps the search quick.
_LEVEL: Final = re.compile(
    b"|".join(rb"%b(?<![\w/%%]%b)(?![\w/=])" % (word.encode(), word.encode()) for word in _WORDS)
    + rb"|\[\s*(?i:"
    + b"|".join(word.encode() for word in _WORDS)
    + rb")\s*\]"
)
# In any case where it is the first word after the time, or begins the line and is set off by a colon.
_FIRST_WORD: Final = re.compile(rb"[\s|,:\]-]*([A-Za-z]{3,13})(?=[\s|,:\]-])")
_LEADING_WORD: Final = re.compile(rb"([A-Za-z]{3,13}):")
_LEVEL_WINDOW: Final = 96

_KLOG: Final = re.compile(rb"([IWEF])(\d\d)(\d\d) (\d\d):(\d\d):(\d\d)\.(\d{6})\s+(\d+) ([^\s\]]+:\d+)\] ")
_PRIORITY: Final = re.compile(rb"<(\d{1,3})>")
_SYSLOG_5424: Final = re.compile(rb"<\d{1,3}>1 (\S+) (\S+) (\S+) (\S+) (\S+) ")
_SYSLOG_3164: Final = re.compile(
    rb"(?:<\d{1,3}>)?(?P<time>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d) (?P<host>\S+) "
    rb"(?P<app>[^\s:\[]{1,64})(?:\[(?P<pid>\d+)\])?: "
)
_COMBINED: Final = re.compile(
    rb"(?P<client>\S+) \S+ (?P<user>\S+) \[(?P<time>[^\]]{20,40})\] "
    rb'"(?P<method>[A-Z]+) (?P<path>[^\s"]+)(?: HTTP/(?P<version>[\d.]+))?" (?P<status>\d{3}) (?P<bytes>\d+|-)'
    rb'(?: "(?P<referer>[^"]*)" "(?P<agent>(?:[^"\\]|\\.)*+)")?'
)
_LOGFMT: Final = re.compile(rb'[\w.@/-]+=(?:"(?:[^"\\]|\\.)*+"|[^\s"]*+)\s+(?:[\w.@/-]+=|[\w.@/-]+\s+[\w.@/-]+=)')
_PAIR: Final = re.compile(rb'([\w.@/-]+)=(?:"((?:[^"\\]|\\.)*+)"|([^\s"]*+))')
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
_TRACE_IN_TEXT: Final = re.compile(rb"trace[_.]?id[\"']?\s*[=:]\s*[\"']?([0-9a-f]{32})(?![0-9a-f])", re.IGNORECASE)
_SPAN_IN_TEXT: Final = re.compile(rb"span[_.]?id[\"']?\s*[=:]\s*[\"']?([0-9a-f]{16})(?![0-9a-f])", re.IGNORECASE)
_TRACEPARENT: Final = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")
_HEX: Final = re.compile(r"[0-9a-fA-F]+")


def parse_line(line: bytes, reference_unix_nano: int) -> Parsed:
    """What `line` says; `reference_unix_nano` (the time of reading) settles the year where the line has none."""
    try:
        # A carriage return stays in the body, which is the line byte for byte; it says nothing.
        return _parse(line.removesuffix(b"\r"), reference_unix_nano)
    except RecursionError:
        # JSON may be nested deeper than it can be written again.
        return _plain(line, reference_unix_nano)


def _parse(line: bytes, reference: int) -> Parsed:
    match line[:1]:
        case b"{":
            return _json(line) or _plain(line, reference)
        case b"<":
            return _syslog(line, reference) or _plain(line, reference)
        case b"2" | b"1" if b" std" in line[19:40] and (found := container_lines.PREFIX.match(line)):
            return _container(line, found, reference)
        case b"I" | b"W" | b"E" | b"F" if found := _KLOG.match(line):
            return _klog(found, reference)
        case b"J" | b"F" | b"M" | b"A" | b"S" | b"O" | b"N" | b"D" if found := _SYSLOG_3164.match(line):
            return _syslog_3164(line, found, 0, reference)
    if b"=" in line and (found := _LOGFMT.match(line)):
        return _fields(_logfmt_fields(line), reference_line=line)
    if b'] "' in line and (found := _COMBINED.match(line)):
        return _combined(found)
    return _plain(line, reference)


def _plain(line: bytes, reference: int) -> Parsed:
    time, end = timestamps.find_time(line, reference)
    severity, text = _find_level(line, end)
    trace_id, span_id = _trace_in_text(line) if b"trace" in line else (b"", b"")
    return Parsed(time, severity, text, b"", trace_id, span_id)


def _find_level(line: bytes, time_end: int) -> tuple[int, bytes]:
    leading = _FIRST_WORD.match(line, time_end) if time_end else _LEADING_WORD.match(line)
    if leading and (number := _LEVELS.get(leading[1], 0)):
        return number, leading[1]
    # From the start: some write the level before the time.
    if found := _LEVEL.search(line, 0, time_end + _LEVEL_WINDOW):
        text = found[0].strip(b"[] \t")
        return SEVERITY_NUMBERS[text.decode().upper()], text
    return 0, b""


def _trace_in_text(line: bytes) -> tuple[bytes, bytes]:
    trace, span = _TRACE_IN_TEXT.search(line), _SPAN_IN_TEXT.search(line)
    return (
        _identifier(trace[1].decode(), 16) if trace else b"",
        _identifier(span[1].decode(), 8) if span else b"",
    )


def _json(line: bytes) -> Parsed | None:
    try:
        fields = orjson.loads(line)
    except orjson.JSONDecodeError:
        # NaN and lone surrogates are not JSON, but loggers write them.
        if b"NaN" not in line and b"Infinity" not in line and b"\\ud" not in line.lower():
            return None
        try:
            fields = json.loads(line, parse_constant=str)
        except ValueError:
            return None
    return _fields(fields, reference_line=line) if isinstance(fields, dict) else None


def _fields(fields: dict[str, Any], reference_line: bytes) -> Parsed:
    """What these fields say. Those that say the time, the level and the trace leave the attributes."""
    time = 0
    for key in _TIME_KEYS:
        if key in fields and (time := timestamps.time_of_value(fields[key])):
            del fields[key]
            break
    severity, text = _level_field(fields)
    trace_id = _take_identifier(fields, _TRACE_KEYS, 16)
    span_id = _take_identifier(fields, _SPAN_KEYS, 8)
    if (
        not trace_id
        and isinstance(parent := fields.get("traceparent"), str)
        and (ids := _TRACEPARENT.fullmatch(parent))
    ):
        trace_id, span_id = _identifier(ids[1], 16), span_id or _identifier(ids[2], 8)
    return Parsed(time, severity, text, _attributes(fields, len(reference_line)), trace_id, span_id)


def _level_field(fields: dict[str, Any]) -> tuple[int, bytes]:
    for key in _LEVEL_KEYS:
        value = fields.get(key)
        if isinstance(value, str) and value:
            raw = value.encode("utf-8", "replace")
            if number := _LEVELS.get(raw, 0) or SEVERITY_NUMBERS.get(value.strip().upper(), 0):
                del fields[key]
                return number, raw[:MAX_SEVERITY_TEXT_BYTES]
        elif isinstance(value, int) and not isinstance(value, bool):
            numbered = _SYSLOG_LEVELS[value] if "short_message" in fields and 0 <= value < 8 else 0
            if number := numbered or _NUMBERED_LEVELS.get(value, 0):
                del fields[key]
                return number, str(value).encode()
    return 0, b""


def _take_identifier(fields: dict[str, Any], keys: tuple[str, ...], width: int) -> bytes:
    for key in keys:
        value = fields.get(key)
        if isinstance(value, str) and (identifier := _identifier(value, width)):
            del fields[key]
            return identifier
    return b""


def _identifier(text: str, width: int) -> bytes:
    if len(text) != 2 * width:
        text = text.replace("-", "")
    if len(text) != 2 * width or not _HEX.fullmatch(text):
        return b""
    identifier = bytes.fromhex(text)
    return identifier if any(identifier) else b""


def _attributes(fields: dict[str, Any], line_length: int) -> bytes:
    if not fields:
        return b""
    if len(fields) > MAX_ATTRIBUTES or line_length > 2 * MAX_ATTRIBUTES_BYTES:
        return OMITTED
    try:
        text = dump_json(fields)
    except ValueError:
        return OMITTED
    return text if len(text) <= MAX_ATTRIBUTES_BYTES else OMITTED


def _logfmt_fields(line: bytes) -> dict[str, Any]:
    fields = {}
    for key, quoted, bare in _PAIR.findall(line):
        value = (quoted or bare).decode("utf-8", "replace")
        fields[key.decode("utf-8", "replace")] = _ESCAPE.sub(_unescaped, value) if b"\\" in quoted else value
    return fields


def _unescaped(match: re.Match[str]) -> str:
    return {"n": "\n", "t": "\t", "r": "\r"}.get(match[1], match[1])


def _container(line: bytes, match: re.Match[bytes], reference: int) -> Parsed:
    """The container runtime's prefix, and the line that the container wrote after it."""
    inner = _parse(line[match.end() :], reference)
    stamp = timestamps.ISO.match(match[1])
    written = timestamps.iso_time(stamp) if stamp else 0
    stream = b'{"log.iostream":"%b"' % match[2]
    attributes = stream + (b"," + inner.attributes[1:] if inner.attributes else b"}")
    return inner._replace(
        time_unix_nano=inner.time_unix_nano or written,
        attributes=attributes if len(attributes) <= MAX_ATTRIBUTES_BYTES else OMITTED,
    )


def _klog(match: re.Match[bytes], reference: int) -> Parsed:
    level, month, day, hour, minute, second, fraction, thread, caller = match.groups()
    time = timestamps.time_without_year(int(month), int(day), hour, minute, second, fraction, reference)
    attributes = dump_json({"caller": caller.decode("utf-8", "replace"), "thread": thread.decode()})
    return Parsed(time, _KLOG_LEVELS[level], level, attributes)


def _syslog(line: bytes, reference: int) -> Parsed | None:
    priority = _PRIORITY.match(line)
    if priority is None or int(priority[1]) > 191:
        return None
    severity = _SYSLOG_LEVELS[int(priority[1]) & 7]
    if found := _SYSLOG_5424.match(line):
        stamp = timestamps.ISO.match(found[1])
        names = dict(zip(("host", "app", "pid", "msgid"), found.groups()[1:], strict=True))
        return Parsed(timestamps.iso_time(stamp) if stamp else 0, severity, b"", _named(names))
    if found := _SYSLOG_3164.match(line):
        return _syslog_3164(line, found, severity, reference)
    return _plain(line, reference)._replace(severity=severity)


def _syslog_3164(line: bytes, match: re.Match[bytes], severity: int, reference: int) -> Parsed:
    stamp = timestamps.SYSLOG.match(match["time"])
    time = timestamps.syslog_time(stamp, reference) if stamp else 0
    text = b""
    if not severity:
        severity, text = _find_level(line, match.end())
    return Parsed(time, severity, text, _named({name: match[name] for name in ("host", "app", "pid")}))


def _combined(match: re.Match[bytes]) -> Parsed:
    stamp = timestamps.COMMON.match(match["time"])
    status = int(match["status"])
    fields: dict[str, Any] = {
        "client.address": match["client"],
        "user.name": match["user"],
        "http.request.method": match["method"],
        "url.path": match["path"],
        "network.protocol.version": match["version"],
        "referer": match["referer"],
        "user_agent.original": match["agent"],
    }
    texts = {name: _replaced(value) for name, value in fields.items() if value and value != b"-"}
    numbers = {"http.response.status_code": status}
    if match["bytes"] != b"-":
        numbers["http.response.body.size"] = int(match["bytes"][:18])
    severity = 17 if status >= 500 else 13 if status >= 400 else 9
    attributes = _attributes(texts | numbers, match.end())
    return Parsed(timestamps.common_time(stamp) if stamp else 0, severity, b"", attributes)


def _named(names: dict[str, bytes | None]) -> bytes:
    """Attributes from what a format names, leaving out what it leaves out."""
    fields = {name: _replaced(value) for name, value in names.items() if value and value != b"-"}
    return _attributes(fields, sum(map(len, fields.values())))


def _replaced(value: bytes) -> str:
    return value.decode("utf-8", "replace")
