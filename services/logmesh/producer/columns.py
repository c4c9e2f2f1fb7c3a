"""Tells what loggers write before a level or a message from the words of a sentence."""

import re
from typing import Final

# What stands before a level: brackets with anything in them, separators, and words that no sentence is made of.
# One plain word may be among them: a thread, a host, a program.
_COLUMN: Final = (
    rb"(?>(?:\[[^\]]{0,200}\]|\([^)]{0,100}\)|[\s|,;:\[\](){}<>*-]"
    rb"|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|Mon|Tue|Wed|Thu|Fri|Sat|Sun),? "
    rb"|(?![A-Za-z]?[a-z]+[ ,;!?']|(?:NO|NOT|AN|THE|IS|OF|WITHOUT)\b)[^\s\[\](){}|]++)*)"
)
_COLUMNS: Final = re.compile(_COLUMN + rb"(?>(?P<word>[a-z]++)[ ]++|)" + _COLUMN)
_SENTENCE: Final = frozenset(
    b"a an and any are as at by each every find first for found get got had has if in is last log new next no not of on or "
    b"raise raised return returned returns saw see set some such that the this throw to was were with without zero".split()
)

# With two plain words, or one that begins a sentence, no level can stand behind them: they are no columns.
SENTENCE: Final = re.compile(rb"[A-Z][a-z]+[ ,;!?']|[a-z]+(?:[,;!?']| +[a-z]+[ ,;!?'])")
"""How a sentence begins."""


def is_columns(line: bytes, start: int, end: int) -> bool:
    """Whether what stands there is what loggers write before a level or a message, and no sentence."""
    found = _COLUMNS.fullmatch(line, start, end)
    if found is None:
        return False
    word = found["word"]
    return word is None or (word not in _SENTENCE and line.find(b": ", start, found.start("word")) < 0)
