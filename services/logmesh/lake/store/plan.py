"""Which files a question must open, and in which stretches of time, by what is known of them. Pure."""

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from logmesh.filters.ast import Node
from logmesh.lake.counts import MINUTE_NANO, Counts
from logmesh.lake.reading.statement import StoredFile
from logmesh.lake.store.catalog import Index, KnownFile
from logmesh.lake.store.left import Left, RowRanges
from logmesh.lake.store.verdicts import ALWAYS, NEVER, PERHAPS, Verdicts
from logmesh.store.time_range import TimeRange

FIRST_ROWS: Final = 10_240
"""Records of the first stretch of a search that may have to look at each."""
_GROWTH: Final = 4
_FEW_ROWS: Final = 0.2
"""Of a file's rows, where texts leave few."""


def are_few(rows: RowRanges | None, file: KnownFile) -> bool:
    """Whether texts leave but few rows of a file."""
    return rows is not None and sum(last + 1 - first for first, last in rows) <= _FEW_ROWS * file.rows


class Minutes(NamedTuple):
    """Minutes of which a file has records, in order, how many records of each may match, and whether these do for certain."""

    minutes: Any
    records: Any
    decided: bool


class Plan:
    """What may match `node`. What is found of a file is kept, for a search asks again for each stretch."""

    def __init__(self, node: Node) -> None:
        self.node, self._left = node, Left(node)
        self._verdicts = Verdicts(node)
        self._minutes: dict[StoredFile, Minutes] = {}

    @property
    def is_of_a_trace(self) -> bool:
        """Whether all matches are of one trace, of which a file has few records."""
        return self._left.is_of_a_trace

    @property
    def indexes(self) -> Iterable[Index]:
        """The kinds of indexes that leave fewer files, the one that leaves fewest first."""
        return self._left.indexes

    def unseen(self, kind: Index, files: Iterable[KnownFile]) -> list[KnownFile]:
        """Those that have an index of this kind that was not seen yet."""
        return self._left.unseen(kind, files)

    def see(self, kind: Index, file: KnownFile, index: bytes) -> None:
        """Look at an index of a file. It is not held."""
        self._left.see(kind, file, index)
        self._minutes.pop(file.stored, None)

    def files(self, known: Iterable[KnownFile]) -> list[KnownFile]:
        """Those that may have a match, by their counts and by what was seen of their indexes."""
        return [file for file in known if self.rows(file) != () and bool(self._minutes_of(file).records.any())]

    def rows(self, file: KnownFile) -> RowRanges | None:
        """The rows of a file that may match, by the texts that their bodies have; None where these leave most of them."""
        return self._left.rows(file)

    def certain(self, counts: Counts) -> Any:
        """By entry of the counts whether its records match; None where that depends on more than service and severity."""
        of_all = self._verdicts.of_all
        if of_all is not None:
            return None if of_all == PERHAPS else np.full(len(counts.records), of_all == ALWAYS)
        verdicts = self._verdicts.of_pairs(counts)
        return None if (verdicts == PERHAPS).any() else (verdicts == ALWAYS)[counts.of_pair]

    def at_most(self, files: Iterable[KnownFile], span: TimeRange) -> int | None:
        """How many matches files have in a range, or some more: whole minutes are counted. None where that depends on more than service
        and severity."""
        found = list(files)
        return self.possible(found, span) if all(self._minutes_of(file).decided for file in found) else None

    def possible(self, files: Iterable[KnownFile], span: TimeRange) -> int:
        """How many records of files may match in a range, or some more: whole minutes are counted."""
        first, end = span.start_unix_nano // MINUTE_NANO, -(-span.end_unix_nano // MINUTE_NANO)
        records = 0
        for file in files:
            found = self._minutes_of(file)
            low, high = np.searchsorted(found.minutes, (first, end))
            records += int(found.records[low:high].sum())
        return records

    def stretches(self, files: Sequence[KnownFile], start: int, end: int, most: int) -> list[int]:
        """Where a search for `most` matches from `end` down to `start` stops to see whether it has them: times, newest first, the last
        one the start.

        Where service and severity decide, the first stretch has enough; else it has few records that may match, and each next one four
        times as many. The last one has what is left, where that is less than had come before: little is not read by itself.
        """
        possible = [self._minutes_of(file) for file in files]
        if not possible:
            return [start]
        decided = all(of_file.decided for of_file in possible)
        minutes = np.concatenate([of_file.minutes for of_file in possible])
        order = np.argsort(-minutes, kind="stable")
        minutes, reached = minutes[order], np.cumsum(np.concatenate([of_file.records for of_file in possible])[order])
        # The minute that the end cuts is looked at, and counts for nothing.
        cut = int(np.searchsorted(-minutes, -(end // MINUTE_NANO), side="right"))
        reached = reached - (reached[cut - 1] if cut else 0)
        # What texts leave is seldom more than some row groups, and each statement takes as long as one of these. Of files that were not
        # merged yet, nobody knows texts.
        few = any(are_few(self.rows(file), file) for file in files)
        wanted = most if decided else FIRST_ROWS * _GROWTH**2 if few else FIRST_ROWS
        stops: list[int] = []
        while reached[-1] >= 2 * wanted:
            at = int(np.searchsorted(reached, wanted))
            stop = int(minutes[at]) * MINUTE_NANO
            if start < stop < (stops[-1] if stops else end):
                stops.append(stop)
            wanted *= _GROWTH
        return [*stops, start]

    def _minutes_of(self, file: KnownFile) -> Minutes:
        if (known := self._minutes.get(file.stored)) is None:
            known = self._minutes[file.stored] = self._count(file)
        return known

    def _count(self, file: KnownFile) -> Minutes:
        counts, of_all, rows = file.counts, self._verdicts.of_all, self.rows(file)
        minutes, records = counts.by_minute
        if rows is not None:
            return Minutes(minutes, _within(records, rows), False)
        if of_all is not None:
            return Minutes(minutes, records, of_all == ALWAYS)
        verdicts = self._verdicts.of_pairs(counts)
        records = np.where((verdicts != NEVER)[counts.of_pair], counts.records, 0)
        return Minutes(
            minutes, np.add.reduceat(records, counts.begins, dtype=np.int64), not (verdicts == PERHAPS).any()
        )


def _within(records: Any, rows: RowRanges) -> Any:
    """How many of each minute's records are among some rows of a file, which are in the order of minutes."""
    ends = np.cumsum(records)
    within = np.zeros(len(records), np.int64)
    for first, last in rows:
        within += np.clip(np.minimum(ends, last + 1) - np.maximum(ends - records, first), 0, None)
    return within
