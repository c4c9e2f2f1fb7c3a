"""Which files a question must open, and in which stretches of time, by what is known of them. Pure."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import numpy as np

from logmesh.filters.ast import (
    And,
    IdEquals,
    Node,
    Not,
    Or,
    SeverityCompare,
    TextCompare,
    TextContains,
    TextMatches,
    TextPresent,
)
from logmesh.filters.predicate import compile_predicate
from logmesh.lake.bloom import may_hold
from logmesh.lake.counts import MINUTE_NANO
from logmesh.lake.reading.statement import StoredFile
from logmesh.lake.store.catalog import FileIndex, KnownFile
from logmesh.lake.store.needles import has_needles, possible_groups
from logmesh.lake.trigrams import group_rows
from logmesh.v1.record_pb2 import LogRecord

FIRST_ROWS: Final = 40_960
"""Records of the first stretch of a search that may have to look at each."""
_GROWTH: Final = 4
_SEVERITIES: Final = 32
_MOST_GROUPS: Final = 0.2
"""Of a file's row groups: to look for more by their rows costs more than to look at all."""
_NEVER, _PERHAPS, _ALWAYS = 0, 1, 2

RowRanges = tuple[tuple[int, int], ...]
"""First and last rows of parts of a file, in order."""

Verdict = Callable[[LogRecord], bool | None]
"""Whether a record matches of which only service and severity are known; None: that depends on the rest."""


