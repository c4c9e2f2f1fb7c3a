"""A slow turn makes way for whoever waits, and for nobody else."""

import asyncio
from typing import Never

import pytest

from logmesh.producer.receivers.received import Overloaded
from logmesh.producer.receivers.turns import Turns

NEVER = 1_000.0


async def slow(turns: Turns) -> Never:
    """Keep a turn for as long as it may be."""
    async with turns.turn():
        await asyncio.Event().wait()
    raise AssertionError


async def test_a_turn_that_is_long_ends_once_another_waits() -> None:
    turns = Turns(2, least_seconds=0.05, most_seconds=NEVER, wait_seconds=NEVER)
    first = asyncio.create_task(slow(turns))
    await asyncio.sleep(0.1)
    second = asyncio.create_task(slow(turns))
    await asyncio.sleep(0.1)
    assert not first.done() and not second.done()
    async with turns.turn():
        pass
    assert isinstance(first.exception(), TimeoutError)
    assert not second.done(), "one waited, and one made way"
    second.cancel()


async def test_turns_that_begin_while_others_wait_are_short() -> None:
    turns = Turns(1, least_seconds=0.05, most_seconds=NEVER, wait_seconds=NEVER)
    waiting = [asyncio.create_task(slow(turns)) for _ in range(4)]
    await asyncio.wait(waiting, timeout=30, return_when=asyncio.FIRST_COMPLETED)
    async with turns.turn():
        pass
    assert all(task.done() for task in waiting)


async def test_a_turn_is_over_after_the_longest_time_of_all() -> None:
    turns = Turns(1, least_seconds=0.01, most_seconds=0.05, wait_seconds=NEVER)
    with pytest.raises(TimeoutError):
        await slow(turns)
    async with turns.turn():
        pass


async def test_who_gets_no_turn_in_time_is_told_to_come_again() -> None:
    turns = Turns(1, least_seconds=NEVER, most_seconds=NEVER, wait_seconds=0.05)
    async with turns.turn():
        with pytest.raises(Overloaded):
            await slow(turns)
    async with turns.turn():
        pass
