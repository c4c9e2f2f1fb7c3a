"""What holds for every question: no tenant sees another's, and none takes longer than it may."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio
from tests.conftest import Database
from tests.contract.store.asked import ALL, NOW, SECOND, SECONDS, record, search
from tests.contract.store.stores import STORES, Kept, Readers

from logmesh.filters import parse_field, parse_filter
from logmesh.store.counts import Buckets
from logmesh.store.errors import TooSlow
from logmesh.store.order import Cursor, Window
from logmesh.store.store import Store

pytestmark = pytest.mark.asyncio(loop_scope="module")

TRACE = bytes(range(1, 17))
EVERYTHING = parse_filter("")
WINDOW = Window(ALL.start_unix_nano, Cursor(NOW))
BUCKETS = Buckets(ALL.start_unix_nano, ALL.length_nano, 1, ALL)
SERVICE = parse_field("service")

Ask = Callable[[Store, str, float], Awaitable[object]]
QUESTIONS: dict[str, Ask] = {
    "trace": lambda store, tenant, seconds: store.trace(tenant, TRACE, ALL, 9, max_bytes=9_999, seconds=seconds),
    "record": lambda store, tenant, seconds: store.record(tenant, 1, 0, ALL, seconds=seconds),
    "records": lambda store, tenant, seconds: store.records(tenant, [Cursor(NOW - SECOND, 1, 0)], seconds=seconds),
    "bodies": lambda store, tenant, seconds: store.bodies(tenant, EVERYTHING, ALL, 9, characters=9, seconds=seconds),
    "count_keys": lambda store, tenant, seconds: store.count_keys(
        tenant, parse_filter("secret"), ALL, BUCKETS, SERVICE, ["checkout"], seconds=seconds
    ),
    "count_values": lambda store, tenant, seconds: store.count_values(
        tenant, parse_filter("secret"), ALL, BUCKETS, SERVICE, 9, seconds=seconds
    ),
    "count_some": lambda store, tenant, seconds: store.count_some(tenant, ALL, 9, seconds=seconds),
    "attribute's values": lambda store, tenant, seconds: store.values(
        tenant, ["attributes", "user"], "", 9, span=ALL, seconds=seconds
    ),
    "keys": lambda store, tenant, seconds: store.keys(
        tenant, "attributes", "", 9, span=ALL, newest=ALL, seconds=seconds
    ),
}
"""By the method: a question that has an answer, and must read records for it."""


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=STORES)
async def filled(request: pytest.FixtureRequest, shared_database: Database, readers: Readers) -> AsyncIterator[Kept]:
    """A store with a record of the tenant `default`, which all tests ask for."""
    async with STORES[request.param](shared_database, readers) as opened:
        await opened.put(record(SECOND, "secret", trace=TRACE, attributes={"user": 7}))
        yield opened


@pytest.mark.parametrize("name", QUESTIONS)
async def test_no_tenant_is_answered_from_anothers_records(filled: Kept, name: str) -> None:
    assert _size(await QUESTIONS[name](filled.store, "default", SECONDS)) > 0
    assert _size(await QUESTIONS[name](filled.store, "acme", SECONDS)) == 0


async def test_no_tenant_sees_anothers_counts_times_or_searches(filled: Kept) -> None:
    store = filled.store
    assert await search(store, WINDOW, tenant="acme") == []
    assert await store.times_of("acme", 1, seconds=SECONDS) is None
    assert list(await store.totals("acme", [ALL], seconds=SECONDS)) == [{}]
    (facet,) = await store.facets("acme", EVERYTHING, ALL, [SERVICE], 9, newest=None, seconds=SECONDS)
    assert facet.counted == 0
    assert list(await store.values("acme", ["service"], "", 9, span=ALL, seconds=SECONDS)) == []
    (mine,) = await search(store, WINDOW)
    beside = await store.neighbours("acme", mine, seconds=SECONDS)
    assert list(await beside.nearest(Cursor(NOW), 0, 9, max_bytes=9_999, seconds=SECONDS)) == []


@pytest.mark.parametrize("name", QUESTIONS)
async def test_what_is_not_answered_in_time_is_too_slow_and_asked_again_answered(filled: Kept, name: str) -> None:
    async with filled.held():
        with pytest.raises(TooSlow):
            await QUESTIONS[name](filled.store, "default", 0.1)
    assert _size(await QUESTIONS[name](filled.store, "default", SECONDS)) > 0


async def test_a_search_that_is_too_slow_says_so_too(filled: Kept) -> None:
    async with filled.held():
        asked = filled.store.search("default", EVERYTHING, WINDOW, 9, seconds=0.1)
        with pytest.raises(TooSlow):
            await anext(asked)
    assert len(await search(filled.store, WINDOW)) == 1


def _size(answer: object) -> int:
    """How much an answer says."""
    if answer is None or isinstance(answer, int):
        return answer or 0
    return len(answer) if hasattr(answer, "__len__") else 1
