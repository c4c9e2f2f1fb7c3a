"""Finds the time a line was logged at, in the formats that common loggers write; 0 where there is none.

Times without an offset are taken as UTC. Times without a year get the one that brings them nearest before
the reference. Nothing here raises, whatever the digits say.
"""

import re
from datetime import date
from functools import lru_cache
from math import isfinite
from typing import Final

_SECOND: Final = 1_000_000_000
_DAY: Final = 86_400
_EPOCH: Final = date(1970, 1, 1).toordinal()
_MAX_NANO: Final = (1 << 63) - 1

_MONTHS: Final = {
    name: number
    for number, name in enumerate(
        (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"), 1
    )
}
_MONTH = rb"(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"

ISO: Final = re.compile(
    rb"(\d\d\d\d[-/]\d\d[-/]\d\d[Tt ]\d\d:\d\d:\d\d)(?:[.,](\d{1,9})\d*)?(?: ?([Zz]|UTC|[+-]\d\d:?\d\d)(?!\d))?"
)
"""`2025-01-02T03:04:05.123456789+01:00` and its relatives: Python's, log4j's and Go's.

It begins with `\\d` and not with a repetition: searches skip to a digit at once."""

SYSLOG: Final = re.compile(_MONTH + rb" ([ \d]\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?")
"""`Jan  2 03:04:05`."""

COMMON: Final = re.compile(rb"(\d\d)/" + _MONTH + rb"/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-]\d{4})")
"""`02/Jan/2025:03:04:05 +0100`, as web servers write it."""

CTIME: Final = re.compile(_MONTH + rb" ([ \d]\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))? (\d{4})")
"""`Jan  2 03:04:05.123456 2025`, as Apache's error log writes it."""

# How far into a line its time is looked for.
_WINDOW: Final = 64


def find_time(line: bytes, reference_unix_nano: int) -> tuple[int, int]:
    """The time near the line's start in nanoseconds since 1970, and where it ends; (0, 0) when there is none."""
    if match := ISO.search(line, 0, _WINDOW):
        if time := iso_time(match):
            return time, match.end()
    elif match := CTIME.search(line, 0, _WINDOW):
        if time := ctime_time(match):
            return time, match.end()
    elif match := SYSLOG.match(line):
        return syslog_time(match, reference_unix_nano), match.end()
    return 0, 0


def iso_time(match: re.Match[bytes]) -> int:
    """The time of an ISO match."""
    second, fraction, offset = match.groups()
    return _nanoseconds(_seconds(second, offset), fraction)


def syslog_time(match: re.Match[bytes], reference_unix_nano: int) -> int:
    """The time of a SYSLOG match, in the year that brings it nearest before the reference, a day's grace allowed."""
    month, day, hour, minute, second, fraction = match.groups()
    return time_without_year(_MONTHS[month], int(day), hour, minute, second, fraction, reference_unix_nano)


def time_without_year(
    month: int, day: int, hour: bytes, minute: bytes, second: bytes, fraction: bytes | None, reference_unix_nano: int
) -> int:
    """The time of these parts; see `syslog_time`."""
    of_day = int(hour) * 3600 + int(minute) * 60 + int(second)
    latest = reference_unix_nano // _SECOND + _DAY
    year = date.fromordinal(min(max(latest // _DAY, 0) + _EPOCH, date.max.toordinal() - 1)).year
    # The 29th of February may be up to eight years back.
    for candidate in range(year, year - 9, -1):
        midnight = _day_number(candidate, month, day) * _DAY
        if midnight and midnight + of_day <= latest:
            return _nanoseconds(midnight + of_day, fraction)
    return 0


def common_time(match: re.Match[bytes]) -> int:
    """The time of a COMMON match."""
    day, month, year, hour, minute, second, offset = match.groups()
    midnight = _day_number(int(year), _MONTHS[month], int(day)) * _DAY
    return _nanoseconds(midnight + int(hour) * 3600 + int(minute) * 60 + int(second) - _offset(offset), None)


def ctime_time(match: re.Match[bytes]) -> int:
    """The time of a CTIME match."""
    month, day, hour, minute, second, fraction, year = match.groups()
    midnight = _day_number(int(year), _MONTHS[month], int(day)) * _DAY
    return _nanoseconds(midnight + int(hour) * 3600 + int(minute) * 60 + int(second), fraction)


def time_of_number(number: int | float) -> int:
    """Nanoseconds of an epoch in seconds, milliseconds, microseconds or nanoseconds, told apart by its size.

    0 when it's before 1973 in any of them: that is a duration or a counter.
    """
    if not isfinite(number) or number < 1e8:
        return 0
    if number < 1e11:
        nanos = _scaled(number, _SECOND)
    elif number < 1e14:
        nanos = _scaled(number, 1_000_000)
    elif number < 1e17:
        nanos = _scaled(number, 1_000)
    else:
        nanos = int(number)
    return nanos if nanos <= _MAX_NANO else 0


def time_of_value(value: object) -> int:
    """Nanoseconds of what a JSON or logfmt field holds: a number, digits, or an ISO time; 0 for anything else."""
    if isinstance(value, str):
        raw = value[:_WINDOW].encode("ascii", "replace")
        if match := ISO.match(raw):
            return iso_time(match)
        try:
            return time_of_number(float(raw) if b"." in raw else int(raw))
        except (ValueError, OverflowError):
            return 0
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return time_of_number(value)
        except OverflowError:
            return 0
    return 0


def _scaled(number: int | float, unit: int) -> int:
    if isinstance(number, int):
        return number * unit
    # A float of this size carries microseconds and no more: the digits below them are noise.
    return round(number * (unit // 1_000)) * 1_000


def _nanoseconds(seconds: int, fraction: bytes | None) -> int:
    if seconds <= 0:
        return 0
    nanos = seconds * _SECOND
    if fraction is not None:
        nanos += int(fraction) * 10 ** (9 - len(fraction))
    return nanos if nanos <= _MAX_NANO else 0


@lru_cache(maxsize=1024)
def _seconds(second: bytes, offset: bytes | None) -> int:
    """Seconds since 1970 of `2025-01-02T03:04:05` and an offset, 0 for a day that no month has.

    Lines come in order, so that most share their second with the one before: hence the cache.
    """
    day = _day_number(int(second[:4]), int(second[5:7]), int(second[8:10]))
    if not day:
        return 0
    of_day = int(second[11:13]) * 3600 + int(second[14:16]) * 60 + int(second[17:19])
    return day * _DAY + of_day - (_offset(offset) if offset is not None and len(offset) > 3 else 0)


@lru_cache(maxsize=256)
def _day_number(year: int, month: int, day: int) -> int:
    try:
        return max(date(year, month, day).toordinal() - _EPOCH, 0)
    except ValueError:
        return 0


@lru_cache(maxsize=64)
def _offset(offset: bytes) -> int:
    seconds = int(offset[1:3]) * 3600 + int(offset[-2:]) * 60
    return -seconds if offset.startswith(b"-") else seconds
