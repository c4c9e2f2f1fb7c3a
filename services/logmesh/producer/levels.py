"""Finds how severe a plain line is, by the word that stands where levels stand.

That is at the line's start, behind its time, or set off by brackets and separators, with nothing but a logger's columns
before it. The same words in a sentence, in a URL or in a key say nothing.
"""

import re
from functools import lru_cache
from itertools import product
from typing import Final

from logmesh.producer.columns import SENTENCE, is_columns
from logmesh.producer.level_names import LETTERS_IN_BYTES, SYSLOG_LEVELS, WORDS
from logmesh.producer.level_starts import MAY_BE_LEVELS, ODD, START, THROWN, level_at_start

# How far behind the time a level is looked for, and one in small letters.
_WINDOW: Final = 96
_SET_OFF_WINDOW: Final = 64

# The first two bytes of what may say a level; digits, and what comes before them, are none.
_NINE: Final = 0x39
_BEGINNINGS: Final = frozenset(
    (*(word[:2] for word in WORDS), *(b"%c%c" % pair for pair in product(b"VDIWEFN", b":,/]| ")))
)

# Names of components as well, where brackets hold them.
_ODD_ENCLOSED: Final = {b"log", b"Log", b"config", b"Config", b"note", b"fine", b"Fine"}

# A word as START has it, and what makes it the beginning of a SENTENCE.
_PROSE: Final = re.compile(rb"([A-Z][a-z]{2,12})[ ,;!]|([a-z]{3,13})(?:[,;!]| +[a-z]+[ ,;!?'])")

_SET_OFF_WORDS: Final = WORDS | LETTERS_IN_BYTES
_LONGEST_TIME: Final = 40
_BELOW: Final = re.compile(rb"(SEVERE|WARNING|INFO|CONFIG|FINE|FINER|FINEST): |Traceback \(most recent call last\)")
_CISCO: Final = re.compile(rb"%[A-Z]\w*+(?:-[A-Z]\w*+)*-([0-7])-\w+:")
_CAPITALS: Final = re.compile(rb"[WEIDTFCNPVASL][A-Z]{2,12}(?![\w=/.%'\"&+-])")
_BEFORE_CAPITALS: Final = frozenset(b" \t[(<*|:,]>{;-")
_SET_OFF: Final = re.compile(
    rb"[\[<(*|\t\]):-](?:(?<!-)\s*+|\s++)([A-Za-z]{3,13}|(?<=\[)[TDIWEFC](?=\]))\d?"
    rb"(?=\s*+(?:[\]>)*|\t]|:[\s\]]|:$| - )|\s*+:\w| [A-Z]+\d+:)"
)


# Of lines up to this length the level is remembered, with every digit as 0.
_LONGEST_KNOWN: Final = 256
_ZEROS: Final = bytes(0x30 if 0x30 <= byte <= 0x39 else byte for byte in range(256))


def find_level(line: bytes, time_end: int) -> tuple[int, bytes]:
    """The severity of a plain line and the word that says it; the line's time ends at `time_end`, 0 without one."""
    if len(line) <= _LONGEST_KNOWN and b"%" not in line:
        return _known_level(line.translate(_ZEROS), time_end)
    return _find_level(line, time_end)


def _find_level(line: bytes, time_end: int) -> tuple[int, bytes]:
    found = START.match(line, time_end)
    sentence = None
    if found is not None:
        # Most lines begin with a word that is no level.
        other = found.lastindex == 1 and (word := found[1]) not in MAY_BE_LEVELS and word[-5:] not in THROWN
        if not other and (level := level_at_start(line, found)):
            return level
        sentence = SENTENCE.match(line, found.start(1)) if other else None
    # Some write the level before the time.
    may_begin = time_end and line[0] > _NINE and (line[:2] in _BEGINNINGS or line[1:3] in _BEGINNINGS)
    if may_begin and (found := START.match(line)) and (level := level_at_start(line, found)):
        return level
    if sentence is not None:
        return 0, b""
    if b"%" in line and (found := _CISCO.search(line, time_end, time_end + _WINDOW)):
        return SYSLOG_LEVELS[int(found[1])], found[1]
    return _standing_word(line, time_end) or (0, b"")


# Messages of one template differ in their digits alone, and only Cisco's say their level with one.
_known_level: Final = lru_cache(maxsize=1024)(_find_level)


def begins_as_prose(line: bytes) -> bool:
    """Whether a line begins with words of which none is a level: a quick look, for then `find_level` would find none either."""
    found = _PROSE.match(line)
    if found is None:
        return False
    word = found[1] or found[2]
    return word not in MAY_BE_LEVELS and word[-5:] not in THROWN


def level_before(line: bytes, end: int) -> tuple[int, bytes]:
    """That of a line whose level stands before its time, which ends at `end`, but not at its start."""
    return (_standing_word(line[:end], 0) if end > _LONGEST_TIME else None) or (0, b"")


def level_below(record: bytes) -> tuple[int, bytes]:
    """That of a record's second line, where java.util.logging writes it, and where a trace shows that something was thrown."""
    found = _BELOW.match(record, record.find(b"\n") + 1)
    if found is None:
        return 0, b""
    return (WORDS[found[1]], found[1]) if found[1] else (17, b"")


def _standing_word(line: bytes, start: int) -> tuple[int, bytes] | None:
    """The first level that stands among columns, in capitals, or in any case where it is set off on both sides."""
    end = start + _WINDOW
    result = None
    within = start + _SET_OFF_WINDOW
    found = _SET_OFF.search(line, start, within)
    while found is not None:
        word = found[1]
        if (number := _SET_OFF_WORDS.get(word, 0)) and word not in _ODD_ENCLOSED:
            if is_columns(line, start, found.start()):
                result, end = (number, word), found.start()
            break
        found = _SET_OFF.search(line, found.end(), within)
    found = _CAPITALS.search(line, start, end)
    while found is not None:
        if (number := WORDS.get(found[0], 0)) and _stands(line, found):
            stands = is_columns(line, start, found.start()) and not _counts(line, found.start())
            return (number, found[0]) if stands else result
        found = _CAPITALS.search(line, found.end(), end)
    return result


def _stands(line: bytes, found: re.Match[bytes]) -> bool:
    position = found.start()
    before = line[position - 1] if position else 0x20
    named = line[found.end() : found.end() + 1] == b":"
    return (before in _BEFORE_CAPITALS or (named and before == 0x2E)) and (named or found[0] not in ODD)


def _counts(line: bytes, position: int) -> bool:
    """Whether all that stands before is a small number, as in `3 ERROR lines`."""
    before = line[:position].strip()
    return before.isdigit() and len(before) < 4
