"""What the indexes of files leave for a question: those with its traces, and the rows that may have its texts. Pure."""

from collections.abc import Iterable
from typing import Any, Final

import numpy as np

from logmesh.filters.ast import And, IdEquals, Node
from logmesh.lake.bloom import may_hold
from logmesh.lake.reading.statement import StoredFile
from logmesh.lake.store.catalog import Index, KnownFile
from logmesh.lake.store.needles import has_needles, possible_groups
from logmesh.lake.trigrams import group_rows

_MOST_GROUPS: Final = 0.75
"""Of a file's row groups: to look for more by their rows costs about what it takes to look at all."""

RowRanges = tuple[tuple[int, int], ...]
"""First and last rows of parts of a file, in order."""


class Left:
    """What may match `node`. An index is seen once; what it says is kept, for it is small."""

    def __init__(self, node: Node) -> None:
        self._node, self._traces = node, list(_traces(node))
        self._rows: dict[StoredFile, RowRanges | None] = {}
        self._seen: dict[Index, set[StoredFile]] = {}
        if self._traces:
            self._seen["traces"] = set()
        if has_needles(node):
            self._seen["trigrams"] = set()

    @property
    def is_of_a_trace(self) -> bool:
        """Whether all matches are of one trace, of which a file has few records."""
        return bool(self._traces)

    @property
    def indexes(self) -> Iterable[Index]:
        """The kinds that say anything, the one that leaves fewer files first."""
        return self._seen

    def unseen(self, kind: Index, files: Iterable[KnownFile]) -> list[KnownFile]:
        """Those that have an index of this kind that was not seen yet."""
        return [file for file in files if kind in file.indexes and file.stored not in self._seen[kind]]

    def see(self, kind: Index, file: KnownFile, index: bytes) -> None:
        """Look at an index of a file."""
        rows = self._of_texts(index) if kind == "trigrams" else self._of_traces(index)
        self._seen[kind].add(file.stored)
        if rows is not None:
            self._rows[file.stored] = rows

    def rows(self, file: KnownFile) -> RowRanges | None:
        """The rows of a file that may match; None where most of them may, or nobody knows."""
        return self._rows.get(file.stored)

    def _of_traces(self, index: bytes) -> RowRanges | None:
        return None if all(may_hold(index, trace) for trace in self._traces) else ()

    def _of_texts(self, index: bytes) -> RowRanges | None:
        possible = possible_groups(self._node, index)
        return None if possible is None else _ranges(possible, group_rows(index))


def _ranges(possible: Any, rows: Any) -> RowRanges | None:
    """The rows of row groups, those that follow each other together."""
    if np.count_nonzero(possible) > _MOST_GROUPS * len(possible):
        return None
    ends = np.cumsum(rows, dtype=np.int64)
    edges = np.flatnonzero(np.diff(possible.astype(np.int8), prepend=0, append=0))
    starts = np.append(0, ends)
    return tuple((int(starts[first]), int(starts[behind]) - 1) for first, behind in edges.reshape(-1, 2))


def _traces(node: Node) -> Iterable[bytes]:
    """Trace ids that every match has."""
    match node:
        case And(children):
            for child in children:
                yield from _traces(child)
        case IdEquals("trace_id", value):
            yield value
