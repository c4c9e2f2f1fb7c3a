"""What the text of a time means, in seconds since 1970: one function for each way of writing it.

Each takes the text down to the second, what follows the second's fraction, and the clock of the stream. 0 is no time: digits that no
day or clock has, such as a 13th month.
"""

import re
from typing import Final, NamedTuple

from logmesh.producer.timestamps.calendar import DAY, MONTHS, day_number, local_seconds, year_of
from logmesh.producer.timestamps.clock import SECOND, Clock
from logmesh.producer.timestamps.numeric_days import find_day

_SYSLOG_LENGTH: Final = len("Jan  2 03:04:05")
_GRACE: Final = 600
_DISORDER: Final = 3600
_NUMBERS: Final = re.compile(rb"\d+")
_WORD: Final = re.compile(rb"[A-Za-z\x80-\xff]{3,}\.?")


def iso(text: bytes, rest: bytes, clock: Clock) -> int:
    """Fixed columns: `2025-01-02T03:04:05`."""
    day = int(text[:4]), int(text[5:7]), int(text[8:10])
    return clock.unix(local_seconds(*day, int(text[11:13]), int(text[14:16]), int(text[17:19])), rest)


def year_first(text: bytes, rest: bytes, clock: Clock) -> int:
    """Numbers from the year down, however they are set apart; seconds may be missing."""
    year, month, day, *of_day = _NUMBERS.findall(text)
    parts = _in_pairs(of_day[0]) if len(of_day) == 1 else [int(part) for part in of_day]
    return clock.unix(local_seconds(int(year), int(month), int(day), *_of_day(parts)), rest)


def compact(text: bytes, rest: bytes, clock: Clock) -> int:
    """`20250102`, then the time of day with or without colons."""
    of_day = [int(part) for part in _NUMBERS.findall(text, 8) if len(part) < 6]
    if not of_day:
        of_day = _in_pairs(text[-6:])
    return clock.unix(local_seconds(int(text[:4]), int(text[4:6]), int(text[6:8]), *_of_day(of_day)), rest)


def compact_short(text: bytes, rest: bytes, clock: Clock) -> int:
    """`250102`, then the time of day with or without colons."""
    return compact(_century(text[:2]) + text, rest, clock)


def glog(text: bytes, rest: bytes, clock: Clock) -> int:
    """`0102 03:04:05`, or with two or four digits of the year before it."""
    if text[4:5] != b" ":
        return (compact if text[8:9] == b" " else compact_short)(text, rest, clock)
    of_day = [int(part) for part in _NUMBERS.findall(text, 4)]
    return _unix(0, int(text[:2]), int(text[2:4]), of_day, _rest(rest), clock)


def ordinal_day(text: bytes, rest: bytes, clock: Clock) -> int:
    """`2025-002T03:04:05`: the day of the year."""
    year, day, *of_day = map(int, _NUMBERS.findall(text))
    new_year = day_number(year, 1, 1)
    if not new_year or not 1 <= day <= 366:
        return 0
    first = local_seconds(year, 1, 1, *_of_day(of_day))
    return clock.unix(first + (day - 1) * DAY if first else 0, rest)


def day_month_name(text: bytes, rest: bytes, clock: Clock) -> int:
    """`02-Jan-2025 03:04:05`, also with two digits of the year."""
    day, year, *of_day = _NUMBERS.findall(text)
    return _named_month(_full(year), text, day, of_day, rest, clock)


def month_name_day(text: bytes, rest: bytes, clock: Clock) -> int:
    """`Jan  2 03:04:05`, `Jan 2, 2025 3:04:05 AM`, and the year behind the time."""
    if not rest and len(text) == _SYSLOG_LENGTH and (month := MONTHS.get(text[:3].lower(), 0)):
        of_day = [int(text[7:9]), int(text[10:12]), int(text[13:])]
        return _unix(0, month, int(text[4:6]), of_day, _NO_REST, clock)
    day, *parts = _NUMBERS.findall(text)
    year = _full(parts.pop(0)) if len(parts) > 3 else _rest(rest).year
    return _named_month(year, text, day, parts, rest, clock)


def year_month_name(text: bytes, rest: bytes, clock: Clock) -> int:
    """`2025 Jan  2 03:04:05`."""
    year, day, *of_day = _NUMBERS.findall(text)
    return _named_month(int(year), text, day, of_day, rest, clock)


