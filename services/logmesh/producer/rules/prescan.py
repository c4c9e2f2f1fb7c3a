"""Finds the few texts of many that may have a secret, at a cost that batches without one hardly feel: the texts are joined, and all
patterns are looked for at once."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import accumulate
from typing import Any, Final

from logmesh.producer.rules.patterns import Pattern, compiled

JSON_BEGINS: Final = (b"{", b"[", b'"')
"""What texts begin with that may be JSON, and have a character written otherwise than it is."""

_SEPARATOR: Final = b"\0"


class Texts:
    """Texts that are searched together."""

    def __init__(self, texts: Sequence[bytes]) -> None:
        self._texts = texts
        self._joined = _SEPARATOR.join((b"", *texts, b""))

    def found(self, pattern: Any) -> Iterable[int]:
        """The texts that a match of the pattern, a compiled one, is in or reaches into."""
        at = 0
        while (match := pattern.search(self._joined, at)) is not None:
            begin, end = match.span()
            first = self._at(begin)
            last = max(first, self._at(end - 1))
            yield from range(first, last + 1)
            if last + 1 == len(self._texts):
                return
            # The separator may be what stands before a match. An empty match may be at it, and be found again for ever.
            at = max(self._begins[last + 1] - 1, begin + 1)

    def _at(self, offset: int) -> int:
        """The text that has this byte of all."""
        return max(0, bisect_right(self._begins, offset) - 1)

    @cached_property
    def _begins(self) -> list[int]:
        return list(accumulate((len(text) + 1 for text in self._texts[:-1]), initial=1))


class Prescan:
    """Which patterns are to be looked for in which texts; in all others none of them matches."""

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        self._all = list(range(len(patterns)))
        built_in = [at for at, pattern in enumerate(patterns) if not pattern.is_own]
        own = [at for at, pattern in enumerate(patterns) if pattern.is_own]
        self._any_built_in = compiled("|".join(f"(?:{patterns[at].source})" for at in built_in), captures=False)
        self._built_in = [(at, compiled(patterns[at].source, captures=False)) for at in built_in]
        # Each alone, for what is right by itself need not be so within another pattern.
        self._own = [(at, compiled(patterns[at].source, captures=False)) for at in own if not patterns[at].is_anchored]
        self._everywhere = [at for at in own if patterns[at].is_anchored]
        # JSON may write any character otherwise than it is; of the escapes with one letter the known patterns are aware, but for `\/`.
        # Which character `\u` stands for does not matter: its digits hide that a word begins behind them.
        self._escapes = compiled(r"\\" if own else r"\\[u/]")

    def candidates(self, texts: Sequence[bytes]) -> dict[int, list[int]]:
        """By place of a text, the places of the patterns, in order."""
        if not texts:
            return {}
        joined = Texts(texts)
        found: defaultdict[int, set[int]] = defaultdict(set)
        if self._built_in and (places := list(joined.found(self._any_built_in))):
            few = Texts([texts[place] for place in places])
            for pattern, regex in self._built_in:
                for at in few.found(regex):
                    found[places[at]].add(pattern)
        for pattern, regex in self._own:
            for place in joined.found(regex):
                found[place].add(pattern)
        for place in joined.found(self._escapes):
            if texts[place].startswith(JSON_BEGINS):
                found[place].update(self._all)
        for place in range(len(texts) if self._everywhere else 0):
            found[place].update(self._everywhere)
        return {place: sorted(patterns) for place, patterns in sorted(found.items())}
