"""Looks at a range newest window first, for as long as time allows."""

import time
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from logmesh.gateway.walking.windows import FIRST_NANO, Windows
from logmesh.store.errors import TooSlow
from logmesh.store.time_range import TimeRange

Look: TypeAlias = Callable[[TimeRange, float], Awaitable[bool]]
"""Looks at one window within so many seconds and tells whether that is enough. When it raises TooSlow, it has kept nothing."""


async def walk(span: TimeRange, deadline: float, look: Look, *, first_nano: int = FIRST_NANO) -> int:
    """Have `look` look at window after window, the first one `first_nano` wide, until `deadline` of the monotonic clock.

    Return the time from which on everything was looked at; the start of the range at the end. Raises what `look` raises, but for
    TooSlow.
    """
    windows, upper = Windows(min(first_nano, span.length_nano)), span.end_unix_nano
    while upper > span.start_unix_nano:
        began = time.monotonic()
        if began >= deadline:
            return upper
        lower = windows.lower(upper, span.start_unix_nano)
        try:
            enough = await look(TimeRange(lower, upper), windows.patience(deadline - began))
        except TooSlow:
            if not windows.cancelled():
                return upper
            continue
        windows.finished(time.monotonic() - began)
        upper = lower
        if enough:
            return upper
    return span.start_unix_nano
