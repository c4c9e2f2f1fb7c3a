"""A search over as many pages as it takes: what to ask next, and what has come. Pure; both clients are built on it."""

from typing import Final

from logmesh.client.errors import DeadlineExceeded, ServerError
from logmesh.client.record import Record, from_message
from logmesh.v1.query_service_pb2 import SEARCH_END_TIME_LIMIT, SearchRequest, SearchResponse

_FIRST_PAGE: Final = 100
_MAX_PAGE: Final = 1_000


class Pages:
    """Ask with `request` until it is None; `take` each message of the answer, and call `end` after the last.

    Pages grow: who reads ten records waits for a hundred at most.
    """

    def __init__(self, request: SearchRequest, limit: int | None) -> None:
        """Raises ValueError for a negative limit; None is no limit."""
        if limit is not None and limit < 0:
            raise ValueError(f"limit is {limit}")
        self._request = request
        self._left = limit
        self._size = _FIRST_PAGE
        self._ended = False
        self._token = ""
        self._timed_out = False
        self._more = True

    def request(self) -> SearchRequest | None:
        """The next page's request, None when there is nothing left to ask."""
        if not self._more or self._left == 0:
            return None
        self._request.page_size = self._size if self._left is None else min(self._size, self._left)
        self._size = min(self._size * 3, _MAX_PAGE)
        self._ended = False
        return self._request

    def take(self, answer: SearchResponse) -> list[Record]:
        """Records of one message, which may have none."""
        if answer.HasField("done"):
            self._ended = True
            self._token = answer.done.next_page_token
            self._timed_out = answer.done.end == SEARCH_END_TIME_LIMIT
        records = [from_message(record) for record in answer.rows.records]
        if self._left is not None:
            self._left -= len(records)
        return records

    def end(self, target: str) -> None:
        """A page is over. Raises ServerError when its end is missing, DeadlineExceeded when the search does not get on."""
        if not self._ended:
            raise ServerError(f"{target} broke off its answer")
        if self._timed_out and self._token == self._request.page_token:
            raise DeadlineExceeded(f"{target} runs out of time; ask for less by the filter or the time range")
        self._request.page_token = self._token
        self._more = bool(self._token)
