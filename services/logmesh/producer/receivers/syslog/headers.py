"""Reads the header of a syslog message: RFC 5424's, or RFC 3164's as it is really written, with parts of it left out."""

import re
from typing import Final, NamedTuple

from logmesh.producer.level_names import SYSLOG_LEVELS
from logmesh.producer.timestamps import kinds
from logmesh.producer.timestamps.clock import Clock


class Priority(NamedTuple):
    """What the number in angle brackets says."""

    severity: int
    """OpenTelemetry's number."""
    facility: str


class Header(NamedTuple):
    """What stands before a message. What it doesn't say is no bytes."""

    priority: Priority
    time_unix_nano: int
    host: bytes
    app: bytes
    process: bytes
    message_id: bytes
    structured_data: bytes
    end: int
    """Where the message begins."""


_FACILITIES: Final = (
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp", "audit",
    "alert", "clock", *(f"local{number}" for number in range(8)),
)  # fmt: skip
_PRIORITIES: Final = {
    spelling % number: Priority(SYSLOG_LEVELS[number & 7], _FACILITIES[number >> 3])
    for number in range(8 * len(_FACILITIES))
    for spelling in (b"%d", b"%02d", b"%03d")
}
_BEGIN: Final = rb"<(?P<priority>\d{1,3})>"

_ELEMENT: Final = rb'\[[^\s=\]"]++(?>(?: ++[^\s=\]"]++="(?:[^"\\]|\\.)*+")*) *+\]'
_RFC_5424: Final = re.compile(
    _BEGIN
    + rb"[1-9]\d{0,2} (?>"
    + kinds.ISO.pattern
    + rb"|-) (?P<host>\S{1,255}) (?P<app>\S{1,255}) (?P<process>\S{1,255}) "
    rb"(?P<id>\S{1,255})(?: (?:-(?!\S)|(?P<data>(?>(?:" + _ELEMENT + rb")+))(?!\S)))?(?: (?:\xef\xbb\xbf)?|$)",
    re.DOTALL,
)
# What follows the time of RFC 3164. A number is no tag but Cisco's count of messages, and its `%SYS-5-CONFIG_I` names the message.
# Without a tag, a word is taken for the host's name only if it looks like one, and not like the first word of a sentence.
_BEHIND_TIME: Final = (
    rb" ++(?:(?:(?P<host>[\w.:/@-]*+(?<!:)) )?(?![%*]|\d+[:\[])(?P<app>[^\s:\[]{1,64})(?:\[(?P<process>[^\s\]]{1,64})\])?:(?: |$)"
    rb"|(?P<only>(?=\S*[\d.-])[\w.:-]*+(?<!:)) )?"
)
_RFC_3164: Final = re.compile(_BEGIN + rb"(?>" + kinds.MONTH_NAME_DAY.pattern + rb")" + _BEHIND_TIME)
_ISO_3164: Final = re.compile(_BEGIN + rb"(?>" + kinds.ISO.pattern + rb")" + _BEHIND_TIME)


def _numbers(pattern: re.Pattern[bytes], *names: str) -> tuple[int, ...]:
    """Of groups: they are found quicker by them."""
    return tuple(pattern.groupindex[name] for name in names)


_READ_5424: Final = kinds.ISO.reader(_RFC_5424)
_FIELDS_5424: Final = _numbers(_RFC_5424, "priority", "t", "host", "app", "process", "id", "data")
_3164: Final = tuple(
    (pattern, kind.reader(pattern), _numbers(pattern, "priority", "host", "only", "app", "process"))
    for pattern, kind in ((_RFC_3164, kinds.MONTH_NAME_DAY), (_ISO_3164, kinds.ISO))
)
_PRIORITY_ALONE: Final = re.compile(_BEGIN)


def read_header(message: bytes, clock: Clock) -> Header | None:
    """What the header says; the priority alone where nothing else is known of it. None for a message that has no priority."""
    if found := _RFC_5424.match(message):
        number, time, host, app, process, message_id, data = found.group(*_FIELDS_5424)
        if (priority := _PRIORITIES.get(number)) is None:
            return None
        return Header(
            priority,
            _READ_5424(found, clock) if time else 0,
            b"" if host == b"-" else host,
            b"" if app == b"-" else app,
            b"" if process == b"-" else process,
            b"" if message_id == b"-" else message_id,
            data or b"",
            found.end(),
        )
    for pattern, read_time, fields in _3164:
        if found := pattern.match(message):
            number, host, only, app, process = found.group(*fields)
            if (priority := _PRIORITIES.get(number)) is None:
                return None
            time_unix_nano = read_time(found, clock)
            return Header(
                priority, time_unix_nano, host or only or b"", app or b"", process or b"", b"", b"", found.end()
            )
    found = _PRIORITY_ALONE.match(message)
    if found is None or (priority := _PRIORITIES.get(found[1])) is None:
        return None
    return Header(priority, 0, b"", b"", b"", b"", b"", found.end())
