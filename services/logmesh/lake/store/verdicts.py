"""What service and severity alone say of whether a record matches a filter. Pure."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from logmesh.filters.ast import (
    And,
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
from logmesh.lake.counts import Counts
from logmesh.v1.record_pb2 import LogRecord

NEVER: Final = 0
PERHAPS: Final = 1
ALWAYS: Final = 2

Verdict = Callable[[LogRecord], bool | None]
"""Whether a record matches of which only service and severity are known; None: that depends on the rest."""


class Verdicts:
    """NEVER, PERHAPS or ALWAYS. Each pair of a service and a severity is judged once, for many files have the same."""

    def __init__(self, node: Node) -> None:
        self._verdict = _compile(node)
        self.of_all = None if _asks_for_columns(node) else _number(self._verdict(LogRecord()))
        """The verdict where it is the same whatever service and severity are, else None."""
        self._known: dict[tuple[str, int], int] = {}
        self._record = LogRecord()

    def of_pairs(self, counts: Counts) -> Any:
        """By pair of the counts, as an array."""
        for pair in counts.pairs:
            if pair not in self._known:
                self._known[pair] = self._of(pair)
        return np.fromiter(map(self._known.__getitem__, counts.pairs), np.int8, len(counts.pairs))

    def _of(self, pair: tuple[str, int]) -> int:
        self._record.resource.service_name, self._record.severity_number = pair  # type: ignore[assignment]
        return _number(self._verdict(self._record))


def _number(verdict: bool | None) -> int:
    return PERHAPS if verdict is None else ALWAYS if verdict else NEVER


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
