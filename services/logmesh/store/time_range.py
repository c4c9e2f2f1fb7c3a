"""A range of times, in nanoseconds since 1970."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class TimeRange:
    """From `start_unix_nano`, included, to `end_unix_nano`, not included; never upside down."""

    start_unix_nano: int
    end_unix_nano: int

    @property
    def length_nano(self) -> int:
        """How long it is."""
        return self.end_unix_nano - self.start_unix_nano

    def last(self, nano: int) -> "TimeRange":
        """Its end, `nano` of it or all."""
        return TimeRange(max(self.start_unix_nano, self.end_unix_nano - nano), self.end_unix_nano)

    def earlier(self, nano: int) -> "TimeRange":
        """The same range `nano` before, cut at 1970."""
        return TimeRange(max(0, self.start_unix_nano - nano), max(0, self.end_unix_nano - nano))


ANY_TIME: Final = TimeRange(0, (1 << 63) - 1)