def _named_month(year: int, text: bytes, day: bytes, of_day: list[bytes], rest: bytes, clock: Clock) -> int:
    word = _WORD.search(text)
    month = MONTHS.get(word[0].lower(), 0) if word else 0
    return _unix(year, month, int(day), [int(part) for part in of_day], _rest(rest), clock) if month else 0


def numeric(text: bytes, rest: bytes, clock: Clock) -> int:
    """Three numbers for the day, in an order that has to be found out: `01/02/2025 03:04:05 PM`, `02.01.2025`."""
    first, second, third, *of_day = _NUMBERS.findall(text)
    day = find_day(first, second, third, text[len(first) : len(first) + 1], clock)
    return _unix(*day, [int(part) for part in of_day], _rest(rest), clock) if day else 0


def numeric_without_year(text: bytes, rest: bytes, clock: Clock) -> int:
    """`01-02 03:04:05`: month and day, or day and month where there is no such month."""
    month, day, *of_day = map(int, _NUMBERS.findall(text))
    if month > 12 or (clock.order == "dm" and day <= 12):
        month, day = day, month
        clock.learn_order("dm")
    return _unix(0, month, day, of_day, _rest(rest), clock)


def time_only(text: bytes, rest: bytes, clock: Clock) -> int:
    """`03:04:05`: of the day on which it is nearest before the reference, with ten minutes' grace.

    In a backlog it goes on from the record before, which may have named its day, as the head of a file does.
    """
    after = _rest(rest)
    now = clock.local_reference()
    today = now // DAY * DAY
    hour, minute, second = _of_day([int(part) for part in _NUMBERS.findall(text)], after.half)
    if hour > 23 or minute > 59 or second > 60:
        return 0
    clock.depends()
    of_day = hour * 3600 + minute * 60 + second
    if clock.backlog and clock.last:
        before = clock.zone.local(clock.last // SECOND)
        local = before // DAY * DAY + of_day
        if local < before - _DISORDER:
            local += DAY
        if local <= now + _GRACE:
            return clock.unix(local, after.zone)
    local = today + of_day
    return clock.unix(local if local <= now + _GRACE else local - DAY, after.zone)


def epoch(text: bytes, rest: bytes, clock: Clock) -> int:
    """Seconds since 1970, from 2001 up to a day from now."""
    seconds = int(text)
    return seconds if 1_000_000_000 <= seconds <= clock.reference + DAY else 0


def tai(text: bytes, rest: bytes, clock: Clock) -> int:
    """TAI64N's seconds, which lack the leap seconds of UTC."""
    return int(text, 16) - (1 << 62) - 37


class _Rest(NamedTuple):
    half: bytes
    zone: bytes
    year: int


_REST: Final = re.compile(rb"[\s\xa0\xc2]*(?:([AaPp])\.?[Mm]\b\.?)?[\s\xa0]*([Zz]|[+-][\d:]+|[A-Z]{3,4})?\s*(\d{4})?")


_NO_REST: Final = _Rest(b"", b"", 0)


def _rest(text: bytes) -> _Rest:
    if not text:
        return _NO_REST
    found = _REST.match(text)
    half, zone, year = found.groups() if found else (None, None, None)
    return _Rest((half or b"").lower(), zone or b"", int(year or 0))


def _unix(year: int, month: int, day: int, of_day: list[int], rest: _Rest, clock: Clock) -> int:
    """Without a year, 0, in the one that brings it nearest before the reference, a day's grace allowed."""
    time = _of_day(of_day, rest.half)
    if year:
        return clock.unix(local_seconds(year, month, day, *time), rest.zone)
    latest = clock.local_reference() + DAY
    year = year_of(latest // DAY)
    # The 29th of February may be up to eight years back.
    for candidate in range(year, year - 9, -1):
        local = local_seconds(candidate, month, day, *time)
        if local and local <= latest:
            return clock.unix(local, rest.zone)
    return 0


def _in_pairs(digits: bytes) -> list[int]:
    return [int(digits[at : at + 2]) for at in range(0, len(digits), 2)]


def _of_day(parts: list[int], half: bytes = b"") -> tuple[int, int, int]:
    """Hour, minute and second, of which the last may be missing; 99 is no hour."""
    hour, minute, second = (*parts[:3], 0, 0)[:3]
    if half:
        hour = hour % 12 + (12 if half == b"p" else 0) if 1 <= hour <= 12 else 99
    return hour, minute, second


def _full(year: bytes) -> int:
    return int(year) if len(year) > 2 else int(_century(year) + year)


def _century(year: bytes) -> bytes:
    return b"20" if year < b"70" else b"19"
