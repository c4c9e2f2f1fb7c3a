"""Finds the time of a line of no known format: at its beginning, or behind fields that are no words of a sentence.

A date further in is what the line speaks of, such as the day on which something expires.
"""

import re
from typing import Final, NamedTuple

from logmesh.producer.timestamps import kinds
from logmesh.producer.timestamps.calendar import DAY
from logmesh.producer.timestamps.clock import SECOND, Clock
from logmesh.producer.timestamps.kinds import Kind, Read
from logmesh.record.severity import SEVERITY_NUMBERS


class Found(NamedTuple):
    """Nanoseconds since 1970, where the time begins and ends in the line, and how it was read."""

    time_unix_nano: int
    start: int
    end: int
    by: "Compiled"


class Compiled(NamedTuple):
    """A kind of time, and how it is found and read."""

    kind: Kind
    pattern: re.Pattern[bytes]
    read: Read


_WINDOW: Final = 160
_FIELDS: Final = 8
# What could be another number has to stand in one of the first fields.
_EARLY: Final = {
    kinds.TIME_ONLY: 2,
    kinds.EPOCH: 2,
    kinds.NUMERIC_NO_YEAR: 3,
    kinds.COMPACT_SHORT: 1,
    kinds.FOREIGN_MONTH: 0,
}


def _compiled(*of: Kind) -> tuple[Compiled, ...]:
    patterns = [re.compile(kind.pattern) for kind in of]
    return tuple(Compiled(kind, pattern, kind.reader(pattern)) for kind, pattern in zip(of, patterns, strict=True))


_DIGITS: Final = _compiled(
    kinds.ISO, kinds.DB2, kinds.YEAR_FIRST, kinds.NO_SECONDS, kinds.DAY_MONTH_NAME, kinds.NUMERIC, kinds.NUMERIC_NO_SECONDS,
    kinds.UNPADDED, kinds.COMPACT, kinds.EPOCH,
    kinds.COMPACT_SHORT, kinds.NUMERIC_NO_YEAR, kinds.ORDINAL, kinds.YEAR_MONTH_NAME, kinds.TIME_ONLY,
)  # fmt: skip
_CAPITALS: Final = _compiled(
    kinds.MONTH_NAME_DAY, kinds.DAY_MONTH_NAME, kinds.GLOG_LETTER, kinds.WEEKDAY_ISO, kinds.MONTH_SLASHES
)
_OTHERS: Final = _compiled(kinds.FOREIGN_MONTH, kinds.MONTH_SLASHES)
_AT_SIGN: Final = _compiled(kinds.TAI64N)
_BY_BYTE: Final[tuple[tuple[Compiled, ...], ...]] = tuple(
    _DIGITS if 48 <= byte < 58
    else _CAPITALS if 65 <= byte < 91
    else _OTHERS if 97 <= byte < 123 or byte > 127
    else _AT_SIGN if byte == 64
    else ()
    for byte in range(256)
)  # fmt: skip

_BETWEEN: Final = re.compile(rb'(?:[\s\[\]|(){}<>,;"*:.-]|\x1b\[[\d;]*[A-Za-z])*')
_FIELD: Final = re.compile(rb'(?:[^\s\[\]|(){}<>,;":]|:(?!:))+')
_TIME_FIELD: Final = re.compile(rb'(?i:@?timestamp|time|ts|t|date|datetime|at)="?(?=\d)')
_WORD: Final = re.compile(rb"[A-Za-z']+[.,:!?]?")
# How most lines without a time begin. A month has its day behind it.
_SENTENCE: Final = re.compile(rb"(?!(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z,]* )([A-Za-z]?[a-z']+)[.,!?]? (?! ?\d)")
_STRUCTURE: Final = b"]|):"
_LEVELS: Final = {name.encode() for name in SEVERITY_NUMBERS}
_BRACKETED: Final = re.compile(rb"\[(?=(?:[A-Z][a-z]{2},? )?(?:\d\d[/ ][A-Z][a-z]{2}[/ ]\d{4}|[A-Z][a-z]{2} [ \d]\d ))")
_BRACKETED_WINDOW: Final = 512


