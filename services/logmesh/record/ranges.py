"""A set of sequence numbers kept as ranges: what the ledger holds, and what a spool still has to send."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from typing import Self


class RangeSet:
    """Positive integers as sorted, disjoint, non-adjacent closed ranges. Adding is O(log n) where numbers come in order."""

    __slots__ = ("_firsts", "_lasts")
    __hash__ = None  # type: ignore[assignment]  # mutable

    def __init__(self, ranges: Iterable[tuple[int, int]] = ()) -> None:
        self._firsts: list[int] = []
        self._lasts: list[int] = []
        for first, last in ranges:
            self.add(first, last)

    @classmethod
    def of_sorted(cls, firsts: list[int], lasts: list[int]) -> Self:
        """From ranges that are sorted, disjoint and not adjacent already. The lists are the set's from now on."""
        made = cls.__new__(cls)
        made._firsts, made._lasts = firsts, lasts
        return made

    def add(self, first: int, last: int | None = None) -> None:
        """Add `first` to `last`, both included; `last` defaults to `first`."""
        last = first if last is None else last
        if self._lasts and self._lasts[-1] == first - 1:
            self._lasts[-1] = last
            return
        low = bisect_left(self._lasts, first - 1)
        high = bisect_right(self._firsts, last + 1)
        if low < high:
            first = min(first, self._firsts[low])
            last = max(last, self._lasts[high - 1])
        self._firsts[low:high] = [first]
        self._lasts[low:high] = [last]

    def discard(self, first: int, last: int) -> None:
        """Take out `first` to `last`, both included, as far as they are in the set."""
        low, high = bisect_left(self._lasts, first), bisect_right(self._firsts, last)
        if low >= high:
            return
        left = [(self._firsts[low], first - 1), (last + 1, self._lasts[high - 1])]
        self._firsts[low:high] = [begin for begin, end in left if begin <= end]
        self._lasts[low:high] = [end for begin, end in left if begin <= end]

    def overlaps(self, first: int, last: int) -> bool:
        """Whether any number of `first` to `last`, both included, is in the set."""
        at = bisect_left(self._lasts, first)
        return at < len(self._lasts) and self._firsts[at] <= last

    def absent(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        """Yield the ranges of `first` to `last`, both included, that are not in the set."""
        at = bisect_left(self._lasts, first)
        while at < len(self._firsts) and self._firsts[at] <= last:
            if self._firsts[at] > first:
                yield first, self._firsts[at] - 1
            first = self._lasts[at] + 1
            at += 1
        if first <= last:
            yield first, last

    def __contains__(self, number: int) -> bool:
        at = bisect_left(self._lasts, number)
        return at < len(self._lasts) and self._firsts[at] <= number

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """Yield (first, last), lowest first."""
        return zip(self._firsts, self._lasts, strict=True)

    def __len__(self) -> int:
        """How many ranges, not how many numbers."""
        return len(self._firsts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RangeSet) and list(self) == list(other)

    def __repr__(self) -> str:
        return f"RangeSet({list(self)})"

    def lowest_missing(self, floor: int = 1) -> int:
        """The least number from `floor` that is not in the set."""
        at = bisect_left(self._lasts, floor)
        return self._lasts[at] + 1 if at < len(self._lasts) and self._firsts[at] <= floor else floor

    def highest(self) -> int:
        """The greatest number, 0 for the empty set."""
        return self._lasts[-1] if self._lasts else 0

    def missing(self) -> list[tuple[int, int]]:
        """The ranges between 1 and `highest` that are not in the set."""
        gaps, after = [], 1
        for first, last in self:
            if first > after:
                gaps.append((after, first - 1))
            after = last + 1
        return gaps

    def without(self, other: "RangeSet") -> "RangeSet":
        """The numbers that are in this set and not in `other`."""
        left = RangeSet()
        for first, last in self:
            for begin, end in other.absent(first, last):
                left.add(begin, end)
        return left

    def take(self) -> list[tuple[int, int]]:
        """Return the ranges and empty the set."""
        ranges = list(self)
        self._firsts, self._lasts = [], []
        return ranges
