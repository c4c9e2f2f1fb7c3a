"""Times as people type them: how long ago, or when."""

import re
from datetime import UTC, datetime
from typing import Final

from logmesh.cli.errors import USAGE, CommandError

_UNITS: Final = {"ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9, "d": 86_400 * 10**9, "w": 604_800 * 10**9}
_PART: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d|w)", re.ASCII)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def parse_moment(text: str, option: str, now_unix_nano: int) -> int:
    """Nanoseconds since 1970 of ``15m``, ``1h30m`` (before now), ``now`` or ``2026-01-31T12:00:00Z``.

    A time without a zone is local. Raises CommandError naming `option`.
    """
    text = text.strip()
    if text == "now":
        return now_unix_nano
    parts = _PART.findall(text)
    if parts and "".join(number + unit for number, unit in parts) == text:
        return max(0, now_unix_nano - sum(round(float(number) * _UNITS[unit]) for number, unit in parts))
    try:
        moment = datetime.fromisoformat(text)
        since = moment.astimezone(UTC) - _EPOCH
    except (ValueError, OverflowError) as error:
        raise CommandError(f"{option}: {text!r} is neither like 15m nor like 2026-01-31T12:00:00Z", USAGE) from error
    return max(0, (since.days * 86_400 + since.seconds) * 10**9 + since.microseconds * 1000)


def format_age(seconds: float) -> str:
    """A duration at a glance: ``0.3s``, ``12s``, ``5m``, ``3h``, ``2d``."""
    if seconds < 10:
        return f"{seconds:.1f}s"
    for unit, size in (("s", 60), ("m", 60), ("h", 48)):
        if seconds < size:
            return f"{seconds:.0f}{unit}"
        seconds /= size if unit != "h" else 24
    return f"{seconds:.0f}d"
