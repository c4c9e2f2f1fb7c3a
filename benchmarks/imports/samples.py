"""Files of other years: each is shipped, and asked for at the first of the days that its lines name."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from benchmarks.imports.api import count
from benchmarks.imports.shipping import ship

_FIRST_DAYS: Final = {
    "Apache": "2005-12-04", "BGL": "2005-06-03", "HDFS": "2008-11-09", "HPC": "2003-08-06", "Hadoop": "2015-10-18",
    "HealthApp": "2017-12-23", "OpenStack": "2017-05-16", "Spark": "2017-06-09", "Thunderbird": "2005-11-09",
    "Windows": "2016-09-28", "Zookeeper": "2015-07-29", "Android": "03-17", "Linux": "06-14", "Mac": "07-01",
    "OpenSSH": "12-10", "Proxifier": "07-26",
}  # fmt: skip
"""Of Loghub's samples, as their lines have it; where those name no year, it was the last such day before the file was written."""
_LONG_AGO: Final = datetime(1990, 1, 1, tzinfo=UTC)
_DAY: Final = timedelta(days=1)


def ship_samples(folder: Path, data: Path, api: str) -> bool:
    """Print a line for each file; whether all of each was found, and its first day is the right one."""
    well = True
    for path in sorted(folder.glob("*_2k.log")):
        service = path.name.removesuffix("_2k.log")
        shipped, day, now = (
            ship(path, data, "--service", service, "--timezone", "UTC"),
            _first_day(service, path),
            datetime.now(UTC),
        )
        before, there = count(api, service, _LONG_AGO, day), count(api, service, day, day + _DAY)
        later = count(api, service, day + _DAY, now + _DAY)
        right = not before and there > 0 and there + later == shipped.records
        well &= right
        wrong = "" if right else f", {before:,} BEFORE"
        print(
            f"{service:<12}{shipped.records:>6,} records: {there:>5,} at {day:%Y-%m-%d}, {later:>5,} later{wrong}; {shipped.said}",
            flush=True,
        )
    return well


def _first_day(service: str, path: Path) -> datetime:
    day = _FIRST_DAYS[service]
    if len(day) < len("2005-12-04"):
        written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        day = f"{written.year - (day > f'{written:%m-%d}')}-{day}"
    return datetime.fromisoformat(day).replace(tzinfo=UTC)
