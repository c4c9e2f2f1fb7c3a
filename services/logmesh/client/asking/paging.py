"""A search over as many pages as it takes: what to ask next, and what has come. Pure; both clients are built on it."""

import math
import time
from collections.abc import Callable, Sequence
from typing import Final

from logmesh.client.errors import DeadlineExceeded, ServerError
from logmesh.v1.query_service_pb2 import SEARCH_END_TIME_LIMIT, SearchRequest, SearchResponse
from logmesh.v1.record_pb2 import LogRecord

_FIRST_PAGE: Final = 100
_MAX_PAGE: Final = 3_000
_MAX_PAGE_BYTES: Final = 16 << 20


class Pages:
    """Ask with `request` until it is None; `take` each message of the answer, and call `end` after the last.

    Pages grow: who reads ten records waits for a hundred at most. They stop growing where a page, which is read ahead, would be large.
    """

    def __init__(
        self,
        request: SearchRequest,
        limit: int | None,
        patience_seconds: float = math.inf,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Raises ValueError for a negative limit; None is no limit. `patience_seconds` may pass without a record."""
        if limit is not None and limit < 0:
            raise ValueError(f"limit is {limit}")
        self._request = request
        self._left = limit
        self._patience, self._clock = patience_seconds, clock
        self._quiet_since: float | None = None
        self._size = _FIRST_PAGE
        self._records = self._bytes = 0
        self._ended = False
        self._token = ""
        self._timed_out = False
        self._more = True

    def request(self) -> SearchRequest | None:
        """The next page's request, None when there is nothing left to ask."""
        if not self._more or self._left == 0:
            return None
        self._request.page_size = self._size if self._left is None else min(self._size, self._left)
        self._ended = False
        return self._request

    def seconds(self) -> float | None:
        """How long to wait for the next message, which patience begins to run for, unless it runs since an earlier one that
        brought no record; None is for as long as it takes."""
        if self._quiet_since is None:
            self._quiet_since = self._clock()
        return None if math.isinf(self._patience) else max(0.0, self._patience_left())

    def take(self, answer: SearchResponse) -> Sequence[LogRecord]:
        """Records of one message, which may have none."""
        if answer.HasField("done"):
            self._ended = True
            self._token = answer.done.next_page_token
            self._timed_out = answer.done.end == SEARCH_END_TIME_LIMIT
        records = answer.rows.records
        if records:
            self._quiet_since = None
            self._records += len(records)
            self._bytes += answer.ByteSize()
        if self._left is not None:
            self._left -= len(records)
        return records

    def end(self, target: str) -> None:
        """A page is over. Raises ServerError when its end is missing, DeadlineExceeded when the search does not get on."""
        if not self._ended:
            raise ServerError(f"{target} broke off its answer")
        self._more = bool(self._token)
        stuck = self._timed_out and self._token == self._request.page_token
        if stuck or (self._more and self._patience_left() <= 0):
            raise self.out_of_time(target)
        self._request.page_token = self._token
        self._size = min(self._size * 3, _MAX_PAGE)
        if self._records:
            self._size = max(1, min(self._size, _MAX_PAGE_BYTES * self._records // self._bytes))

    def out_of_time(self, target: str) -> DeadlineExceeded:
        """What to raise when patience has ended, or the server's time without a step forward."""
        return DeadlineExceeded(f"{target} runs out of time; ask for less by the filter or the time range")

    def _patience_left(self) -> float:
        quiet = 0.0 if self._quiet_since is None else self._clock() - self._quiet_since
        return self._patience - quiet
