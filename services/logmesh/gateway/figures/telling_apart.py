"""Which values of a field are the most frequent over many windows, each of which names its own most frequent ones alone. Pure."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final, NamedTuple

from logmesh.store.counts import ValueCount

NAMED_A_WINDOW: Final = 500
"""Values that a window names. All others of it are one sum."""


class Apart(NamedTuple):
    """Counts by bucket: of the values told apart, of records without a value, and of all others.

    `exact` is whether no other value is more frequent, and none of those told apart has records among the others.
    """

    values: list[tuple[str, list[int]]]
    none: list[int]
    rest: list[int]
    exact: bool


class Values:
    """Adds windows up, in `buckets` buckets."""

    def __init__(self, buckets: int) -> None:
        self._buckets = buckets
        self._counts: defaultdict[str, defaultdict[int, int]] = defaultdict(lambda: defaultdict(int))
        self._none, self._rest = [0] * buckets, [0] * buckets
        # Of windows that name some values alone, one that is not named has in each as many records as the least named, or fewer.
        self._unseen = 0
        """So many at most has a value that none of these windows names."""
        self._bounds_where_named: defaultdict[str, int] = defaultdict(int)

    def add(self, rows: Iterable[ValueCount]) -> None:
        """Add a window."""
        named: defaultdict[str, int] = defaultdict(int)
        is_cut = False
        for bucket, value, is_rest, records in rows:
            if value is not None:
                self._counts[value][bucket] += records
                named[value] += records
            elif is_rest:
                self._rest[bucket] += records
                is_cut = True
            else:
                self._none[bucket] += records
        if is_cut:
            bound = min(named.values(), default=0)
            self._unseen += bound
            for value in named:
                self._bounds_where_named[value] += bound

    def apart(self, most: int) -> Apart:
        """The `most` most frequent values by frequency, and everything else."""
        totals = {value: sum(counts.values()) for value, counts in self._counts.items()}
        ranked = sorted(totals, key=lambda value: (-totals[value], value))
        chosen, others = ranked[:most], ranked[most:]
        rest = list(self._rest)
        for value in others:
            for bucket, records in self._counts[value].items():
                rest[bucket] += records
        least = totals[chosen[-1]] if chosen else 0
        exact = self._unseen <= least and all(self._unseen_of(value) == 0 for value in chosen)
        exact = exact and all(totals[value] + self._unseen_of(value) <= least for value in others)
        found = [(value, self._by_bucket(self._counts[value])) for value in chosen]
        return Apart(found, list(self._none), rest, exact)

    def _unseen_of(self, value: str) -> int:
        """How many more records a value may have, in windows that don't name it."""
        return self._unseen - self._bounds_where_named[value]

    def _by_bucket(self, counts: dict[int, int]) -> list[int]:
        return [counts.get(bucket, 0) for bucket in range(self._buckets)]
