"""Days and times of day as they are written, and the moments that they are. Pure but for the machine's zone."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NEAR: Final = {"yesterday": -1, "today": 0, "tomorrow": 1}
_WEEKDAY: Final = re.compile(r"(?:last )?(mon|tue|wed|thu|fri|sat|sun)(?:s|nes|rs|ur)?(?:day)?")
_YEAR_FIRST: Final = re.compile(r"(\d{4})([-/.])(\d\d?)\2(\d\d?)")
_MONTH_DAY: Final = re.compile(r"(\d\d)[-/](\d\d)")
_DAY_NAME: Final = re.compile(r"(\d{1,2})[-/ ]([a-z]{3})[a-z]*\.?,?(?:[-/ ](\d{4}))?")
_NAME_DAY: Final = re.compile(r"([a-z]{3})[a-z]*\.? (\d{1,2}),?(?: (\d{4}))?")
_CLOCK: Final = re.compile(r"(\d{1,2})(?::(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)? ?([ap]m)?")
_NAMED: Final = {"noon": "12:00", "midnight": "0:00"}


def read_time(text: str) -> tuple[int, int, int, str]:
    """Hour, minute, second and the digits of a fraction. Raises ValueError."""
    found = _CLOCK.fullmatch(_NAMED.get(text, text))
    if found is None:
        raise ValueError(text)
    hour, minute, second, fraction, half = found.groups()
    hours = int(hour)
    if half:
        if not 1 <= hours <= 12:
            raise ValueError(text)
        hours = hours % 12 + 12 * (half == "pm")
    return hours, int(minute or 0), int(second or 0), fraction or ""


def read_day(text: str, today: datetime) -> datetime | None:
    """Midnight of a day, without a zone; None for what is no day. Raises ValueError for one that the calendar lacks."""
    if text in _NEAR:
        return midnight(today) + timedelta(days=_NEAR[text])
    if found := _WEEKDAY.fullmatch(text):
        return midnight(today) - timedelta(days=(today.weekday() - _DAYS.index(found[1])) % 7)
    if found := _YEAR_FIRST.fullmatch(text):
        return _day(int(found[1]), int(found[3]), int(found[4]))
    if found := _MONTH_DAY.fullmatch(text):
        return _lately(int(found[1]), int(found[2]), today)
    if found := _DAY_NAME.fullmatch(text):
        day, name, year = found.groups()
    elif found := _NAME_DAY.fullmatch(text):
        name, day, year = found.groups()
    else:
        return None
    if name not in _MONTHS:
        return None
    month = _MONTHS.index(name) + 1
    return _day(int(year), month, int(day)) if year else _lately(month, int(day), today)


def local(unix_nano: int, zone: str = "") -> datetime:
    """A moment on the clock of `zone` (ISO 8601), or where that is empty on this machine's, to the second."""
    there = datetime.fromisoformat(f"1970-01-01T00:00{zone}").tzinfo if zone else None
    return datetime.fromtimestamp(unix_nano // 10**9, UTC).astimezone(there)


def midnight(moment: datetime) -> datetime:
    """The beginning of its day, without a zone."""
    return _day(moment.year, moment.month, moment.day)


def unix_nano_of(moment: datetime, zone: str) -> int:
    """Nanoseconds since 1970 of a time without a zone in `zone` (ISO 8601), or where that is empty on this machine's clock."""
    known = datetime.fromisoformat(f"{moment.isoformat()}{zone}") if zone else moment.astimezone()
    since = known - _EPOCH
    return (since.days * 86_400 + since.seconds) * 10**9


def _lately(month: int, day: int, today: datetime) -> datetime:
    """The day of this year, or of the last one where this year's is to come."""
    return _day(today.year - ((month, day) > (today.month, today.day)), month, day)


def _day(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day)  # noqa: DTZ001  # which zone it is in is said later
