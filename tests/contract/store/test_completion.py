"""What records have, for whoever types a filter."""

import pytest
from tests.contract.store.asked import ALL, MINUTE, NOW, SECOND, SECONDS, record
from tests.contract.store.stores import Kept

from logmesh.store.time_range import TimeRange

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_records_are_counted_as_far_as_to_what_is_enough(kept: Kept) -> None:
    await kept.put(*(record(n * SECOND) for n in range(1, 31)))
    assert await kept.store.count_some("default", ALL, 100, seconds=SECONDS) == 30
    assert await kept.store.count_some("default", ALL, 7, seconds=SECONDS) == 7
    part = TimeRange(NOW - 10 * SECOND, NOW - 5 * SECOND)
    assert await kept.store.count_some("default", part, 100, seconds=SECONDS) == 5


@pytest.mark.parametrize(
    ("field", "typed", "values"),
    [
        (["service"], "C", [("checkout", 9), ("cart", 1)]),
        (["service"], "ar", [("cart", 1)]),
        (["instance"], "pod", [("pod-1", 10)]),
        (["severity"], "", [("9", 9), ("17", 1)]),
        (["attributes", "user"], "", [("7", 6), ("8", 3)]),
        (["attributes", "http", "status"], "5", [("503", 9)]),
        (["attributes", "nothing"], "", []),
    ],
)
async def test_values_come_the_most_frequent_first(
    kept: Kept, field: list[str], typed: str, values: list[tuple[str, int]]
) -> None:
    made = [record(n * SECOND, attributes={"user": 7 if n < 7 else 8, "http": {"status": 503}}) for n in range(1, 10)]
    await kept.put(*made, record(SECOND, service="cart", severity=17))
    assert list(await kept.store.values("default", field, typed, 50, span=ALL, seconds=SECONDS)) == values
    first = await kept.store.values("default", field, typed, 1, span=ALL, seconds=SECONDS)
    assert list(first) == values[:1]


async def test_keys_are_those_of_records_within_objects_too(kept: Kept) -> None:
    await kept.put(
        record(SECOND, attributes={"user": 7, "http": {"status": 503}}), record(MINUTE, attributes={"user": 8})
    )

    async def keys(column: str, typed: str) -> list[tuple[str, str]]:
        found = await kept.store.keys("default", column, typed, 50, span=ALL, newest=ALL, seconds=SECONDS)
        return list(found)

    assert (await keys("attributes", ""))[0] == ("attributes", "user")
    assert set(await keys("", "")) >= {("attributes", "user"), ("attributes", "http"), ("attributes", "http.status")}
    assert await keys("attributes", "STAT") == [("attributes", "http.status")]
    assert await keys("resource", "user") == []


async def test_keys_of_many_records_come_first_however_alike_these_are(kept: Kept) -> None:
    alike = [record(n * SECOND, attributes={"often": 7}) for n in range(1, 25)]
    await kept.put(*alike, *(record(n * SECOND, attributes={"at_times": n}) for n in range(25, 37)))
    found = await kept.store.keys("default", "attributes", "", 50, span=ALL, newest=ALL, seconds=SECONDS)
    assert list(found) == [("attributes", "often"), ("attributes", "at_times")]
