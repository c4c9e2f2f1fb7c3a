"""What a line says of its level as it begins, or right behind its time."""

import re
from typing import Final

from logmesh.producer.level_names import LETTERS_IN_BYTES, WORDS

# These are more often something else than a level, unless something sets them off: `ALERT exited abnormally`.
ODD: Final = {
    spelling
    for word in (b"LOG", b"CONFIG", b"FINE", b"SUCCESS", b"ALERT", b"NOTE", b"FAIL", b"FAULT")
    for spelling in (word, word.lower(), word.capitalize())
}
# These as well, in small letters, where no time says that it is a logger's line.
_ODD_WITHOUT_TIME: Final = {
    spelling
    for word in (b"notice", b"information", b"informational", b"trace", b"verbose", b"verb", b"panic", b"emergency")
    for spelling in (word, word.capitalize())
}

# What begins the line, or follows the time: a word, a letter (`E: `, `[W 10:00:00 a]`, `D/Tag( 7):`, `E, [2025-…`, `I NETWORK  [`,
# Android's `1702  2395 D WindowManager:`), X.org's mark, a facility of syslog, an exception, macOS' type
# behind the thread. A clock without a date may come first, and a program with its number.
START: Final = re.compile(
    rb"[\s|,:\]\[<(*#\x80-\xff-]*+(?>(?:\d\d:\d\d:\d\d(?:[.,]\d+)?|\d+\.\d+)[\s|\]-]++[\[<(*]*+|)"
    rb"(?>[\w./-]++(?:\([^)]{0,60}\))?\[\d+\]: |)(?:"
    rb"(?P<word>[A-Za-z]{3,13})(?=[\s|,:\]>)*\[;!/+-]|$)"
    rb"|(?P<letter>[TVDIWEFNC](?=\])|[VDIWEFN](?=: |/[\w.$-]+[ (:]|, \[\d| \d\d|\||\t| +(?:[A-Z]{2,} |\[|- ))|[VDWEF](?= [\w./-]+: ))"
    rb"|(?:\d+[\s:]++){2}(?P<column>[VDIWEF])(?=/| [^\s:][^:]{0,80}:)"
    rb"|(?P<mark>EE|WW|II)(?=\) )|(?:(?:level|lvl|severity)=[\"']?|\dx[\da-f]+ +)(?P<named>[A-Za-z]{3,13})\b"
    rb"|(?:kern|user|mail|daemon|auth|syslog|lpr|news|uucp|cron|authpriv|ftp|local\d)\.(?P<facility>[a-z]{3,7}) "
    rb"|(?>(?:[\w$]++\.)+)[A-Z][\w$]*(?P<thrown>Exception|Error)(?::|\s*$)|=(?P<report>[A-Z]+) REPORT=)"
)
# What runtimes print as they die, and tools that say the level in their second word.
_PHRASES: Final = re.compile(
    rb"(?P<error>Traceback \(most recent call last\)|Unhandled [Ee]xception|Exception in thread |Uncaught "
    rb"|thread '[^']*' panicked|PHP Parse error|npm error\b|\w*(?:Exception|Error):)"
    rb"|(?P<fatal>PHP Fatal error)|(?P<warn>PHP (?:Warning|Deprecated)|npm warn\b)|(?P<info>PHP Notice|npm (?:notice|info|http)\b)"
)
_PHRASE_STARTS: Final = frozenset(b"Traceback Unhandled Exception Uncaught thread PHP npm".split())
THROWN: Final = (b"Error", b"ption")
MAY_BE_LEVELS: Final = frozenset(WORDS) | _PHRASE_STARTS
_PHRASE_LEVELS: Final = {"error": 17, "fatal": 21, "warn": 13, "info": 9}
_REPORTS: Final = {b"ERROR": 17, b"CRASH": 17, b"WARNING": 13, b"INFO": 9, b"PROGRESS": 9, b"SUPERVISOR": 9}
_SET_OFF_BEHIND: Final = re.compile(rb"\s*+[\]|:>)*]|\t|\s\s|\s-\s")
# `error count 0` counts errors, it isn't one.
_COUNTED: Final = re.compile(rb" (?:counts?|rates?|codes?|logs?|levels?|modes?|messages?|pages?|handlers?)\b")


def level_at_start(line: bytes, found: re.Match[bytes]) -> tuple[int, bytes] | None:
    """The severity and the word that says it, of a match of START; None where the word is something else."""
    kind = found.lastgroup or ""
    text = found[kind]
    if kind == "word":
        if number := WORDS.get(text, 0):
            odd = text in ODD or (text in _ODD_WITHOUT_TIME and not found.pos)
            if odd and not _SET_OFF_BEHIND.match(line, found.end()):
                return None
            return None if not text.isupper() and _COUNTED.match(line, found.end()) else (number, text)
        phrase = _PHRASES.match(line, found.start(kind))
        return (_PHRASE_LEVELS[phrase.lastgroup or ""], b"") if phrase else None
    if kind == "facility" or kind == "named":
        return (number, text) if (number := WORDS.get(text, 0)) else None
    if kind == "thrown" or kind == "report":
        return _REPORTS.get(text, 17), b""
    return LETTERS_IN_BYTES[text[:1]], text
