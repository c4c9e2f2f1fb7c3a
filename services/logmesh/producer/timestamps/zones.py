"""Time zones: the one of this machine or of a name, and those that lines name themselves."""

import os
import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache, lru_cache
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from logmesh.producer.timestamps.calendar import DAY

_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - what a clock on the wall shows
QUARTER: Final = 900
"""Seconds within which no zone changes its offset."""
_LAST: Final = 2_932_800 * DAY

# Hours east of Greenwich. What two zones share is the one that more lines come from, unless this machine is in the other.
_HOURS: Final = {
    "Z": 0, "UTC": 0, "GMT": 0, "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "WAT": 1, "CEST": 2, "EET": 2, "CAT": 2, "SAST": 2,
    "EEST": 3, "MSK": 3, "EAT": 3, "TRT": 3, "MSD": 4, "GST": 4, "PKT": 5, "YEKT": 5, "IST": 5.5, "WIB": 7, "HKT": 8,
    "SGT": 8, "AWST": 8, "JST": 9, "KST": 9, "ACST": 9.5, "ACDT": 10.5, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13,
    "BRST": -2, "BRT": -3, "ART": -3, "ADT": -3, "AST": -4, "CLT": -4, "EDT": -4, "EST": -5, "CDT": -5, "CST": -6, "MDT": -6,
    "MST": -7, "PDT": -7, "PST": -8, "AKDT": -8, "AKST": -9, "HST": -10,
}  # fmt: skip
ZONE_NAMES: Final = tuple(sorted(set(_HOURS) - {"Z"}))
"""What a line may name its zone."""

_OFFSET: Final = re.compile(rb"([+-])(\d\d):?(\d\d)?")
_MINUTES: Final = re.compile(rb"([+-])(\d\d\d)")


class Zone:
    """What the clocks of one place show."""

    def __init__(self, info: tzinfo | None) -> None:
        """None is what the system's own library says of this machine."""
        self._info = info
        offset = info.utcoffset(None) if isinstance(info, timezone) else None
        self.fixed: int | None = _seconds(offset) if offset is not None else None
        """Seconds east of Greenwich where they never change."""
        self.offset = lru_cache(maxsize=1024)(self._offset)

    def offsets(self, local: int) -> tuple[int, int]:
        """Seconds east of Greenwich when the clocks show `local`: where an hour is passed twice, the first time and the second.
        Where one is left out, the two differ as well."""
        return self.offset(local // QUARTER, 0), self.offset(local // QUARTER, 1)

    def local(self, unix: int) -> int:
        """What the clocks show, in seconds since 1970, at `unix`."""
        if self.fixed is not None:
            return unix + self.fixed
        moment = datetime.fromtimestamp(min(max(unix, DAY), _LAST), UTC).astimezone(self._info)
        return unix + _seconds(moment.utcoffset())

    def named(self, name: str, local: int) -> int | None:
        """Seconds east of Greenwich in a zone of this name; None for one that is unknown. A name that this place uses itself, such as
        India's or Israel's IST, is its own."""
        for fold in (0, 1):
            aware = self._aware(local, fold)
            if aware.tzname() == name:
                return _seconds(aware.utcoffset())
        hours = _HOURS.get(name)
        return None if hours is None else int(hours * 3600)

    def _offset(self, quarter: int, fold: int) -> int:
        return _seconds(self._aware(quarter * QUARTER, fold).utcoffset())

    def _aware(self, local: int, fold: int) -> datetime:
        moment = (_EPOCH + timedelta(seconds=min(max(local, DAY), _LAST))).replace(fold=fold)
        return moment.astimezone() if self._info is None else moment.replace(tzinfo=self._info)


def _seconds(offset: timedelta | None) -> int:
    return int(offset.total_seconds()) if offset is not None else 0


UTC_ZONE: Final = Zone(UTC)


@cache
def zone_of(name: str) -> Zone:
    """The zone of a name such as `Europe/Berlin`, `UTC` or `+05:30`. Raises ValueError for one that is unknown."""
    if name.upper() in ("UTC", "Z"):
        return UTC_ZONE
    if (offset := zone_offset(name.encode())) is not None:
        return Zone(_fixed(offset))
    try:
        return Zone(ZoneInfo(name))
    except (ValueError, OSError, LookupError) as error:
        raise ValueError(f"there is no time zone {name!r}; names are such as Europe/Berlin, UTC or +05:30") from error


@cache
def machine_zone() -> Zone:
    """The zone of this machine: TZ, else /etc/localtime, else UTC."""
    name = os.environ.get("TZ", "").removeprefix(":")
    if name:
        try:
            return zone_of(name) if not name.startswith("/") else _from_file(Path(name))
        except (ValueError, OSError):
            return Zone(None)  # such as CET-1CEST, which the system's library reads
    try:
        return _from_file(Path("/etc/localtime"))
    except (ValueError, OSError):
        return UTC_ZONE


def zone_or_machines(name: str) -> Zone:
    """The zone of a name, and this machine's where it is empty. Raises ValueError for one that is unknown."""
    return zone_of(name) if name else machine_zone()


def zone_offset(text: bytes) -> int | None:
    """Seconds east of Greenwich of `+01:00`, `-0800`, `+01`, or of DB2's minutes, `+060`; None for anything else."""
    if found := _OFFSET.fullmatch(text):
        seconds = int(found[2]) * 3600 + int(found[3] or 0) * 60
    elif found := _MINUTES.fullmatch(text):
        seconds = int(found[2]) * 60
    else:
        return None
    return -seconds if found[1] == b"-" else seconds


def _fixed(seconds: int) -> tzinfo:
    return timezone(timedelta(seconds=seconds))


def _from_file(path: Path) -> Zone:
    with path.open("rb") as file:
        return Zone(ZoneInfo.from_file(file))