class Plan:
    """What may match `node`. What is found of a service and a severity is kept, for many files have the same."""

    def __init__(self, node: Node) -> None:
        self._traces = list(_traces(node))
        self._verdict = _compile(node)
        self._of_all = None if _asks_for_columns(node) else _number(self._verdict(LogRecord()))
        self._known: dict[tuple[str, int], int] = {}
        self.node, self._has_needles = node, has_needles(node)
        self._rows: dict[StoredFile, RowRanges | None] = {}

    def files(self, known: Iterable[KnownFile]) -> list[KnownFile]:
        """Those that may have a match."""
        return [file for file in known if self._may_have(file.index) and self.rows(file) != ()]

    def rows(self, file: KnownFile) -> RowRanges | None:
        """The rows of a file that may match, by the texts that their bodies have; None where these leave most of them."""
        if not self._has_needles or file.index.trigrams is None:
            return None
        if file.stored not in self._rows:
            possible = possible_groups(self.node, file.index.trigrams)
            self._rows[file.stored] = None if possible is None else _ranges(possible, group_rows(file.index.trigrams))
        return self._rows[file.stored]

    def certain(self, index: FileIndex) -> Any:
        """By entry of the counts whether its records match; None where that depends on more than service and severity."""
        if self._of_all is not None:
            return None if self._of_all == _PERHAPS else np.full(len(index.counts.records), self._of_all == _ALWAYS)
        verdicts = self._verdicts(index)
        return None if (verdicts == _PERHAPS).any() else verdicts == _ALWAYS

    def stretches(self, files: Sequence[KnownFile], start: int, end: int, most: int) -> list[int]:
        """Where a search for `most` matches from `end` down to `start` stops to see whether it has them: times, newest first, the last
        one the start.

        Where service and severity decide, the first stretch has enough; else it has few records that may match, and each next one four
        times as many.
        """
        possible = [self._possible(file) for file in files]
        if not possible:
            return [start]
        decided = all(of_file[2] for of_file in possible)
        minutes = np.concatenate([of_file[0] for of_file in possible])
        order = np.argsort(-minutes, kind="stable")
        minutes, reached = minutes[order], np.cumsum(np.concatenate([of_file[1] for of_file in possible])[order])
        # The minute that the end cuts is looked at, and counts for nothing.
        cut = int(np.searchsorted(-minutes, -(end // MINUTE_NANO), side="right"))
        reached = reached - (reached[cut - 1] if cut else 0)
        # What texts leave is seldom more than some row groups, and each statement takes as long as one of these.
        few = all(self.rows(file) is not None for file in files)
        wanted = most if decided else FIRST_ROWS * _GROWTH if few else FIRST_ROWS
        stops: list[int] = []
        while (at := int(np.searchsorted(reached, wanted))) < len(reached):
            stop = int(minutes[at]) * MINUTE_NANO
            if start < stop < (stops[-1] if stops else end):
                stops.append(stop)
            wanted *= _GROWTH
        return [*stops, start]

    def _possible(self, file: KnownFile) -> tuple[Any, Any, bool]:
        """Minutes, how many records of each may match, and whether these do for certain."""
        counts = file.index.counts
        begins = np.flatnonzero(np.diff(counts.minutes, prepend=counts.minutes[:1] - 1))
        minutes = counts.minutes[begins].astype(np.int64)
        records = np.add.reduceat(counts.records, begins, dtype=np.int64)
        if (rows := self.rows(file)) is not None:
            return minutes, _within(records, rows), False
        if self._of_all is not None:
            return minutes, records, self._of_all == _ALWAYS
        verdicts = self._verdicts(file.index)
        records = np.where(verdicts != _NEVER, counts.records, 0)
        return minutes, np.add.reduceat(records, begins, dtype=np.int64), not (verdicts == _PERHAPS).any()

    def _may_have(self, index: FileIndex) -> bool:
        if index.traces is not None and not all(may_hold(index.traces, trace) for trace in self._traces):
            return False
        if self._of_all is not None:
            return self._of_all != _NEVER
        return bool((self._verdicts(index) != _NEVER).any())

    def _verdicts(self, index: FileIndex) -> Any:
        """By entry of the counts."""
        counts = index.counts
        pairs = counts.of_service.astype(np.int64) * _SEVERITIES + counts.severities
        table = np.zeros(len(counts.services) * _SEVERITIES, np.int8)
        for pair in np.flatnonzero(np.bincount(pairs)).tolist():
            service, severity = divmod(pair, _SEVERITIES)
            table[pair] = self._of(counts.services[service], severity)
        return table[pairs]

    def _of(self, service: str, severity: int) -> int:
        key = service, severity
        if key not in self._known:
            record = LogRecord(severity_number=severity)  # type: ignore[arg-type]
            record.resource.service_name = service
            self._known[key] = _number(self._verdict(record))
        return self._known[key]


def _ranges(possible: Any, rows: Any) -> RowRanges | None:
    """The rows of row groups, those that follow each other together."""
    if np.count_nonzero(possible) > _MOST_GROUPS * len(possible):
        return None
    ends = np.cumsum(rows, dtype=np.int64)
    edges = np.flatnonzero(np.diff(possible.astype(np.int8), prepend=0, append=0))
    starts = np.append(0, ends)
    return tuple((int(starts[first]), int(starts[behind]) - 1) for first, behind in edges.reshape(-1, 2))


def _within(records: Any, rows: RowRanges) -> Any:
    """How many of each minute's records are among some rows of a file, which are in the order of minutes."""
    ends = np.cumsum(records)
    within = np.zeros(len(records), np.int64)
    for first, last in rows:
        within += np.clip(np.minimum(ends, last + 1) - np.maximum(ends - records, first), 0, None)
    return within


def _number(verdict: bool | None) -> int:
    return _PERHAPS if verdict is None else _ALWAYS if verdict else _NEVER


def _compile(node: Node) -> Verdict:
    match node:
        case And(children):
            all_of = list(map(_compile, children))

            def of_all(record: LogRecord) -> bool | None:
                verdicts = [verdict(record) for verdict in all_of]
                return False if False in verdicts else None if None in verdicts else True

            return of_all
        case Or(children):
            any_of = list(map(_compile, children))

            def of_any(record: LogRecord) -> bool | None:
                verdicts = [verdict(record) for verdict in any_of]
                return True if True in verdicts else None if None in verdicts else False

            return of_any
        case Not(child):
            inner = _compile(child)
            return lambda record: None if (verdict := inner(record)) is None else not verdict
        case _:
            return compile_predicate(node) if _is_counted(node) else lambda _: None


def _asks_for_columns(node: Node) -> bool:
    """Whether service or severity matter."""
    match node:
        case And(children) | Or(children):
            return any(map(_asks_for_columns, children))
        case Not(child):
            return _asks_for_columns(child)
        case _:
            return _is_counted(node)


def _is_counted(node: Node) -> bool:
    match node:
        case TextCompare("service") | TextContains("service") | TextMatches("service") | TextPresent("service"):
            return True
        case _:
            return isinstance(node, SeverityCompare)


def _traces(node: Node) -> Iterable[bytes]:
    """Trace ids that every match has."""
    match node:
        case And(children):
            for child in children:
                yield from _traces(child)
        case IdEquals("trace_id", value):
            yield value
