"""How a search goes through time: as wide as the store can look at once, and saying how far it came."""

from collections.abc import AsyncGenerator
from typing import Any, cast

from logmesh.filters.ast import EVERYTHING
from logmesh.gateway.query.search import Done, Progress, Query, find
from logmesh.store.errors import TooSlow
from logmesh.store.order import Cursor, Window
from logmesh.store.store import Store
from logmesh.store.time_range import ANY_TIME
from logmesh.v1.query_service_pb2 import SEARCH_END_EXHAUSTED

HOUR = 3_600 * 10**9
NOW = 500_000 * HOUR


class Nothing:
    """Finds nothing, hour by hour, and no time for more than `hours` at once."""

    def __init__(self, first_look_nano: int, hours: int) -> None:
        self.first_look_nano, self.hours, self.asked = first_look_nano, hours, list[Window]()

    async def search(
        self, _tenant: str, _node: Any, window: Window, *rest: Any, **more: Any
    ) -> AsyncGenerator[Any, None]:
        self.asked.append(window)
        reached = window.before.unix_nano
        for _ in range(self.hours):
            reached = max(window.start_unix_nano, reached - HOUR)
            yield NothingUntil(Cursor(reached))
            if reached == window.start_unix_nano:
                return
        raise TooSlow("more hours than there is time for")


class NothingUntil:
    def __init__(self, reached: Cursor) -> None:
        self.reached = reached

    def __len__(self) -> int:
        return 0


async def found(store: Nothing, hours: int) -> list[Any]:
    query = Query(EVERYTHING, NOW - hours * HOUR, Cursor(NOW), 100)
    return [each async for each in find(cast("Store", store), "default", query, time_limit_seconds=60)]


async def test_a_store_that_finds_its_way_is_asked_once_and_says_how_far_it_came() -> None:
    store = Nothing(ANY_TIME.length_nano, hours=24)
    said = await found(store, 16)
    assert store.asked == [Window(NOW - 16 * HOUR, Cursor(NOW))]
    assert said == [
        *(Progress(NOW - hour * HOUR) for hour in range(1, 16)),
        Done(SEARCH_END_EXHAUSTED, NOW - 16 * HOUR, None),
    ]


async def test_what_was_looked_at_before_time_was_up_is_not_looked_at_again() -> None:
    store = Nothing(ANY_TIME.length_nano, hours=5)
    said = await found(store, 16)
    assert store.asked[1].before == Cursor(NOW - 5 * HOUR)
    assert said[-1] == Done(SEARCH_END_EXHAUSTED, NOW - 16 * HOUR, None)


async def test_a_store_that_sorts_what_it_finds_is_asked_for_little_at_first() -> None:
    store = Nothing(60 * 10**9, hours=24)
    await found(store, 16)
    assert [(window.before.unix_nano - window.start_unix_nano) // (60 * 10**9) for window in store.asked] == [
        1, 4, 16, 64, 256, 619,
    ]  # fmt: skip
