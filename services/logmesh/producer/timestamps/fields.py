"""Finds the time among a record's fields, as JSON, logfmt and other formats name them."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from logmesh.producer.timestamps import kinds
from logmesh.producer.timestamps.calendar import DAY
from logmesh.producer.timestamps.clock import SECOND, Clock
from logmesh.producer.timestamps.places import time_at

_MAX_NANO: Final = (1 << 63) - 1
_LAST: Final = _MAX_NANO // SECOND
_LONGEST: Final = 64
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_UTC_LENGTHS: Final = frozenset((20, 24, 27))
# The Linux audit daemon's, whose number tells events of one moment apart.
_AUDIT: Final = re.compile(r"(?:audit\()?(\d{10}\.\d{3}):\d+(?:\)|$)")
_AUDIT_KEYS: Final = ("msg", "ID")
_ISO: Final = re.compile(kinds.ISO.pattern)
_READ_ISO: Final = kinds.ISO.reader(_ISO)
_NOT_ALONE: Final = (kinds.TIME_ONLY, kinds.COMPACT_SHORT, kinds.NUMERIC_NO_YEAR)

# The first of these that holds a time is the record's.
_KEYS: Final = (
    "eventtime", "time", "ts", "timestamp", "@timestamp", "t", "@t", "Time", "Timestamp", "TIMESTAMP", "eventTime", "instant",
    "time_iso8601", "msec", "asctime", "timeUnixNano", "timestamp_ns", "__REALTIME_TIMESTAMP", "timeMillis", "StartUTC",
    "requestReceivedTimestamp", "TimeGenerated", "event_time", "EdgeStartTimestamp", "rt", "UNIFIutcTime", "observedTimeUnixNano",
)  # fmt: skip
# Where none of those is, also these, unless what they speak of is yet to come.
_WEAK_KEYS: Final = ("datetime", "date", "created", "startTime", "start_time", "time_local", "started_at")
_WITHIN: Final = ("resourceLogs", "scopeLogs", "logRecords", "$date", "@fields")


def take_time(fields: dict[str, Any], clock: Clock) -> int:
    """The time that a field says, in nanoseconds since 1970, 0 where none does; that field leaves `fields`."""
    for key in _KEYS:
        if key in fields and (time := time_of_value(fields[key], clock) or _time_of(fields, key, clock)):
            del fields[key]
            return time
    for key in _AUDIT_KEYS:
        if isinstance(event := fields.get(key), str) and (found := _AUDIT.match(event)):
            return time_of_value(found[1], clock)
    for key in _WEAK_KEYS:
        if key in fields and 0 < (time := time_of_value(fields[key], clock)) <= (clock.reference + DAY) * SECOND:
            del fields[key]
            return time
    return time_within(fields, clock) if "resourceLogs" in fields else 0


def time_within(value: Any, clock: Clock) -> int:
    """The time of a value that holds one deeper down, as MongoDB's dates and OpenTelemetry's files do."""
    if isinstance(value, list):
        return time_within(value[0], clock) if value else 0
    if not isinstance(value, dict):
        return time_of_value(value, clock)
    if isinstance(seconds := value.get("epochSecond"), int):
        nanos = value.get("nanoOfSecond", 0)
        whole = time_of_number(seconds)
        is_within = isinstance(nanos, int) and 0 <= nanos < SECOND
        return time_of_number(whole + nanos) if whole and is_within else 0
    for key in _WITHIN:
        if key in value:
            return time_within(value[key], clock)
    return time_of_value(value.get("timeUnixNano") or value.get("observedTimeUnixNano"), clock)


def time_of_value(value: object, clock: Clock) -> int:
    """Nanoseconds of what a field holds: a number, digits, or a time as text; 0 for anything else."""
    if isinstance(value, str):
        if value[-1:] == "Z" and len(value) in _UTC_LENGTHS and (time := _time_in_utc(value)):
            return time
        raw = value[:_LONGEST].encode("ascii", "replace")
        if match := _ISO.match(raw):
            return _READ_ISO(match, clock)
        try:
            return time_of_number(float(raw) if b"." in raw else int(raw))
        except ValueError:
            found = time_at(raw, 0, clock)
            return found.time_unix_nano if found and found.by.kind not in _NOT_ALONE else 0
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return time_of_number(float(value) if isinstance(value, Decimal) else value)
    return 0


def _time_in_utc(text: str) -> int:
    """Of a time as most write it, in fewer steps: `2025-01-02T03:04:05Z`, also with milliseconds or microseconds; 0 for others."""
    if text[4:17:3] != "--T::" or text[19] not in ".,Z":
        return 0
    try:
        since = datetime.fromisoformat(text) - _EPOCH
    except ValueError:
        return 0
    seconds = since.days * DAY + since.seconds
    return seconds * SECOND + since.microseconds * 1_000 if DAY <= seconds < _LAST else 0


def time_of_number(number: int | float) -> int:
    """Nanoseconds of an epoch in seconds, milliseconds, microseconds or nanoseconds, told apart by its size.

    0 when it's before 1973 in any of them, or beyond 64 bits: that is a duration or a counter.
    """
    if not 1e8 <= number <= _MAX_NANO:  # nor is NaN, an infinity, or an int that no float holds
        return 0
    if number < 1e11:
        nanos = _scaled(number, SECOND)
    elif number < 1e14:
        nanos = _scaled(number, 1_000_000)
    elif number < 1e17:
        nanos = _scaled(number, 1_000)
    else:
        nanos = int(number)
    return nanos if nanos <= _MAX_NANO else 0


def _time_of(fields: dict[str, Any], key: str, clock: Clock) -> int:
    """The time that a field says together with others, or deeper down."""
    value = fields[key]
    if isinstance(value, dict):
        return time_within(value, clock)
    if key == "time" and isinstance(day := fields.get("date"), str):
        return time_of_value(f"{day} {value}", clock)  # such as date=2025-01-02 time=03:04:05
    return 0


def _scaled(number: int | float, unit: int) -> int:
    if isinstance(number, int):
        return number * unit
    # A float of this size carries microseconds and no more: the digits below them are noise.
    return round(number * (unit // 1_000)) * 1_000
