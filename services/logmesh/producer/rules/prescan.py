"""Finds the few texts of many that may have a secret, at a cost that batches without one hardly feel.

The texts are joined, and each probe is looked for once in all of them. RE2 leaps to the next place of a probe's first character,
so probes begin with rare ones. Cards begin with no such character: for them, `long_numbers` looks.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import accumulate
from typing import Any, Final

from logmesh.producer.rules.long_numbers import AFTER, BEFORE, LongNumbers
from logmesh.producer.rules.patterns import Pattern, compiled

JSON_BEGINS: Final = (b"{", b"[", b'"')
"""What texts begin with that may be JSON, and have a character written otherwise than it is."""

_SEPARATOR: Final = b"\0"


class Texts:
    """Texts that are searched together."""

    def __init__(self, texts: Sequence[bytes]) -> None:
        self._texts = texts
        self.joined = _SEPARATOR.join((BEFORE, *texts, AFTER))

    def __len__(self) -> int:
        return len(self._texts)

    def found(self, probe: Any) -> Iterable[int]:
        """The texts that a match of the probe, a compiled pattern, is in or reaches into."""
        at = 0
        while (match := probe.search(self.joined, at)) is not None:
            begin, end = match.span()
            first = self.at(begin)
            last = max(first, self.at(end - 1))
            yield from range(first, last + 1)
            if last + 1 == len(self._texts):
                return
            at = self._begins[last + 1] - 1

    def at(self, offset: int) -> int:
        """The text that has this byte of all."""
        return max(0, bisect_right(self._begins, offset) - 1)

    @cached_property
    def _begins(self) -> list[int]:
        lengths = (len(text) + 1 for text in self._texts[:-1])
        return list(accumulate(lengths, initial=len(BEFORE) + 1))


class Prescan:
    """Which patterns are to be looked for in which texts; in all others none of them matches."""

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        own = [pattern for pattern in patterns if pattern.is_own]
        self._all = list(range(len(patterns)))
        self._probes = [
            (compiled(probe), at)
            for at, pattern in enumerate(patterns)
            for probe in ((pattern.source,) if pattern.is_own else pattern.probes)
            if not pattern.is_anchored
        ]
        self._everywhere = [at for at, pattern in enumerate(patterns) if pattern.is_anchored]
        self._of_digits = [at for at, pattern in enumerate(patterns) if pattern.is_digits]
        self._long_numbers = LongNumbers()
        # JSON may write any character otherwise than it is, but these alone where the patterns are known.
        self._escapes = compiled(r"\\" if own else r"\\(?:u00|/)")

    def candidates(self, texts: Sequence[bytes]) -> dict[int, list[int]]:
        """By place of a text, the places of the patterns, in order."""
        if not texts:
            return {}
        joined = Texts(texts)
        found: defaultdict[int, set[int]] = defaultdict(set)
        for probe, pattern in self._probes:
            for place in joined.found(probe):
                found[place].add(pattern)
        if self._of_digits:
            for place in {joined.at(offset) for offset in self._long_numbers.offsets(joined.joined)}:
                found[place].update(self._of_digits)
        for place in joined.found(self._escapes):
            if texts[place].startswith(JSON_BEGINS):
                found[place].update(self._all)
        if self._everywhere:
            for place in range(len(texts)):
                found[place].update(self._everywhere)
        return {place: sorted(patterns) for place, patterns in sorted(found.items())}
