"""Buckets of a histogram: a round width near the one asked for, and starts that are whole multiples of it since 1970."""

import math
from typing import Final

from logmesh.store.counts import Buckets
from logmesh.store.time_range import TimeRange

MAX_BUCKETS: Final = 1_000
_SECOND: Final = 10**9
_MINUTE: Final = 60 * _SECOND
_HOUR: Final = 60 * _MINUTE
DAY: Final = 24 * _HOUR
WIDTHS: Final = (
    *(n * _SECOND for n in (1, 2, 5, 10, 15, 30)),
    *(n * _MINUTE for n in (1, 2, 5, 10, 15, 30)),
    *(n * _HOUR for n in (1, 2, 3, 6, 12)),
    DAY,
)


def choose_buckets(span: TimeRange, wanted: int) -> Buckets:
    """About `wanted` buckets of a round width, never more than MAX_BUCKETS and one.

    Widths above a day, which only ranges of years need, are whole days.
    """
    ideal = max(1, span.length_nano / wanted)
    allowed = [width for width in WIDTHS if width * MAX_BUCKETS >= span.length_nano]
    least_days = -(-span.length_nano // (DAY * MAX_BUCKETS)) * DAY
    width = min(allowed, key=lambda width: abs(math.log(width / ideal))) if allowed else least_days
    start = span.start_unix_nano // width * width
    count = -(-(span.end_unix_nano - start) // width)
    return Buckets(start, width, count, span)
