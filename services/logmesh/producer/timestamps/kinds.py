"""The kinds of times that loggers write, each as a pattern and what it means.

A pattern has three groups: `t` down to the second, `f` its fraction, and `x`, what follows that: a zone, AM or PM, a year.
"""

import re
from collections.abc import Callable
from typing import Final, NamedTuple

from logmesh.producer.timestamps import meanings
from logmesh.producer.timestamps.clock import SECOND, Clock
from logmesh.producer.timestamps.zones import ZONE_NAMES

_QUARTERS: Final = {minute: b"%02d" % minute for minute in (0, 15, 30, 45)}
_LAST: Final = ((1 << 63) - 1) // SECOND - 1
_POWERS: Final[tuple[int, ...]] = tuple(10 ** (9 - digits) for digits in range(10))

Read = Callable[[re.Match[bytes], Clock], int]
"""Makes nanoseconds since 1970 out of a match; 0 where it is no time."""


class Kind(NamedTuple):
    """A kind of time. `seconds` makes seconds since 1970 out of the groups `t` and `x`; 0 is none."""

    name: str
    pattern: bytes
    seconds: Callable[[bytes, bytes, Clock], int]
    by_quarter: bool = False
    """Whether minutes and seconds end the text, so that the lines of a quarter of an hour differ in them alone."""
    digits: int = 0
    """How many the fraction stands for where it is written as a number, as 7 ms are in `3:04:05:7`; 0: it is a fraction."""

    def reader(self, pattern: re.Pattern[bytes]) -> Read:
        """Reads matches of `pattern`, which holds this kind's."""
        t, f, x = (pattern.groupindex[group] for group in "tfx")
        name, digits, by_quarter = self.name, self.digits, self.by_quarter

        def read(match: re.Match[bytes], clock: Clock) -> int:
            text, fraction, rest = match.group(t, f, x)
            if (known := clock.known.get(name)) is None:
                known = clock.known[name] = {}
            key = text[:-2] if by_quarter else text
            if rest:
                key += rest
            if (seconds := known.get(key)) is None:
                seconds = (_minute if by_quarter else _seconds)(self, text, rest or b"", clock, known)
            if by_quarter and seconds:
                second = int(text[-2:])
                seconds = seconds + second if second <= 60 else 0
            if not 0 < seconds <= _LAST:
                return 0
            if fraction is None:
                return seconds * SECOND
            return seconds * SECOND + int(fraction) * _POWERS[digits or len(fraction)]

        return read


def _seconds(kind: Kind, text: bytes, rest: bytes, clock: Clock, known: dict[bytes, int]) -> int:
    """Seconds since 1970 of a time that no line before had."""
    seconds = kind.seconds(text, rest, clock)
    clock.remember(known, text + rest, seconds)
    return seconds


def _minute(kind: Kind, text: bytes, rest: bytes, clock: Clock, known: dict[bytes, int]) -> int:
    """When the minute of a time begins that no line before was in, from the quarter of an hour that it is in; 0 is none."""
    between = text[-3:-2]
    at = -4 if between.isdigit() else -5
    minute = int(text[at : at + 2])
    if minute > 59:
        return 0
    into = minute % 15
    begin = text[:at] + _QUARTERS[minute - into]
    if (quarter := known.get(begin + rest)) is None:
        quarter = kind.seconds(begin + (between + b"00" if at == -5 else b"00"), rest, clock)
        clock.remember(known, begin + rest, quarter)
    if not quarter:
        return 0
    seconds = quarter + into * 60
    if begin + rest in known:  # or it depends on more than its text
        clock.remember(known, text[:-2] + rest, seconds)
    return seconds


