"""How an unfinished filter may go on: what the grammar allows at its end, filled with what records of the range have."""

import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from logmesh.filters.caret import Caret, read_carets
from logmesh.filters.completion import Counted, Key, propose, typed_key
from logmesh.gateway.requests.checks import read_limit, read_range
from logmesh.gateway.walking.deadline import seconds_left
from logmesh.gateway.walking.walk import walk
from logmesh.store.errors import TooSlow
from logmesh.store.store import Store
from logmesh.store.time_range import TimeRange
from logmesh.v1.query_service_pb2 import CompleteRequest, CompleteResponse

DEFAULT_PAGE_SIZE: Final = 10
MAX_PAGE_SIZE: Final = 50
TIME_LIMIT_SECONDS: Final = 2.0
"""Nobody waits longer for a word to be finished."""
_NEWEST: Final = 2_000
"""Records whose attributes are looked at."""
_LAST_NANO: Final = 15 * 60 * 10**9
"""The end of a range, which is read when there is too much in all of it."""
_OF_THE_RANGE: Final = ("service", "instance", "severity", "resource")
"""Fields whose values are those of all the range; the others have few that come again, or are looked up in the newest records."""


@dataclass(frozen=True, slots=True)
class CompletionQuery:
    """What was typed, the range whose values are proposed, and how many proposals at most."""

    filter: str
    carets: Sequence[Caret]
    range: TimeRange
    page_size: int


def read_complete(request: CompleteRequest, now_unix_nano: int) -> CompletionQuery:
    """What a request asks for at `now_unix_nano`. Raises FilterError or RequestError."""
    page_size = read_limit("page_size", request.page_size, default=DEFAULT_PAGE_SIZE, most=MAX_PAGE_SIZE)
    return CompletionQuery(request.filter, read_carets(request.filter), read_range(request, now_unix_nano), page_size)


async def complete(store: Store, tenant: str, query: CompletionQuery) -> CompleteResponse:
    """The proposals, the likeliest first. Raises StoreError, but for a lack of time: what can't be read soon is left out."""
    keys, values = list[Key](), list[Counted]()
    end = query.range.last(_LAST_NANO)
    for part, seconds in (query.range, 0.75 * TIME_LIMIT_SECONDS), (end, 0.25 * TIME_LIMIT_SECONDS):
        reader = _Reader(store, tenant, part, time.monotonic() + seconds)
        with contextlib.suppress(TooSlow):
            for caret in query.carets:
                # Before anything is typed the fields that all records have are enough, and need no look at the store.
                if caret.takes_field and caret.typed and not caret.takes_operator:
                    keys = await reader.keys(typed_key(caret.typed), query.page_size)
                if caret.takes_value:
                    values = await reader.values(caret)
            break
    found = propose(query.filter, query.carets, keys, values)
    return CompleteResponse(completions=found[: query.page_size])


class _Reader(NamedTuple):
    """Reads what records of `range` have, until `deadline` of the monotonic clock; then raises TooSlow."""

    store: Store
    tenant: str
    range: TimeRange
    deadline: float

    async def keys(self, typed: Key, most: int) -> list[Key]:
        """Keys that contain what is typed, the most frequent first."""
        newest = self.range if typed.column == "resource" else await self._newest()
        seconds = seconds_left(self.deadline)
        found = await self.store.keys(
            self.tenant, typed.column, typed.key, most, span=self.range, newest=newest, seconds=seconds
        )
        return [Key(*one) for one in found]

    async def values(self, caret: Caret) -> list[Counted]:
        """Values of the caret's field that contain what is typed, the most frequent first."""
        column, *_ = caret.field
        # Severities are typed by name and stored by number: there are few, so all are read.
        typed = "" if column == "severity" else caret.typed
        if column in _OF_THE_RANGE:
            span = self.range
        elif column == "attributes":
            span = await self._newest()
        else:
            return []
        seconds = seconds_left(self.deadline)
        found = await self.store.values(self.tenant, caret.field, typed, MAX_PAGE_SIZE, span=span, seconds=seconds)
        return [Counted(*one) for one in found]

    async def _newest(self) -> TimeRange:
        """The end of the range that holds the newest records: sorting a whole day for them would take a second."""
        wanted = _NEWEST

        async def look(window: TimeRange, seconds: float) -> bool:
            nonlocal wanted
            wanted -= await self.store.count_some(self.tenant, window, wanted, seconds=seconds)
            return wanted <= 0

        return TimeRange(await walk(self.range, self.deadline, look), self.range.end_unix_nano)
