"""Finds the few texts of many that may have a secret, at a cost that batches without one hardly feel.

The texts are joined, and each probe is looked for once in all of them. RE2 leaps to the next place of a probe's first character,
so probes begin with rare ones. Cards begin with no such character: for them, words of four digits are found by arithmetic.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import accumulate
from typing import Any, Final

import numpy as np

from logmesh.producer.rules.patterns import Pattern, compiled

Bytes = np.ndarray[tuple[int], np.dtype[np.uint8]]
Words = np.ndarray[tuple[int], np.dtype[np.uint32]]
Offsets = np.ndarray[tuple[int], np.dtype[np.intp]]

JSON_BEGINS: Final = (b"{", b"[", b'"')
"""What texts begin with that may be JSON, and have a character written otherwise than it is."""

_BEFORE: Final = bytes(8)
_AFTER: Final = bytes(16)
_SEPARATOR: Final = b"\0"
_BLOCK_WORDS: Final = 1 << 16
_HIGH: Final = np.uint32(0xF0F0F0F0)
_ZEROS: Final = np.uint32(0x30303030)
_SIXES: Final = np.uint32(0x06060606)
_ZERO, _TWO, _POINT, _SPACE, _DASH = (np.uint8(ord(char)) for char in "02. -")
_FIVE, _TEN = np.uint8(5), np.uint8(10)
_THIRTEEN: Final = np.arange(13)
_BESIDE: Final = (
    (4, np.array([5, 6, 7, 8])),
    (-1, np.array([-2, -3, -4, -5])),
    (-2, np.array([-1, -3, -4, -5, -6])),
)
"""Where a separator may be, and what must be digits then. The last: four of the six digits in the middle of 4-6-5."""


class Texts:
    """Texts that are searched together."""

    def __init__(self, texts: Sequence[bytes]) -> None:
        self._texts = texts
        self.joined = _SEPARATOR.join((_BEFORE, *texts, _AFTER))

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
        return list(accumulate(lengths, initial=len(_BEFORE) + 1))


class LongNumbers:
    """Finds numbers that may be a card's, with or without spaces or dashes, and few others.

    Four digits in a row are looked for at multiples of four, where one word of 32 bits has them. Of 13 digits in a row two such
    words are side by side, and of groups of four and more one stands alone with a space or a dash beside it, and a group beyond.
    """

    def __init__(self) -> None:
        # Kept, for memory that is new costs more than what is done with it.
        self._words = np.empty(_BLOCK_WORDS, np.uint32)
        self._are_fours, self._are_digits = np.empty((2, _BLOCK_WORDS), np.bool_)

    def offsets(self, joined: bytes) -> list[int]:
        """Places within all such numbers. The text begins with 8 bytes that are no digits, and ends with 16."""
        data = np.frombuffer(joined, np.uint8)
        words = data[: len(data) // 4 * 4].view(np.uint32)
        blocks = [
            begin + self._fours(words[begin : begin + _BLOCK_WORDS]) for begin in range(0, len(words), _BLOCK_WORDS)
        ]
        at = np.concatenate(blocks) * 4
        if not len(at):
            return []
        follows = np.zeros(len(at) + 1, np.bool_)
        np.equal(at[1:] - at[:-1], 4, out=follows[1:-1])
        before, behind = follows[:-1], follows[1:]
        return _in_a_row(data, at.compress(behind > before)) + _in_groups(data, at.compress(~(before | behind)))

    def _fours(self, words: Words) -> Offsets:
        """Which words are four digits."""
        count = len(words)
        scratch, fours, digits = self._words[:count], self._are_fours[:count], self._are_digits[:count]
        np.equal(np.bitwise_and(words, _HIGH, out=scratch), _ZEROS, out=fours)
        # What is above 9 has another high half when 6 is added.
        np.bitwise_and(np.add(words, _SIXES, out=scratch), _HIGH, out=scratch)
        np.equal(scratch, _ZEROS, out=digits)
        return np.flatnonzero(np.logical_and(fours, digits, out=fours))


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


def _in_a_row(data: Bytes, at: Offsets) -> list[int]:
    """Of places where a number has its first four digits at a multiple of four, those of long numbers that begin as cards do."""
    # Three digits at most stand before: four would be such a place themselves.
    one = _are_digits(data.take(at - 1))
    two = one & _are_digits(data.take(at - 2))
    three = two & _are_digits(data.take(at - 3))
    at = at - one - two - three
    # Cards begin with 2 to 6, and are no fraction's digits.
    begins = (data.take(at) - _TWO < _FIVE) & ((data.take(at - 1) != _POINT) | ~_are_digits(data.take(at - 2)))
    at = at.compress(begins)
    at = at.compress(_are_digits(data.take(at + 12)))
    found: list[int] = at[_are_digits(data[at[:, None] + _THIRTEEN]).all(axis=1)].tolist()
    return found


def _in_groups(data: Bytes, at: Offsets) -> list[int]:
    """Of places of four digits, those that have a space or a dash, and a group of digits beyond it, on one side."""
    found: list[int] = []
    for separator, group in _BESIDE:
        beside = data.take(at + separator)
        places = at.compress((beside == _SPACE) | (beside == _DASH))
        found += places[_are_digits(data[places[:, None] + group]).all(axis=1)].tolist()
    return found


def _are_digits(characters: Bytes) -> "np.ndarray[Any, np.dtype[np.bool_]]":
    return characters - _ZERO < _TEN
