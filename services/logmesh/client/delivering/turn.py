"""Whose turn it is: a lock that no thread waits for when it has it already, as a signal's handler that interrupts it would."""

import contextlib
import threading
from collections.abc import Iterator


class Turn:
    """One thread's at a time."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._taken = False

    def take(self, timeout: float = -1) -> bool:
        """Wait for it, at most `timeout` seconds where that is not negative; False when it does not come, or is this thread's."""
        if not self._lock.acquire(timeout=timeout):
            return False
        if self._taken:  # by this thread, or it would not have come so far
            self._lock.release()
            return False
        self._taken = True
        return True

    def give_back(self) -> None:
        """Another thread's turn; nothing where it was forgotten meanwhile."""
        if self._taken:
            self._taken = False
            self._lock.release()

    def forget(self) -> None:
        """Begin anew in a forked child, where the thread that had it may not be."""
        self.__init__()  # type: ignore[misc]

    @contextlib.contextmanager
    def taken(self, timeout: float) -> Iterator[None]:
        """Take it and give it back; go on without it where it does not come."""
        taken = self.take(timeout)
        try:
            yield
        finally:
            if taken:
                self.give_back()
