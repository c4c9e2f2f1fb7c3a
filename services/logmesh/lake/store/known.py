"""What the catalog knows of matches by itself, and which parts of which files are left to be read. Pure.

A file's counts are by minute. So where a range begins or ends within one, and the file has records there on either side, the part of
the minute that is in the range is read.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa

from logmesh.lake.counts import MINUTE_NANO, Counts
from logmesh.lake.store.catalog import KnownFile
from logmesh.lake.store.plan import Plan
from logmesh.lake.store.values import Kind, Value
from logmesh.store.time_range import TimeRange

TYPES: Final[dict[Kind, pa.DataType]] = {"VARCHAR": pa.string(), "BIGINT": pa.int64()}
_MOST_PLACES: Final = 1 << 18
"""Of combinations that are counted in a table; beyond it they are sorted."""


class Known(NamedTuple):
    """Groups of matches as the catalog knows them, and files by the range in which they must be read."""

    groups: list[pa.Table]
    unread: dict[TimeRange, list[KnownFile]]


def known(plan: Plan, files: Sequence[KnownFile], span: TimeRange, values: Sequence[Value]) -> Known:
    """All matches of a range, each once."""
    unread: defaultdict[TimeRange, list[KnownFile]] = defaultdict(list)
    groups: list[pa.Table] = []
    for file in files:
        matching = None if any(value.in_counts is None for value in values) else plan.certain(file.counts)
        if matching is None:
            unread[span].append(file)
            continue
        counts = file.counts
        inside, parts = _minutes(file, span)
        for part in parts:
            if matching[
                _between(counts, part.start_unix_nano // MINUTE_NANO, -(-part.end_unix_nano // MINUTE_NANO))
            ].any():
                unread[part].append(file)
        whole = _between(counts, inside.start_unix_nano // MINUTE_NANO, inside.end_unix_nano // MINUTE_NANO)
        if (group := _groups(counts, whole, matching[whole], values)) is not None:
            groups.append(group)
    return Known(groups, dict(unread))


def _minutes(file: KnownFile, span: TimeRange) -> tuple[TimeRange, list[TimeRange]]:
    """The minutes of which the range has all of a file's records, and the rest of the range."""
    begins, ends = file.min_time >= span.start_unix_nano, file.max_time < span.end_unix_nano
    first = file.min_time // MINUTE_NANO if begins else -(-span.start_unix_nano // MINUTE_NANO)
    last = file.max_time // MINUTE_NANO + 1 if ends else span.end_unix_nano // MINUTE_NANO
    if first > last:  # within a minute
        return TimeRange(0, 0), [span]
    inside = TimeRange(first * MINUTE_NANO, last * MINUTE_NANO)
    parts = []
    if not begins and span.start_unix_nano < inside.start_unix_nano:
        parts.append(TimeRange(span.start_unix_nano, inside.start_unix_nano))
    if not ends and inside.end_unix_nano < span.end_unix_nano:
        parts.append(TimeRange(inside.end_unix_nano, span.end_unix_nano))
    return inside, parts


def _between(counts: Counts, first: int, end: int) -> slice:
    """The entries of some minutes."""
    low, high = np.searchsorted(counts.minutes, (first, end))
    return slice(int(low), int(high))


def _groups(counts: Counts, part: slice, matching: Any, values: Sequence[Value]) -> pa.Table | None:
    """The matching ones of some entries by their values, as columns `v0`, `v1`, … and `records`; None without any."""
    places = np.flatnonzero(matching)
    if not len(places):
        return None
    columns = (
        column[part][places] for column in (counts.minutes, counts.of_service, counts.severities, counts.records)
    )
    counts = Counts(counts.services, *columns)
    by_value = [value.in_counts(counts) for value in values if value.in_counts]
    sizes = [len(one.values) for one in by_value]
    keys = np.zeros(len(places), np.int64)
    for one, size in zip(by_value, sizes, strict=True):
        keys = keys * size + one.places
    if np.prod(sizes, dtype=float) > _MOST_PLACES:
        found, keys = np.unique(keys, return_inverse=True)
    else:
        found = np.arange(int(np.prod(sizes, dtype=np.int64)))
    records = np.bincount(keys, counts.records, len(found)).astype(np.int64)
    there = np.flatnonzero(records)
    arrays = []
    left = found[there]
    for value, one, size in reversed(list(zip(values, by_value, sizes, strict=True))):
        left, at = np.divmod(left, size)
        arrays.append(pa.array(one.values, TYPES[value.kind]).take(pa.array(at)))
    return pa.table(
        [*reversed(arrays), records[there]], names=[*(f"v{place}" for place in range(len(values))), "records"]
    )
