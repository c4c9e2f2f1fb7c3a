"""Days of three numbers, whose order has to be found out: `01/02/2025` is in January for some, and in February for others."""

from collections.abc import Iterator
from typing import Final

from logmesh.producer.timestamps.calendar import DAY, day_number
from logmesh.producer.timestamps.clock import Clock

Day = tuple[int, int, int]
"""Year, month, day."""

_RECENT_DAYS: Final = 2

# What is most common goes first. A slash is mostly American, unless the year goes first.
_ORDERS: Final = {b"/": ("mdy", "dmy", "ymd"), b".": ("dmy", "mdy", "ymd"), b"-": ("dmy", "mdy", "ymd")}
_SHORT_ORDERS: Final = {b"/": ("ymd", "mdy", "dmy"), b".": ("dmy", "ymd", "mdy"), b"-": ("ymd", "dmy", "mdy")}


def find_day(first: bytes, second: bytes, third: bytes, separator: bytes, clock: Clock) -> Day | None:
    """The day, in the order that the stream's lines have shown: one that is the only possible, or that makes it a day just past.
    Else the most common. None where no order makes it a day."""
    orders = (_ORDERS if len(third) == 4 else _SHORT_ORDERS).get(separator, ("dmy", "mdy", "ymd"))
    latest = (clock.reference + DAY) // DAY
    possible = dict(_days(orders, (first, second, third), latest))
    if not possible:
        return None
    if clock.order in possible:
        return possible[clock.order]
    recent = [order for order, day in possible.items() if day_number(*day) >= latest - _RECENT_DAYS]
    order = (recent or list(possible))[0]
    if len(possible) == 1 or len(recent) == 1:
        clock.learn_order(order)
    return possible[order]


def _days(orders: tuple[str, ...], parts: tuple[bytes, bytes, bytes], latest: int) -> Iterator[tuple[str, Day]]:
    for order in orders:
        named = dict(zip(order, parts, strict=True))
        year = int(named["y"])
        if len(named["y"]) == 2:
            year += 2000 if year < 70 else 1900
        day = (year, int(named["m"]), int(named["d"]))
        if 0 < day_number(*day) <= latest:
            yield order, day
