"""Waiting for facts, never for seconds: looked at again and again, until a limit that no busy machine misses."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

Found = TypeVar("Found")


async def until(fact: Callable[[], Awaitable[Found]], seconds: float = 60, every_seconds: float = 0.02) -> Found:
    """What `fact` answers once that is true. Raises TimeoutError with its last answer."""
    ends = time.monotonic() + seconds
    while not (found := await fact()):
        if time.monotonic() > ends:
            raise TimeoutError(f"not within {seconds} s; the last answer was {found!r}")
        await asyncio.sleep(every_seconds)
    return found


async def until_true(condition: Callable[[], object], seconds: float = 60) -> None:
    """As `until`, for what need not be asked for."""

    async def fact() -> object:
        return condition()

    await until(fact, seconds)
