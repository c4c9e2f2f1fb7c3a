"""Finds long numbers in a text by arithmetic on words of four characters: no character is rare enough to leap to."""

from typing import Any, Final

import numpy as np

Bytes = np.ndarray[tuple[int], np.dtype[np.uint8]]
Words = np.ndarray[tuple[int], np.dtype[np.uint32]]
Offsets = np.ndarray[tuple[int], np.dtype[np.intp]]

BEFORE: Final = bytes(8)
"""What a text must begin with: there is something to look at before each number."""
AFTER: Final = bytes(16)
"""What it must end with."""

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
        """Places within all such numbers. The text begins with `BEFORE` and ends with `AFTER`."""
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
