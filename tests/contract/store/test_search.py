"""Windows of a store: what is in them, in which order, and where they end."""

import asyncio
import random
from contextlib import aclosing

import pytest
from tests.contract.store.asked import ALL, MINUTE, NOW, SECOND, SECONDS, bodies, matching, place_of, record, search
from tests.contract.store.stores import Kept

from logmesh.filters import parse_filter
from logmesh.store.order import Cursor, Window

pytestmark = pytest.mark.asyncio(loop_scope="module")

EVERYTHING = Window(ALL.start_unix_nano, Cursor(NOW))


async def test_start_is_included_and_end_is_not_down_to_the_nanosecond(kept: Kept) -> None:
    await kept.put(*(record(10 - n, str(n)) for n in range(5)))
    assert bodies(await search(kept.store, Window(NOW - 9, Cursor(NOW - 6)))) == ["3", "2", "1"]


@pytest.mark.parametrize("is_rare", [False, True])
async def test_records_come_by_time_spool_and_position_newest_first(kept: Kept, is_rare: bool) -> None:
    for spool in (2, 1):
        ages = [MINUTE, MINUTE, MINUTE - 1, 40 * MINUTE, SECOND, MINUTE]
        await kept.put(*(record(age, f"{spool}/{n}") for n, age in enumerate(ages)), spool=spool)
    found = await search(kept.store, EVERYTHING, is_rare=is_rare)
    assert bodies(found) == [
        "2/4", "1/4", "2/2", "1/2", "2/5", "2/1", "2/0", "1/5", "1/1", "1/0", "2/3", "1/3",
    ]  # fmt: skip
    assert len({one.id for one in found}) == 12


async def test_disjoint_windows_have_each_record_once_wherever_they_are_cut(kept: Kept) -> None:
    draw = random.Random(7)
    # Many of one time: a cut may be amid them.
    records = [record(draw.choice([3, 4, SECOND, MINUTE, draw.randrange(10 * MINUTE)]), f"{n}") for n in range(200)]
    await kept.put(*records)
    everything = await search(kept.store, EVERYTHING)
    assert len(everything) == 200
    found, cursor = list[str](), EVERYTHING.before
    while cursor.unix_nano > ALL.start_unix_nano:
        lower = max(ALL.start_unix_nano, cursor.unix_nano - draw.choice([1, SECOND, MINUTE, 30 * MINUTE]))
        most = draw.choice([3, 50, 1_000])
        part = await search(kept.store, Window(lower, cursor), most=most)
        found += [one.id for one in part]
        cursor = place_of(part[-1]) if len(part) == most else Cursor(lower)
    assert found == [one.id for one in everything]


@pytest.mark.parametrize(
    "text",
    [
        'service = "cart" AND severity >= WARNING',
        '"TIMED out" AND attributes.user > 3',
        "NOT attributes.user:* OR body =~ 'line \\\\d$'",
        'body = "nowhere"',
    ],
)
@pytest.mark.parametrize("is_rare", [False, True])
async def test_a_filter_is_answered_as_the_predicate_does(kept: Kept, text: str, is_rare: bool) -> None:
    records = [
        record(
            n * SECOND, f"line {n}" if n % 3 else f"timed OUT {n}", service=["cart", "checkout"][n % 2], severity=n % 24
        )
        if n % 5
        else record(n * SECOND, f"line {n}", attributes={"user": n // 5})
        for n in range(1, 60)
    ]
    await kept.put(*records)
    found = await search(kept.store, EVERYTHING, text, is_rare=is_rare)
    assert bodies(found) == bodies(matching(text, records))


async def test_what_is_rare_is_not_looked_for_in_what_was_passed(kept: Kept) -> None:
    await kept.put(record(30 * MINUTE, "rare"))
    node, reached = parse_filter("rare"), list[Cursor]()
    asked = kept.store.search("default", node, EVERYTHING, 10, seconds=SECONDS, is_rare=True)
    async with aclosing(asked) as parts:
        async for part in parts:
            reached.append(part.reached)
    assert reached == sorted(reached, key=lambda at: (-at.unix_nano, -at.spool))
    assert reached[-1].unix_nano == NOW - 30 * MINUTE


async def test_records_are_made_in_any_thread(kept: Kept) -> None:
    await kept.put(*(record(n, f"{n}" * 1_000) for n in range(1, 300)))
    made = list[str]()
    asked = kept.store.search("default", parse_filter(""), EVERYTHING, 1_000, seconds=SECONDS)
    async with aclosing(asked) as parts:
        async for part in parts:
            made += bodies(await asyncio.to_thread(list, part.records()))
    assert made == [f"{n}" * 1_000 for n in range(1, 300)]


async def test_a_search_that_is_left_leaves_the_store_free(kept: Kept) -> None:
    await kept.put(*(record(n, str(n)) for n in range(1, 500)))
    for _ in range(20):  # more than there are connections, or workers
        asked = kept.store.search("default", parse_filter(""), EVERYTHING, 1_000, seconds=SECONDS)
        async with aclosing(asked) as parts:
            async for part in parts:
                assert len(part)
                break
    assert len(await search(kept.store, EVERYTHING)) == 499
