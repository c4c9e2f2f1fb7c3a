"""Files whose merge failed, so that others are merged meanwhile: each is passed over for a while, and then tried again.

A merge of files that can't be read, or that give another digest than what was made of them, costs as much as one that succeeds; so the
while doubles from try to try. Where the disk was at fault it does not: room may be made at any time.
"""

from collections.abc import Iterable
from typing import Final

FIRST_SECONDS: Final = 60.0
MOST_SECONDS: Final = 3_600.0


class PassedOver:
    """By file until when it is left alone, in seconds of a clock that only goes forward. Who tends again and again keeps one."""

    def __init__(self) -> None:
        self._until: dict[int, tuple[float, float]] = {}  # and for how long that was

    def add(self, files: Iterable[int], now: float, most_seconds: float = MOST_SECONDS) -> None:
        """Their merge failed; they are left alone for `most_seconds` at most."""
        for file in files:
            _, before = self._until.get(file, (now, FIRST_SECONDS / 2))
            seconds = min(2 * before, most_seconds)
            self._until[file] = now + seconds, seconds

    def files(self, now: float) -> list[int]:
        """Those that are not tried now."""
        # One that is tried again and fails is added at once: what is long over was merged, or is gone.
        self._until = {file: kept for file, kept in self._until.items() if kept[0] + MOST_SECONDS > now}
        return [file for file, (until, _) in self._until.items() if until > now]
