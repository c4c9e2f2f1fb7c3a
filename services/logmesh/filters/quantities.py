"""Durations and sizes with their units, such as `500ms` and `1.5GiB`: in filters, and in what records hold.

A record's text is one when all of it is (`1m30s`, `12.5 ms`, `4 KB`). A number is a size in bytes; a duration it is where
its key ends in the unit (`duration_ms`), for nobody could tell otherwise.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Final, Literal

Kind = Literal["duration", "size"]

_DURATIONS: Final[Mapping[str, Decimal]] = {
    name: Decimal(nanoseconds)
    for names, nanoseconds in (
        ("ns", 1), ("us µs μs", 10**3), ("ms", 10**6), ("s", 10**9), ("m min", 60 * 10**9), ("h", 3600 * 10**9),
        ("d", 86_400 * 10**9),
    ) for name in names.split()
}  # fmt: skip
_SIZES: Final[Mapping[str, Decimal]] = {
    "b": Decimal(1),
    **{f"{letter}b": Decimal(1000) ** (at + 1) for at, letter in enumerate("kmgtp")},
    **{f"{letter}i{b}": Decimal(1024) ** (at + 1) for at, letter in enumerate("kmgtp") for b in ("b", "")},
}
UNITS: Final[Mapping[Kind, Mapping[str, Decimal]]] = {"duration": _DURATIONS, "size": _SIZES}
"""What each unit is worth: in nanoseconds, or in bytes. A size's are written in lower case here."""

_AMOUNT: Final = "[0-9]{1,18}(?:[.][0-9]{1,18})?"
_UNIT: Final[Mapping[Kind, str]] = {
    "duration": "|".join(sorted(_DURATIONS, key=len, reverse=True)),
    "size": "[kKmMgGtTpP][iI]?[bB]|[kKmMgGtTpP][iI]|[bB]",
}
PART: Final[Mapping[Kind, str]] = {kind: f"({_AMOUNT}) ?({unit})" for kind, unit in _UNIT.items()}
"""An amount and its unit, for Python and for PostgreSQL."""
WHOLE: Final[Mapping[Kind, str]] = {
    kind: f"(?:{_AMOUNT} ?(?:{unit}) ?){{1,{6 if kind == 'duration' else 1}}}" for kind, unit in _UNIT.items()
}
"""A text that is nothing else, for either: a duration may be several amounts."""
NUMBER_TEXT: Final = "[+-]?[0-9]{1,64}(?:[.][0-9]{1,64})?"
"""A text that is written as a number, for either."""
_EXACTLY: Final = Context(prec=100)
_KEY_UNITS: Final = {
    **{unit: worth for unit, worth in _DURATIONS.items() if unit not in ("m", "d", "h")},
    "nanos": Decimal(1), "nanoseconds": Decimal(1), "micros": Decimal(10**3), "microseconds": Decimal(10**3),
    "millis": Decimal(10**6), "milliseconds": Decimal(10**6), "msec": Decimal(10**6), "sec": Decimal(10**9),
    "secs": Decimal(10**9), "seconds": Decimal(10**9), "minutes": Decimal(60 * 10**9), "hours": Decimal(3600 * 10**9),
}  # fmt: skip
_WORDS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-zµμ]+")


@dataclass(frozen=True, slots=True)
class Quantity:
    """An amount in nanoseconds or bytes. `number_unit` is what 1 is worth where the value is a bare number, None: nobody knows."""

    kind: Kind
    amount: Decimal
    number_unit: Decimal | None


def read_quantity(text: str, key: str) -> Quantity | None:
    """The quantity that a text is, to be compared with the value of `key`; None when it is none, a bare number included."""
    for kind in UNITS:
        amount = amount_of(text, kind)
        if amount is not None:
            return Quantity(kind, amount, Decimal(1) if kind == "size" else _unit_of_key(key))
    return None


def amount_of(text: str, kind: Kind) -> Decimal | None:
    """What a text is in nanoseconds or bytes; None when it is no such quantity."""
    if not re.fullmatch(WHOLE[kind], text):
        return None
    total = Decimal(0)
    for number, unit in re.findall(PART[kind], text):
        worth = UNITS[kind][unit if kind == "duration" else unit.lower()]
        total = _EXACTLY.add(total, _EXACTLY.multiply(Decimal(number), worth))
    return total


def in_units(number: Decimal, unit: Decimal) -> Decimal:
    """A bare number in nanoseconds or bytes."""
    return _EXACTLY.multiply(number, unit)


def _unit_of_key(key: str) -> Decimal | None:
    """`duration_ms`, `elapsed.seconds` and `latencyMs` say what they are in."""
    words = [word.lower() for word in _WORDS.findall(key)]
    # One letter that is the whole key is nobody's unit.
    return _KEY_UNITS.get(words[-1]) if words and len(key) > 1 else None
