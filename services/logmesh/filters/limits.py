"""How much a filter may ask for. Each limit keeps the cost of a hostile filter small before a database sees it."""

from typing import Final

MAX_BYTES: Final = 4096
"""Longest filter, in UTF-8."""

MAX_DEPTH: Final = 32
"""Deepest nesting of parentheses and negations."""

MAX_CONDITIONS: Final = 256
"""Most conditions in one filter."""
