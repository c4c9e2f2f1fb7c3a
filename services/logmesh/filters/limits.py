"""How much a filter may ask for. Each limit keeps the cost of a hostile filter small before a database sees it."""

from typing import Final

MAX_BYTES: Final = 4096
"""Longest filter, in UTF-8."""

MAX_DEPTH: Final = 32
"""Deepest nesting of parentheses and negations."""

MAX_CONDITIONS: Final = 256
"""Most conditions in one filter."""

MAX_DIGITS: Final = 1_000
"""Most digits of a number within a list or an object, before its point and behind it, when it is written without an exponent; what
holds a longer one is a text."""
