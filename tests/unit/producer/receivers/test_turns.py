"""A slow turn makes way for whoever waits, and for nobody else."""

import asyncio
from typing import Never

import pytest

from logmesh.producer.receivers.received import Overloaded
from logmesh.producer.receivers.turns import Turns

NEVER = 1_000.0
AT_ONCE = 0.0


async def slow(turns: Turns) -> Never:
    """Keep a turn for as long as it may be."""
    async with turns.turn():
        await asyncio.Event().wait()
    raise AssertionError


async def brief(turns: Turns) -> None:
    """Have a turn, and be done with it."""
    async with asyncio.timeout(30), turns.turn():
        pass


async def begun(*tasks: "asyncio.Task[Never]") -> None:
    """Once these have begun, and what ends at once has ended."""
    for _ in range(10):
        await asyncio.sleep(0)
    assert not any(task.done() for task in tasks)


async def test_a_turn_that_is_long_ends_once_another_waits() -> None:
    turns = Turns(2, least_seconds=AT_ONCE, most_seconds=NEVER, wait_seconds=NEVER)
    first, second = (asyncio.create_task(slow(turns)) for _ in range(2))
    await begun(first, second)
    await brief(turns)
    assert isinstance(first.exception(), TimeoutError)
    await begun(second)  # one waited, and one made way
    second.cancel()


async def test_each_of_those_that_wait_has_another_turn_make_way() -> None:
    turns = Turns(2, least_seconds=AT_ONCE, most_seconds=NEVER, wait_seconds=NEVER)
    long = [asyncio.create_task(slow(turns)) for _ in range(2)]
    await begun(*long)
    await asyncio.gather(brief(turns), brief(turns))
    assert all(isinstance(task.exception(), TimeoutError) for task in long)


async def test_a_turn_keeps_its_least_time_while_another_waits() -> None:
    turns = Turns(1, least_seconds=NEVER, most_seconds=2 * NEVER, wait_seconds=AT_ONCE)
    first = asyncio.create_task(slow(turns))
    await begun(first)
    with pytest.raises(Overloaded):
        await slow(turns)
    await begun(first)
    first.cancel()


async def test_turns_that_begin_while_others_wait_are_short() -> None:
    turns = Turns(1, least_seconds=AT_ONCE, most_seconds=NEVER, wait_seconds=NEVER)
    waiting = [asyncio.create_task(slow(turns)) for _ in range(4)]
    await asyncio.sleep(0)
    await brief(turns)
    assert all(isinstance(task.exception(), TimeoutError) for task in waiting)


async def test_a_turn_is_over_after_the_longest_time_of_all() -> None:
    turns = Turns(1, least_seconds=AT_ONCE, most_seconds=AT_ONCE, wait_seconds=NEVER)
    with pytest.raises(TimeoutError):
        await slow(turns)
    await brief(turns)


async def test_who_gets_no_turn_in_time_is_told_to_come_again() -> None:
    turns = Turns(1, least_seconds=NEVER, most_seconds=NEVER, wait_seconds=AT_ONCE)
    async with turns.turn():
        with pytest.raises(Overloaded):
            await slow(turns)
    await brief(turns)