_NAMES: Final = "|".join(ZONE_NAMES).encode()
_ZONE: Final = rb"[Zz](?!\w)|[+-]\d\d:?\d\d(?!:?\d)|[+-]\d\d(?=[\s\])]|$)|(?:" + _NAMES + rb")(?!\w)"
_ZONED: Final = rb"(?: ?(?P<x>" + _ZONE + rb"))?"
_HALF: Final = rb"(?:\xc2?\xa0|\xe2\x80\xaf| )?[AaPp]\.?[Mm]\b\.?"
_FRACTION: Final = rb"(?:[.,](?P<f>\d{1,9})\d*)?"
_COLON_FRACTION: Final = rb"(?:[.,:](?P<f>\d{1,9})\d*)?"
_MONTH: Final = rb"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\.?"
_ANY_MONTH: Final = rb"[A-Za-z\x80-\xff]{3,10}\.?"
_WEEKDAY: Final = rb"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6},? +)?"
_HMS: Final = rb"[ \d]?\d:\d\d:\d\d"
_REST_OF_NAMED: Final = rb"(?P<x>(?:" + _HALF + rb")?(?: ?(?:" + _ZONE + rb"))?(?: (?:19|20)\d\d(?=[\s\]:,|]|$))?)"


def _kind(
    name: str,
    pattern: bytes,
    seconds: Callable[[bytes, bytes, Clock], int],
    *,
    by_quarter: bool = False,
    digits: int = 0,
) -> Kind:
    for group in (b"f", b"x"):
        if b"(?P<%b>" % group not in pattern:
            pattern += b"(?P<%b>(?!))?" % group
    return Kind(name, pattern, seconds, by_quarter, digits)


