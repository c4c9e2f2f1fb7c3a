"""Counts records by minute, origin and severity, whole columns at a time.

What a flush counts by is one number a record: it has room for every minute that a time in nanoseconds can have, and for 2^30
origins. Numbers of origins beyond that are replaced by their places among the flush's own.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

_MINUTE_NANO = 60 * 10**9
_SEVERITY_BITS = 5
_ORIGIN_BITS = 30

Column: TypeAlias = "np.ndarray[tuple[int], np.dtype[np.int64]]"

KEY_BYTES = 16
"""Of a record: its minute with its severity, and its origin. Keys are bytes, and not arrays: of small batches there are thousands."""


def count_keys(times: Column, origins: Any, severities: "np.ndarray[tuple[int], np.dtype[np.uint8]]") -> bytes:
    """The keys of n records: `times` in nanoseconds since 1970, numbers of `origins`, `severities` 0 to 24."""
    keys = np.empty((len(times), 2), np.int64)
    keys[:, 0] = (times // _MINUTE_NANO) << _SEVERITY_BITS | severities
    keys[:, 1] = origins
    return keys.tobytes()


def count(keys: Sequence[bytes]) -> tuple[list[int], list[int], list[int], list[int]]:
    """The parameters of add_counts.sql: minutes since 1970, origins, severities, records; in order, each key once."""
    moments, origins = np.frombuffer(b"".join(keys), np.int64).reshape(-1, 2).T
    known = np.unique(origins) if origins.max(initial=0) >> _ORIGIN_BITS else None
    places = origins if known is None else np.searchsorted(known, origins)
    minutes, severities = _split(moments, _SEVERITY_BITS)
    packed, records = np.unique((minutes << _ORIGIN_BITS | places) << _SEVERITY_BITS | severities, return_counts=True)
    rest, severities = _split(packed, _SEVERITY_BITS)
    minutes, places = _split(rest, _ORIGIN_BITS)
    origins = places if known is None else known[places]
    return minutes.tolist(), origins.tolist(), severities.tolist(), records.tolist()


def minutes(keys: Sequence[bytes]) -> tuple[int, int]:
    """The first and the last minute since 1970 of one record or more."""
    moments = np.frombuffer(b"".join(keys), np.int64)[::2] >> _SEVERITY_BITS
    return int(moments.min()), int(moments.max())


def _split(numbers: Column, bits: int) -> tuple[Column, Column]:
    """What is above the last `bits`, and these."""
    return numbers >> bits, numbers & ((1 << bits) - 1)
