"""How far back the next query of a search looks: wider while answers come quickly, narrower when they don't.

Narrow windows first show something soon; wide ones cross empty stretches in a few steps.
"""

from typing import Final

FIRST_NANO: Final = 60 * 10**9
LEAST_NANO: Final = 10**9
QUICK_SECONDS: Final = 0.3
SLOW_SECONDS: Final = 1.5
_GROWTH: Final = 4
_ROOM: Final = 1.5
PATIENCE_SECONDS: Final = 3.0
"""A query that takes longer is cancelled and asked again of a narrower window."""


class Windows:
    """Widths in nanoseconds of log time, from `width_nano` on. Pure: it is told how long each query took."""

    def __init__(self, width_nano: int = FIRST_NANO) -> None:
        self._width = width_nano

    def lower(self, upper_unix_nano: int, start_unix_nano: int) -> int:
        """The lower end, included, of the window that ends before `upper_unix_nano`."""
        return max(start_unix_nano, upper_unix_nano - self._width)

    def upper(self, lower_unix_nano: int, end_unix_nano: int) -> int:
        """The upper end, not included, of the window that begins at `lower_unix_nano`."""
        return min(end_unix_nano, lower_unix_nano + self._width)

    def patience(self, remaining_seconds: float) -> float:
        """How long the next query may take. The narrowest window may use all the time that is left."""
        return remaining_seconds if self._width <= LEAST_NANO else min(PATIENCE_SECONDS, remaining_seconds)

    def finished(self, seconds: float, *, found: int = 0, wanted: int = 0) -> None:
        """A query looked at its whole window. It found so many records, and so many more are wanted."""
        if seconds < QUICK_SECONDS:
            growth = float(_GROWTH)
            if found:
                # As far as the rest should reach by what this window held: what lies beyond is read in vain.
                growth = min(growth, max(1 / _GROWTH, _ROOM * wanted / found))
            self._width = max(LEAST_NANO, int(self._width * growth))
        elif seconds > SLOW_SECONDS:
            self._width = max(LEAST_NANO, self._width // 2)

    def cancelled(self) -> bool:
        """A query took too long. Tells whether a narrower window can be tried."""
        if self._width <= LEAST_NANO:
            return False
        self._width = max(LEAST_NANO, self._width // 8)
        return True
