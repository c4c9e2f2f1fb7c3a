"""Counts the records whose own time is too far from now for a processor to store them under it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from logmesh.record.limits import MAX_AGE, MAX_AHEAD

_AGE: Final = MAX_AGE // timedelta(microseconds=1) * 1_000
_AHEAD: Final = MAX_AHEAD // timedelta(microseconds=1) * 1_000


@dataclass(slots=True)
class Outside:
    """How many records are older, and how many later, than what is stored under its own time; and the oldest of all."""

    older: int = 0
    later: int = 0
    oldest: int = 0
    """In nanoseconds since 1970; 0 while none is older."""

    def of_any_age(self) -> "Outside":
        """The same where what is old is stored under its own time."""
        return replace(self, older=0, oldest=0)

    def count(self, times_unix_nano: Sequence[int], now_unix_nano: int) -> None:
        """Adds records that are read now; 0 is one without a time, which is stored under that of reading."""
        low, high = now_unix_nano - _AGE, now_unix_nano + _AHEAD
        old = [time for time in times_unix_nano if 0 < time < low]
        if old:
            self.older += len(old)
            self.oldest = min(self.oldest or old[0], *old)
        self.later += sum(time > high for time in times_unix_nano) if max(times_unix_nano, default=0) > high else 0
