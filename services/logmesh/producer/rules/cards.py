"""Numbers of payment cards: their first digits, their lengths, and Luhn's checksum."""

from typing import Final

_EDGE: Final = r"(?:^|[^0-9A-Za-z.]|[^0-9]\.|\\[nrtbf]|\x1b\[[0-9;]*m)"
"""A card's number begins no word, and is no fraction's digits."""
CARD: Final = (
    _EDGE + r"((?:2[2-7]|[3-6][0-9])"
    r"(?:[0-9]{11,17}|[0-9]{2}(?:[ -][0-9]{4}){3}|[0-9]{2}[ -][0-9]{6}[ -][0-9]{4,5}))"
)
"""What may be one: digits in a row, or in groups as they are printed. `is_card` decides."""

_RANGES: Final = (
    ("2221", "2720", (16,)),
    ("300", "305", (14,)),
    ("34", "34", (15,)),
    ("3528", "3589", (16, 17, 18, 19)),
    ("36", "36", (14,)),
    ("37", "37", (15,)),
    ("38", "39", (14,)),
    ("4", "4", (13, 16, 19)),
    ("50", "50", (13, 14, 15, 16, 17, 18, 19)),
    ("51", "55", (16,)),
    ("56", "58", (13, 14, 15, 16, 17, 18, 19)),
    ("6011", "6011", (16, 17, 18, 19)),
    ("62", "62", (16, 17, 18, 19)),
    ("6304", "6304", (13, 14, 15, 16, 17, 18, 19)),
    ("644", "659", (16, 17, 18, 19)),
    ("67", "67", (13, 14, 15, 16, 17, 18, 19)),
)
"""The first digits that issuers have, from and to, and how many digits there are in all."""
_WORTH: Final = ((0, 1, 2, 3, 4, 5, 6, 7, 8, 9), (0, 2, 4, 6, 8, 1, 3, 5, 7, 9))
"""Of digits in the checksum, counted from the last one: every other digit is doubled."""
_ZERO: Final = ord("0")


def is_card(text: bytes, begin: int, end: int) -> bool:
    """Whether this part of a text, which `CARD` has found, is a card's number."""
    if text[end : end + 1].isalnum():
        return False
    digits = text[begin:end].translate(None, b" -")
    return _is_issued(digits.decode()) and _has_checksum(digits)


def _is_issued(digits: str) -> bool:
    return any(low <= digits[: len(low)] <= high and len(digits) in lengths for low, high, lengths in _RANGES)


def _has_checksum(digits: bytes) -> bool:
    return sum(_WORTH[at % 2][digit - _ZERO] for at, digit in enumerate(reversed(digits))) % 10 == 0
