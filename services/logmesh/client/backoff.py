"""How long to wait before the next attempt: from nothing up to a limit that doubles, so that not all come back at one moment."""

import random
from typing import Final

FIRST_SECONDS: Final = 0.1
MOST_SECONDS: Final = 5.0


class Backoff:
    """Full jitter: each pause is drawn from 0 to the limit, which is `first` at the beginning and `most` in the end, in seconds."""

    def __init__(self, first: float = FIRST_SECONDS, most: float = MOST_SECONDS) -> None:
        self._first, self._most = first, most
        self._limit = first

    def pause(self) -> float:
        """An attempt has failed: seconds to wait now."""
        limit, self._limit = self._limit, min(self._limit * 2, self._most)
        return random.uniform(0, limit)  # noqa: S311

    def reset(self) -> None:
        """An attempt has succeeded."""
        self._limit = self._first
