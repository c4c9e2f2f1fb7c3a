"""Counts records by minute, origin and severity, whole columns at a time.

One number holds the three, in that order; it has room for minutes up to the year 2225.
"""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

_MINUTE_NANO = 60 * 10**9
_SEVERITY_BITS = 5
_ORIGIN_BITS = 31

Keys: TypeAlias = "np.ndarray[tuple[int], np.dtype[np.int64]]"
"""One for each record."""

Counts: TypeAlias = "tuple[Keys, np.ndarray[tuple[int], np.dtype[np.int64]]]"
"""Keys, sorted and each once, and how many records have each."""


def no_keys() -> Keys:
    """No records."""
    return np.empty(0, np.int64)


def count_keys(
    times: "np.ndarray[tuple[int], np.dtype[np.int64]]",
    origins: "np.ndarray[tuple[int], np.dtype[np.int64]]",
    severities: "np.ndarray[tuple[int], np.dtype[np.uint8]]",
) -> Keys:
    """The keys of n records: `times` in nanoseconds since 1970, numbers of `origins`, `severities` 0 to 24."""
    minutes = times // _MINUTE_NANO
    return (((minutes << _ORIGIN_BITS) | origins) << _SEVERITY_BITS) | severities


def count(keys: Sequence[Keys]) -> Counts:
    """How many records have each key."""
    if not keys:
        return no_keys(), no_keys()
    return np.unique(np.concatenate(keys), return_counts=True)


def columns(counts: Counts) -> tuple[list[int], list[int], list[int], list[int]]:
    """The parameters of add_counts.sql: minutes since 1970, origins, severities, records."""
    keys, totals = counts
    origins = (keys >> _SEVERITY_BITS) & ((1 << _ORIGIN_BITS) - 1)
    minutes, severities = keys >> (_ORIGIN_BITS + _SEVERITY_BITS), keys & ((1 << _SEVERITY_BITS) - 1)
    return minutes.tolist(), origins.tolist(), severities.tolist(), totals.tolist()
