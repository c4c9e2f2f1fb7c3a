"""Times as people type or paste them: how long ago, when today, or when at all. The dashboard's time field reads the same."""

import re
from datetime import datetime, timedelta
from typing import Final

from logmesh.cli.civil import local, midnight, read_day, read_time, unix_nano_of
from logmesh.cli.errors import USAGE, CommandError

EXAMPLES: Final = "15m, 1h30m, 08:50, yesterday, 'yesterday 08:50', now-1d/d or 2026-01-31T12:00:00Z"
"""One of each kind that is understood."""

_UNITS: Final = {"ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9, "d": 86_400 * 10**9, "w": 604_800 * 10**9}
_LONG: Final = r"(?:ec(?:ond)?s?|in(?:ute)?s?|rs?|ours?|ays?|eeks?)?"
_PART: Final = re.compile(rf"(\d+(?:\.\d+)?) ?(?:(ms)|([smhdw]){_LONG})(?![a-z])", re.ASCII)
_AGO: Final = re.compile(
    rf"(?:now ?- ?|-|last |past )?((?:{_PART.pattern} ?)+?)(?: ?ago)?(?: ?/ ?([smhdw]))?", re.ASCII
)
_NOW: Final = re.compile(r"now(?: ?/ ?([smhdw]))?")
_ZONE: Final = re.compile(r"(?<=[\dm]) ?(z|utc|gmt|[+-]\d\d(?::?\d\d)?)$")
_CLOCK: Final = r"(?P<time>\d{1,2}:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?: ?[ap]m)?|\d{1,2} ?[ap]m|noon|midnight)"
_FORMS: Final = (
    re.compile(rf"(?P<date>){_CLOCK}"),
    re.compile(rf"(?P<date>.*?\d{{4}}):{_CLOCK}"),  # Apache's
    re.compile(rf"(?P<date>\S*\d)t{_CLOCK}"),
    re.compile(rf"(?P<date>.*?)(?: at)? {_CLOCK}"),
)
_EPOCHS: Final = {10: 10**9, 13: 10**6, 16: 10**3, 19: 1}
"""What a whole number of so many digits counts, in nanoseconds."""


def parse_moment(text: str, option: str, now_unix_nano: int, after_unix_nano: int | None = None) -> int:
    """Nanoseconds since 1970 of what `text` says at a time; see EXAMPLES. A time without a zone is local.

    With `after_unix_nano` it ends a range that begins there: a day is meant to its end, and a time of day is the first after that;
    else it is the latest that has passed. Raises CommandError naming `option`.
    """
    words = " ".join(text.lower().split())
    for read in (_ago, _epoch, _date):
        try:
            moment = read(words, now_unix_nano, after_unix_nano)
        except (ValueError, OverflowError):
            break
        if moment is not None:
            return max(0, moment)
    raise CommandError(f"{option}: {text!r} is no time; write it like {EXAMPLES}", USAGE)


def parse_lifetime(text: str, option: str) -> timedelta:
    """How long something is to last: ``90d``, ``1w 12h``, at least a second. Raises CommandError naming `option`."""
    words = "".join(text.lower().split())
    parts = _PART.findall(words)
    if parts and "".join(found[0] for found in _PART.finditer(words)) == words:
        seconds = sum(round(float(number) * _UNITS[short or long]) for number, short, long in parts) // 10**9
        try:
            if seconds >= 1:
                return timedelta(seconds=seconds)
        except OverflowError:
            pass
    raise CommandError(f"{option}: {text!r} is no length of time; write it like 90d, 12h or 1w2d", USAGE)


def format_age(seconds: float) -> str:
    """A duration at a glance: ``0.3s``, ``12s``, ``5m``, ``3h``, ``2d``."""
    if seconds < 10:
        return f"{seconds:.1f}s"
    for unit, size in (("s", 60), ("m", 60), ("h", 48)):
        if seconds < size:
            return f"{seconds:.0f}{unit}"
        seconds /= size if unit != "h" else 24
    return f"{seconds:.0f}d"


def _ago(text: str, now: int, after: int | None) -> int | None:
    if found := _NOW.fullmatch(text):
        return _rounded(now, found[1], after is not None)
    found = _AGO.fullmatch(text)
    if found is None:
        return None
    parts = _PART.findall(found[1])
    nanoseconds = sum(round(float(number) * _UNITS[short or long]) for number, short, long in parts)
    return _rounded(now - nanoseconds, found.groups()[-1], after is not None)


def _epoch(text: str, _: int, __: int | None) -> int | None:
    digits, dot, fraction = text.removeprefix("@").partition(".")
    if not digits.isascii() or not digits.isdigit() or len(digits) not in _EPOCHS:
        return None
    if dot and not (len(digits) == 10 and fraction.isascii() and fraction.isdigit() and len(fraction) <= 9):
        return None
    return int(digits) * _EPOCHS[len(digits)] + int(fraction.ljust(9, "0")) * bool(dot)


def _date(text: str, now: int, after: int | None) -> int | None:
    named = _ZONE.search(text)
    zoned = named is not None and bool(re.search(r"\d:\d\d|\d ?[ap]m", text[: named.start()]))
    plain, zone = (text[: named.start()], _zone(named[1])) if named is not None and zoned else (text, "")
    day_text, clock = _parted(plain)
    if not day_text and not clock:
        return None
    hour, minute, second, fraction = read_time(clock or "0:00")
    nanoseconds = int(fraction.ljust(9, "0"))

    def at(day: datetime) -> int:
        return unix_nano_of(day.replace(hour=hour, minute=minute, second=second), zone) + nanoseconds

    if day_text:
        day = read_day(day_text, local(now, zone))
        if day is None:
            return None
        return at(day + timedelta(days=1)) if after is not None and not clock else at(day)
    # Where the time is said to be: elsewhere it may be another day.
    today = midnight(local(now if after is None else after, zone))
    if after is not None:
        return at(today) if at(today) > after else at(today + timedelta(days=1))
    return at(today) if at(today) <= now else at(today - timedelta(days=1))


def _parted(text: str) -> tuple[str, str]:
    """Date and time of day, of which one may be empty."""
    for form in _FORMS:
        if found := form.fullmatch(text):
            return found["date"] or "", found["time"] or ""
    return text, ""


def _zone(text: str) -> str:
    """A zone as ISO 8601 has it."""
    return text if text[0] in "+-" else "+00:00"


def _rounded(unix_nano: int, unit: str | None, is_end: bool) -> int:
    """The beginning of the local minute, hour, day or week (Monday), or with `is_end` of the next one."""
    if unit is None:
        return unix_nano
    here = local(unix_nano)
    if unit in "smh":
        # Not by way of the clock's face, which an hour in autumn shows twice.
        past = (here.minute * 60 if unit == "h" else 0) + (here.second if unit != "s" else 0)
        return (unix_nano // 10**9 - past) * 10**9 + is_end * _UNITS[unit]
    begin = midnight(here) - timedelta(days=here.weekday() if unit == "w" else 0)
    return unix_nano_of(begin + timedelta(days=(7 if unit == "w" else 1) * is_end), "")
