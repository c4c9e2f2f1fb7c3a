"""Records that are named: by a trace, by an id, or by standing beside another."""

import pytest
from tests.contract.store.asked import ALL, MINUTE, NOW, SECOND, SECONDS, bodies, place_of, record, search
from tests.contract.store.stores import Kept

from logmesh.filters import parse_filter
from logmesh.record.ids import parse_record_id
from logmesh.store.order import Cursor, Window
from logmesh.store.time_range import TimeRange
from logmesh.v1.record_pb2 import LogRecord

pytestmark = pytest.mark.asyncio(loop_scope="module")

TRACE = bytes(range(1, 17))
PLENTY = 1 << 22


async def trace(
    kept: Kept, span: TimeRange = ALL, most: int = 100, max_bytes: int = PLENTY, **more: object
) -> list[str]:
    found = await kept.store.trace(
        "default",
        TRACE,
        span,
        most,
        max_bytes=max_bytes,
        seconds=SECONDS,
        **more,  # type: ignore[arg-type]
    )
    return bodies(found)


async def test_a_trace_comes_oldest_first_and_within_its_range(kept: Kept) -> None:
    await kept.put(*(record(n * MINUTE, f"{n}", trace=TRACE) for n in (1, 9, 5)), record(MINUTE, "other"))
    await kept.put(record(5 * MINUTE, "5 too", trace=TRACE), record(3, "not", trace=bytes(16)), spool=2)
    assert await trace(kept) == ["9", "5", "5 too", "1"]
    assert await trace(kept, most=2) == ["9", "5"]
    assert await trace(kept, TimeRange(NOW - 9 * MINUTE, NOW - MINUTE)) == ["9", "5", "5 too"]
    assert await trace(kept, TimeRange(NOW - 9 * MINUTE + 1, NOW - MINUTE + 1)) == ["5", "5 too", "1"]


async def test_what_is_known_of_a_trace_is_left_out(kept: Kept) -> None:
    await kept.put(*(record(n, f"{n}", trace=TRACE) for n in (3, 2, 1)))
    assert await trace(kept, known=[(1, 1), (7, 0)]) == ["3", "1"]


async def test_what_is_read_of_a_trace_is_bounded_in_bytes(kept: Kept) -> None:
    await kept.put(*(record(n, "x" * 10_000, trace=TRACE) for n in range(1, 80)))
    assert 10 <= len(await trace(kept, max_bytes=100_000)) < 79


async def test_a_record_is_found_by_its_id_within_its_time(kept: Kept) -> None:
    await kept.put(record(MINUTE, "a", attributes={"n": 1.5}), record(MINUTE, "b"))
    (newer, older) = await search(kept.store, Window(0, Cursor(NOW)))

    async def by_id(spool: int, position: int, span: TimeRange = ALL) -> LogRecord | None:
        return await kept.store.record("default", spool, position, span, seconds=SECONDS)

    assert await by_id(*parse_record_id(newer.id)) == newer
    assert await by_id(*parse_record_id(older.id)) == older
    assert await by_id(1, 2) is None
    assert await by_id(2, 0) is None
    assert await by_id(1, 0, TimeRange(NOW - MINUTE + SECOND, NOW)) is None
    assert await by_id(1, 0, TimeRange(NOW - 2 * MINUTE, NOW - MINUTE)) is None


async def test_the_times_of_a_spool_hold_all_its_records(kept: Kept) -> None:
    await kept.put(record(50 * MINUTE), record(SECOND))
    found = await kept.store.times_of("default", 1, seconds=SECONDS)
    assert found is not None
    assert found.start_unix_nano <= NOW - 50 * MINUTE
    assert found.end_unix_nano > NOW - SECOND
    assert await kept.store.times_of("default", 2, seconds=SECONDS) is None


async def test_neighbours_are_the_nearest_of_the_same_instance(kept: Kept) -> None:
    ours = [record(n * SECOND, f"{n}") for n in range(20, 0, -1)]
    others = [record(10 * SECOND, "other", instance="pod-2"), record(10 * SECOND, "other", service="cart")]
    await kept.put(*ours, *others)
    at = next(one for one in await search(kept.store, Window(0, Cursor(NOW))) if one.body == "10")
    beside, place = await kept.store.neighbours("default", at, seconds=SECONDS), place_of(at)

    async def nearest(edge: int, most: int, max_bytes: int = PLENTY) -> list[str]:
        return bodies(await beside.nearest(place, edge, most, max_bytes=max_bytes, seconds=SECONDS))

    assert await nearest(NOW - MINUTE, 3) == ["11", "12", "13"]
    assert await nearest(NOW, 3) == ["9", "8", "7"]
    assert await nearest(NOW - 12 * SECOND, 100) == ["11", "12"]  # its edge is in the older part
    assert await nearest(NOW - 8 * SECOND, 100) == ["9"]  # and is not in the newer one


async def test_what_is_read_of_neighbours_is_bounded_in_bytes(kept: Kept) -> None:
    await kept.put(*(record(n, "x" * 10_000) for n in range(80, 0, -1)))
    (at,) = await search(kept.store, Window(0, Cursor(NOW)), most=1)
    beside = await kept.store.neighbours("default", at, seconds=SECONDS)
    assert 10 <= len(await beside.nearest(place_of(at), 0, 100, max_bytes=100_000, seconds=SECONDS)) < 79


async def test_neighbours_of_one_time_stand_by_spool_and_position(kept: Kept) -> None:
    for spool in (1, 2):
        await kept.put(*(record(SECOND, f"{spool}/{n}") for n in range(3)), spool=spool)
    at = next(one for one in await search(kept.store, Window(0, Cursor(NOW))) if one.body == "2/0")
    beside = await kept.store.neighbours("default", at, seconds=SECONDS)
    for edge, expected in ((0, ["1/2", "1/1", "1/0"]), (NOW, ["2/1", "2/2"])):
        found = await beside.nearest(place_of(at), edge, 10, max_bytes=PLENTY, seconds=SECONDS)
        assert bodies(found) == expected


async def test_bodies_come_newest_first_and_cut_and_name_their_records(kept: Kept) -> None:
    made = [record(n * SECOND, f"{n} " + "x" * 50, severity=n, service=f"s{n % 2}") for n in range(1, 9)]
    await kept.put(*made, record(SECOND, "noise"))
    node = parse_filter("xx")
    found = await kept.store.bodies("default", node, ALL, 5, characters=4, seconds=SECONDS)
    assert len(found) == 5
    assert list(found) == [(n, f"s{n % 2}", f"{n} xx") for n in range(1, 6)]
    places = [found.place(index) for index in range(5)]
    records = await kept.store.records("default", places, seconds=SECONDS)
    assert [records[place.spool, place.position].body for place in places] == bodies(made[:5])
    assert len(records) == 5
    gone = Cursor(NOW, 1, 77)
    assert list(await kept.store.records("default", [gone, places[0]], seconds=SECONDS)) == [(1, 0)]