def is_sentence(line: bytes) -> bool:
    """Whether a line begins as one does, and has no field behind that could be a time: so it has none."""
    found = _SENTENCE.match(line)
    return found is not None and found[1].upper() not in _LEVELS and b"[" not in line


def find_time(line: bytes, clock: Clock) -> Found | None:
    """Where the line's time is, and when; None for one that has none."""
    if (word := _SENTENCE.match(line)) and word[1].upper() not in _LEVELS:
        found = _bracketed(line, clock) if b"[" in line else None
    else:
        found = _search(line, clock)
    return found if found is not None and found.time_unix_nano else None


def time_and_end(line: bytes, clock: Clock) -> tuple[int, int]:
    """A line's time in nanoseconds since 1970, and where it ends; (0, 0) for one that has none.

    Lines of one stream have it in one place: where the line before had it is looked at first.
    """
    if clock.place is not None:
        pattern, read, position, before = clock.place
        if (match := pattern.match(line, position)) and line.startswith(before) and (time := read(match, clock)):
            return time, match.end()
    found = find_time(line, clock)
    if found is None:
        return 0, 0
    clock.place = found.by.pattern, found.by.read, found.start, line[: found.start]
    return found.time_unix_nano, found.end


def _search(line: bytes, clock: Clock) -> Found | None:
    position = 1 if line.startswith(b"'") else 0
    for field in range(_FIELDS):
        position = _BETWEEN.match(line, position).end()  # type: ignore[union-attr]  # it matches nothing, too
        if position >= len(line) or position > _WINDOW:
            break
        if found := _at(line, position, field, clock):
            return found
        word = _FIELD.match(line, position)
        if word is None:
            break
        if (
            b"=" in word[0]
            and (key := _TIME_FIELD.match(line, position))
            and (found := _at(line, key.end(), field, clock))
        ):
            return found
        position = word.end()
        if _is_prose(word[0], line[position : position + 1]):
            break
    return _bracketed(line, clock) if b"[" in line else None


def time_at(line: bytes, position: int, clock: Clock) -> Found | None:
    """The time that begins at `position`."""
    for compiled in _BY_BYTE[line[position]] if position < len(line) else ():
        if (match := compiled.pattern.match(line, position)) and (time := compiled.read(match, clock)):
            return Found(time, position, match.end(), compiled)
    return None


def written(text: bytes, clock: Clock) -> int:
    """Nanoseconds of a time that stands by itself; 0 where it is none."""
    found = time_at(text, 0, clock)
    return found.time_unix_nano if found else 0


def _at(line: bytes, position: int, field: int, clock: Clock) -> Found | None:
    """The time at `position`, which is in this field; one of 0 where what looks like a time is none, or is yet to come."""
    barred = None
    for compiled in _BY_BYTE[line[position]]:
        match = compiled.pattern.match(line, position)
        if match and field <= _EARLY.get(compiled.kind, _FIELDS):
            time = compiled.read(match, clock)
            if time and (position < 2 or time <= (clock.reference + DAY) * SECOND):
                return Found(time, position, match.end(), compiled)
            if compiled.kind not in _EARLY:
                barred = Found(0, position, match.end(), compiled)
    return barred


def _is_prose(field: bytes, after: bytes) -> bool:
    """Whether a field is a word of a sentence, and not a name, a number or a level."""
    if not _WORD.fullmatch(field) or (after and after in _STRUCTURE):
        return False
    word = field.rstrip(b".,:!?")
    return word[1:].islower() and word.upper() not in _LEVELS


def _bracketed(line: bytes, clock: Clock) -> Found | None:
    """Web servers and the like put theirs into brackets, whatever names stand before."""
    found = _BRACKETED.search(line, 0, _BRACKETED_WINDOW)
    return time_at(line, found.end(), clock) if found else None
