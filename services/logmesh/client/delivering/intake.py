"""The bounded queue between the threads of an application and the appender's own: who waits for what, and how long.

Every row gets a number by its place; `settle` says up to which all are committed.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final

from logmesh.client.delivering.row import Row
from logmesh.client.errors import AppendRefused, Closed, LogmeshError, Overloaded

MAX_BATCH_RECORDS: Final = 1_000
MAX_BATCH_BYTES: Final = 1 << 20
MAX_AGE_SECONDS: Final = 0.2


class Intake:
    """Thread-safe. `wake` is called, with no lock held, when the other side has something to do."""

    def __init__(self, max_bytes: int, wake: Callable[[], None], *, recovered: bool = False) -> None:
        """`recovered` says that a spool holds rows of an earlier process, which the first `settle` accounts for."""
        self._max_bytes, self._wake = max_bytes, wake
        self._batch_bytes = min(MAX_BATCH_BYTES, max_bytes // 2)
        self._rows: deque[Row] = deque()
        self._bytes = 0
        self._oldest_at = 0.0
        self._accepted = 0
        self._settled = -1 if recovered else 0
        self._flush_up_to = 0
        self._taken = 0
        self._refused: deque[str] = deque(maxlen=100)
        self._failure: LogmeshError | None = None
        self._closed = False
        self._changed = threading.Condition()

    def put(self, row: Row, timeout: float) -> None:
        """Take a row, waiting at most `timeout` seconds for room. Raises Overloaded, Closed."""
        size = row.size
        with self._changed:
            self._check(taking=True)
            if self._bytes and self._bytes + size > self._max_bytes:
                room = timeout > 0 and self._changed.wait_for(
                    lambda: self._closed or not self._bytes or self._bytes + size <= self._max_bytes, timeout
                )
                self._check(taking=True)
                if not room:
                    raise Overloaded(f"{self._bytes} bytes wait to be sent, and no processor takes them")
            if not self._rows:
                self._oldest_at = time.monotonic()
            self._rows.append(row)
            self._bytes += size
            self._accepted += 1
            # Once for the first of a batch, which starts its age, and once when it is full: no more than that.
            count = len(self._rows)
            wake = count == 1 or count == MAX_BATCH_RECORDS or self._bytes - size < self._batch_bytes <= self._bytes
        if wake:
            self._wake()

    def seconds_until_due(self) -> float | None:
        """How long until a batch is to be cut, 0 when it is; None while nothing waits."""
        with self._changed:
            if not self._rows:
                return None
            full = len(self._rows) >= MAX_BATCH_RECORDS or self._bytes >= self._batch_bytes
            if full or self._taken < self._flush_up_to:
                return 0.0
            return max(0.0, self._oldest_at + MAX_AGE_SECONDS - time.monotonic())

    def take(self) -> list[Row]:
        """The rows of the next batch, at least one where any wait."""
        with self._changed:
            taken: list[Row] = []
            size = 0
            while self._rows and len(taken) < MAX_BATCH_RECORDS and (not taken or size < self._batch_bytes):
                row = self._rows.popleft()
                size += row.size
                taken.append(row)
            self._bytes -= size
            self._taken += len(taken)
            self._oldest_at = time.monotonic()
            self._changed.notify_all()
            return taken

    def put_back(self, rows: list[Row]) -> None:
        """Rows that were taken last, and found no room."""
        with self._changed:
            self._rows.extendleft(reversed(rows))
            self._bytes += sum(row.size for row in rows)
            self._taken -= len(rows)

    def settle(self, count: int) -> None:
        """The first `count` rows of all are committed, or refused."""
        with self._changed:
            if count > self._settled:
                self._settled = count
                self._changed.notify_all()

    def refuse(self, reason: str) -> None:
        """Rows will never be stored; the next flush says so."""
        with self._changed:
            self._refused.append(reason)

    def flush(self, timeout: float) -> bool:
        """Have everything sent that was put so far, and wait until it is settled; False when time runs out.

        Raises AppendRefused when a batch was refused since the last flush.
        """
        with self._changed:
            wanted = self._accepted
            self._flush_up_to = max(self._flush_up_to, wanted)
        self._wake()
        with self._changed:
            done = self._changed.wait_for(lambda: self._settled >= wanted or self._failure is not None, timeout)
            if self._refused:
                reasons = list(self._refused)
                self._refused.clear()
                raise AppendRefused(reasons)
            self._check()
            return done

    def close(self, failure: LogmeshError | None = None) -> None:
        """Take nothing more; whoever waits is told, and of the failure where that is the reason."""
        with self._changed:
            self._closed = True
            self._failure = failure or self._failure
            self._changed.notify_all()

    def unsettled(self) -> int:
        """How many rows are neither committed nor refused."""
        with self._changed:
            return self._accepted - max(self._settled, 0)

    def _check(self, taking: bool = False) -> None:
        if self._failure is not None:
            raise type(self._failure)(
                str(self._failure)
            )  # anew: an error that several threads raise gathers all of their frames
        if taking and self._closed:
            raise Closed("the appender was closed")
