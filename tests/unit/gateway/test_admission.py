"""Room for so many calls, and a line of bounded length before it."""

import asyncio

import pytest

from logmesh.gateway.callers.admission import Room
from logmesh.store.errors import Busy


async def test_calls_beyond_the_room_wait_in_a_line_and_beyond_the_line_are_turned_away() -> None:
    room, running, most = Room("queries", running=2, waiting=3, wait_seconds=20), 0, 0
    go_on = asyncio.Event()

    async def call() -> None:
        nonlocal running, most
        async with room.one():
            running += 1
            most = max(most, running)
            await go_on.wait()
            running -= 1

    calls = [asyncio.create_task(call()) for _ in range(7)]
    await asyncio.sleep(0)
    turned_away, _ = await asyncio.wait(calls, return_when=asyncio.FIRST_EXCEPTION)
    await asyncio.sleep(0)
    go_on.set()
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert turned_away
    assert [type(result) for result in results] == [type(None)] * 5 + [Busy] * 2
    assert most == 2


async def test_whoever_waits_too_long_is_turned_away_and_leaves_the_line() -> None:
    room = Room("traces", running=1, waiting=1, wait_seconds=0.01)
    async with room.one():
        for _ in range(2):
            with pytest.raises(Busy, match="too many traces"):
                async with room.one():
                    pass
    async with room.one():
        pass
