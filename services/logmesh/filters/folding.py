"""Which characters differ in case alone, as RE2's `(?i)` has it: Unicode's simple case folding.

A pattern is written with all of them spelt out, so that no database's version or collation matters. What RE2 says and
Python doesn't know is listed here.
"""

from functools import cache
from typing import Final

_LAST: Final = 0x1FFFF
"""No script beyond it has case."""
_OTHERS: Final = ((0x390, 0x1FD3), (0x3B0, 0x1FE3), (0xFB05, 0xFB06))
"""Pairs whose full folding is longer than a character, and whose simple one Python doesn't tell."""
_ASCII: Final = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


@cache
def orbits() -> dict[int, tuple[int, ...]]:
    """For each character that has others in another case all of these, itself among them: `s` is `S`, `s` and `ſ`."""
    by_fold: dict[int, set[int]] = {low: {low, high} for low, high in _OTHERS}
    for number in range(_LAST + 1):
        char = chr(number)
        folded = char.casefold()
        if len(folded) > 1:  # as ß is "ss"; its capital, ẞ, differs from it in case alone
            folded = char.lower()
        if len(folded) == 1 and folded != char:
            by_fold.setdefault(ord(folded), {ord(folded)}).add(number)
    return {number: tuple(sorted(orbit)) for orbit in by_fold.values() for number in orbit}


def word_orbit(char: str) -> tuple[int, ...]:
    """The characters that a word finds where it has `char`. ASCII letters have but each other: words are looked for as bytes."""
    number = ord(char)
    orbit = orbits().get(number, (number,))
    return tuple(other for other in orbit if (other < 0x80) == (number < 0x80))


def has_case(text: str) -> bool:
    """Whether a character beyond ASCII has others in another case."""
    return not text.isascii() and any(len(word_orbit(char)) > 1 for char in text if char > "\x7f")


def fold_ascii(text: str) -> str:
    """With ASCII's letters in lower case, as PostgreSQL's `lower` has it under COLLATE "C"."""
    return text.translate(_ASCII)
