"""What a client was sent and no reading of the store has confirmed yet. Pure, and bounded."""

from collections.abc import Iterable, Set
from itertools import islice
from typing import Final

from logmesh.gateway.tail.coverage import Positions, add_spans, batches_of, span_of, spans_of
from logmesh.live.offer import Span

_MAX_SPOOLS: Final = 1_024


class Sent:
    """Positions of the last 1,024 spools that records were sent of. What is forgotten may be sent again after a broken
    connection, under the same id."""

    def __init__(self, spans: Iterable[Span] = ()) -> None:
        self._positions: Positions = {}  # the spool that was sent of last is last
        self.add(spans)

    def add(self, spans: Iterable[Span]) -> None:
        """Records at them were sent."""
        for span in spans:
            ranges = self._positions.pop(span.spool, None)
            if ranges is not None:
                self._positions[span.spool] = ranges
            add_spans(self._positions, (span,))
        while len(self._positions) > _MAX_SPOOLS:
            del self._positions[next(iter(self._positions))]

    def confirm(self, batches: Set[int]) -> None:
        """The store has them."""
        for span in self.all():
            for batch in batches_of(span):
                if batch in batches:
                    _, first, last = span_of(batch)
                    self._positions[span.spool].discard(first, last)
        self._positions = {spool: ranges for spool, ranges in self._positions.items() if ranges}

    def clear(self) -> None:
        """Forget all."""
        self._positions.clear()

    def all(self) -> list[Span]:
        """All ranges, by spool."""
        return spans_of(self._positions)

    def newest(self, most: int) -> list[Span]:
        """At most so many ranges: the newest ones of the spools that were sent of last."""
        by_spool = reversed(self._positions.items())
        return list(islice((Span(spool, *one) for spool, ranges in by_spool for one in reversed(list(ranges))), most))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sent) and self._positions == other._positions

    __hash__ = None  # type: ignore[assignment]  # mutable