ISO: Final = _kind(
    "iso", rb"(?P<t>\d\d\d\d[-/.]\d\d[-/.]\d\d[T _]\d\d:\d\d:\d\d)" + _FRACTION + _ZONED, meanings.iso, by_quarter=True
)
YEAR_FIRST: Final = _kind(
    "year_first",
    rb"(?P<t>(?:19|20)\d\d(?P<s>[-/.])\d\d?(?P=s)\d\d?(?:(?:[T_\t:,;|-]| - |, | {1,2})\d?\d[:.]\d\d[:.]\d\d|T\d{6}(?!\d)))"
    + _COLON_FRACTION
    + _ZONED,
    meanings.year_first,
)
DB2: Final = _kind(
    "db2",
    rb"(?P<t>(?:19|20)\d\d-\d\d-\d\d-\d\d\.\d\d\.\d\d)" + _FRACTION + rb"(?P<x>[+-]\d{3})(?!\d)",
    meanings.year_first,
)
WEEKDAY_ISO: Final = ISO._replace(name="weekday_iso", pattern=rb"[A-Z][a-z]{2} " + ISO.pattern)
NO_SECONDS: Final = _kind(
    "no_seconds", rb"(?P<t>(?:19|20)\d\d[-/.]\d\d[-/.]\d\d[T ]\d\d:\d\d)(?![:\d])" + _ZONED, meanings.year_first
)
UNPADDED: Final = _kind(
    "unpadded",
    rb"(?P<t>(?:19|20)\d{6}[T_ .-]\d?\d:\d?\d:\d?\d):(?P<f>\d{1,3})(?!\d)",
    meanings.compact,
    digits=3,
)
COMPACT: Final = _kind(
    "compact",
    rb"(?P<t>(?:19|20)\d{6}(?:[T_ .:-]?\d{6}(?!\d)|[T_ .-]\d?\d:\d?\d:\d?\d))" + _COLON_FRACTION + _ZONED,
    meanings.compact,
)
COMPACT_SHORT: Final = _kind(
    "compact_short",
    rb"(?P<t>\d{6} (?:\d{6}|[ \d]\d:\d\d:\d\d))(?!\d)" + _FRACTION + _ZONED,
    meanings.compact_short,
    by_quarter=True,
)
ORDINAL: Final = _kind(
    "ordinal",
    rb"(?P<t>(?:19|20)\d\d-\d{3}[T ]\d\d:\d\d:\d\d)" + _FRACTION + _ZONED,
    meanings.ordinal_day,
    by_quarter=True,
)
DAY_MONTH_NAME: Final = _kind(
    "day_month_name",
    _WEEKDAY
    + rb"(?P<t>\d{1,2}[-/ .]"
    + _ANY_MONTH
    + rb"[-/ .,](?:\d{4}|\d\d)(?:[:T,]|::|,? {1,2})\d?\d[:.]\d\d[:.]\d\d)"
    + _FRACTION
    + _REST_OF_NAMED,
    meanings.day_month_name,
    by_quarter=True,
)
MONTH_NAME_DAY: Final = _kind(
    "month_name_day",
    _WEEKDAY
    + rb"(?P<t>"
    + _MONTH
    + rb" {1,2}\d{1,2}(?:(?:,? ?|, )(?:19|20)\d\d,?)? {1,2}"
    + _HMS
    + rb")"
    + _FRACTION
    + _REST_OF_NAMED,
    meanings.month_name_day,
    by_quarter=True,
)
MONTH_SLASHES: Final = _kind(
    "month_slashes", rb"(?P<t>[A-Za-z]{3}/\d\d/\d{4} \d\d:\d\d:\d\d)", meanings.month_name_day, by_quarter=True
)
FOREIGN_MONTH: Final = _kind(
    "foreign_month",
    rb"(?P<t>" + _ANY_MONTH + rb" {1,2}\d{1,2} {1,2}" + _HMS + rb")" + _FRACTION + _REST_OF_NAMED,
    meanings.month_name_day,
)
YEAR_MONTH_NAME: Final = _kind(
    "year_month_name",
    rb"(?P<t>(?:19|20)\d\d[ -/]" + _MONTH + rb"[ -/]{1,2}\d{1,2} {1,2}" + _HMS + rb")" + _FRACTION + _ZONED,
    meanings.year_month_name,
    by_quarter=True,
)
_NUMERIC_DAY: Final = rb"\d{1,2}(?P<s>[-/.])\d{1,2}(?P=s)(?:(?:19|20)\d\d|\d\d)(?:[-T_:,;|]|,? {1,2})\d?\d:\d\d"
_HALF_AND_ZONE: Final = rb"(?P<x>(?:" + _HALF + rb")?(?: ?(?:" + _ZONE + rb"))?)"
NUMERIC: Final = _kind(
    "numeric",
    rb"(?P<t>" + _NUMERIC_DAY + rb":\d\d)(?!\d)" + _FRACTION + _HALF_AND_ZONE,
    meanings.numeric,
    by_quarter=True,
)
NUMERIC_NO_SECONDS: Final = _kind(
    "numeric_no_seconds", rb"(?P<t>" + _NUMERIC_DAY + rb")(?![:\d])" + _HALF_AND_ZONE, meanings.numeric
)
NUMERIC_NO_YEAR: Final = _kind(
    "numeric_no_year",
    rb"(?P<t>\d\d[-/.]\d\d[ T_-]{1,2}\d\d:\d\d:\d\d)(?![\d])" + _FRACTION + _ZONED,
    meanings.numeric_without_year,
    by_quarter=True,
)
GLOG: Final = _kind(
    "glog", rb"(?<=[A-Z])(?P<t>(?:\d{4}|\d{6}|\d{8}) \d\d:\d\d:\d\d)(?!\d)" + _FRACTION, meanings.glog, by_quarter=True
)
GLOG_LETTER: Final = GLOG._replace(name="glog_letter", pattern=rb"[A-Z]" + GLOG.pattern)
"""With the level before it."""

TIME_ONLY: Final = _kind(
    "time_only",
    rb"(?P<t>\d?\d:\d\d:\d\d)(?![\d:])" + _FRACTION + _HALF_AND_ZONE + rb"(?![\w-])",
    meanings.time_only,
)
EPOCH: Final = _kind(
    "epoch",
    rb"(?P<t>[1-9]\d{9})(?:(?:\.(?=\d)|(?=(?:\d{3}){1,3}(?!\d)))(?P<f>\d{1,9})\d*)?(?![\w.-])",
    meanings.epoch,
)
TAI64N: Final = _kind("tai64n", rb"@(?P<t>4[\da-f]{15})(?:[\da-f]{8})?(?![\w])", meanings.tai)
