"""What a line begins with, by its first bytes: a time, a level, JSON and such. How records of a file begin is learned from this.

The shape of a line is its first bytes with every digit as 0 and every letter as a or A, so that all lines of one format are alike.
"""

import re
from typing import Final, NamedTuple

DATED, CLOCK, LEVEL, JSON, FIELDS, REQUEST, NONE = "dated", "clock", "level", "json", "fields", "request", ""
"""The kinds: a date and a time; a time, an epoch or an uptime alone; a level; one line of JSON; logfmt; a request with its status, or
a header of W3C's or Zeek's."""

TIMES: Final = frozenset({DATED, CLOCK})

TELLING: Final = frozenset({DATED, CLOCK, LEVEL})
"""The kinds of logs whose every record begins so: there, what does not goes on with what precedes it. A line of JSON or logfmt is a
whole record, and what comes behind it is another's."""

WIDTH: Final = 80
"""How many bytes of a line are looked at."""

SHAPES: Final = bytes(
    0x30 if 0x30 <= byte <= 0x39 else 0x61 if 0x61 <= byte <= 0x7A else 0x41 if 0x41 <= byte <= 0x5A else byte
    for byte in range(256)
)
"""A table for `bytes.translate`."""


class Beginning(NamedTuple):
    """The kind, how far the line is indented, and the column behind what makes the kind, as right-aligned words have it in common."""

    kind: str
    indent: int
    end: int


UNKNOWN: Final = Beginning(NONE, 0, 0)
_BLANKS: Final = frozenset({b"", b" ", b"\t"})
_CLOCKS: Final = frozenset({"clock", "uptime"})

_TIME: Final = rb" ?0?0[:.]0?0(?:[:.]0?0)?"
_SEPARATOR: Final = rb"(?:[ A_\-]|, |::|:(?=00:00:00))"
_DAY_NAMES: Final = rb"(?:Aaa,? )?Aaa (?: 0|00|0)(?:,? 0000)?|Aaa,? 00? Aaa 0000"
_DATE: Final = rb"0000[-/.]00[-/.]00|00?[-/.]00?[-/.](?:0000|00)|00?[-. /]Aaa[-. /]0000|00?-00?|00\.00|" + _DAY_NAMES
_PACKED: Final = rb"0{8}[ A\-_]?0{4}(?:00)?|0{6} (?:0{6}(?= )| ?0?0:00:00)|0{8}[ \-]0?0:0?0(?::0?0)?"
_CLOCK: Final = rb"(?:00| ?0):00:00|0{10}(?:0{3}){0,3}(?=[., ])"
_DATED: Final = rb"(?P<dated>(?:%b)%b%b|%b)" % (_DATE, _SEPARATOR, _TIME, _PACKED)
_TIMED: Final = rb"%b|(?P<clock>%b)" % (_DATED, _CLOCK)
_ACCESS: Final = rb"[^ ]{2,60}+ [^ ]{1,40}+ [^\[]{1,40}+\[(?P<access>00/Aaa/0000:00:00:00)"
_COLOURS: Final = rb"(?:\x1b\[[0;]*a)*"
_PUNCTUATION: Final = rb"(?:[\[(<\"'*|\-] ?){0,2}"


# By the first byte of a line's shape, where its time is and what formats write before it. Without what a sentence would have there.
_BY_SHAPE: Final = {
    # 2026-…, 28 Nov …, 10:00:01, 1795182312.123, 7:M 28 Nov … and 10.0.0.1 - - [28/Nov/…
    b"0": re.compile(rb"(?:0+:A )?(?:%b)|%b" % (_TIMED, _ACCESS)),
    # Nov 28 …, Sat Nov 28 …, INFO 2026-…, INFO [2026-…, E, [2026-…, I1128 10:00:01
    b"A": re.compile(
        rb"(?P<dated>(?:%b)%b%b|A(?:0{4}|0{6}|0{8}) 00:00:00)|A{1,8}[ :,|]+%b(?:%b)|%b"
        % (_DAY_NAMES, _SEPARATOR, _TIME, _PUNCTUATION, _TIMED.replace(b"P<dated>", b"P<behind>"), _ACCESS)
    ),
    # time="2026-…, alice - - [28/Nov/…
    b"a": re.compile(rb"a{1,9}=\"?(?:%b)|%b" % (_TIMED, _ACCESS)),
    # # Time: 2026-…
    b"#": re.compile(rb"# Aa{3}: (?:%b)" % _TIMED),
    # =ERROR REPORT==== 28-Nov-2026::…
    b"=": re.compile(rb"=A+ A+=+ (?:%b)" % _TIMED),
    # [2026-…, [main] 2026-…, [W 10:00:00, [12345.678901]
    b"[": re.compile(
        rb"(?:%b|\[[^\]\x1b]{1,24}\] ?\[?|\[A )(?:%b)|\[(?P<uptime> *0+\.0{6})\]" % (_PUNCTUATION, _TIMED)
    ),
}
_BY_SHAPE[b"\x1b"] = re.compile(rb"%b%b%b(?:%b)" % (_COLOURS, _PUNCTUATION, _COLOURS, _TIMED))
_BY_SHAPE.update({bytes([mark]): re.compile(rb"%b(?:%b)" % (_PUNCTUATION, _TIMED)) for mark in b"(<\"'*|-"})
_PRIORITY: Final = re.compile(rb"<0{1,3}>(?:0 )?[A0]")

_LEVELS: Final = (
    rb"TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERRO?R?|CRIT(?:ICAL)?|FATAL?|SEVERE|PANI?C?|ALERT|EMERG(?:ENCY)?"
    rb"|VERBOSE|CONFIG|FINE[RS]?T?|DEBU|TRAC|SUCCESS"
)
_LEVEL: Final = re.compile(
    rb"(?:\x1b\[[\d;]*m)*(?:[\[<(|*]? ?(?:%b)(?=[\])|*\x1b: \t,\[]|>[ :]|$)|[\[<] ?(?i:%b)(?= ?(?:\]|>[ :]))"
    rb"|(?:trce|dbug|info|warn|fail|crit): (?=[\w.`]+\[\d+\]))" % (_LEVELS, _LEVELS)
)
_FIELDS: Final = re.compile(rb"(?:time|ts|t|level|lvl|msg|at)=(?:\"|[\w\-.:+]+ \w+=)")
_REQUEST: Final = re.compile(
    rb"(?:GET|POST|PUT|HEAD|DELETE|PATCH|OPTIONS) /\S* \d{3}\b|#(?:Software|Version|Date|Fields|Remark|(?:Start|End)-Date): |#[a-z_]+\t"
)

_MAY_BE_LEVEL: Final = frozenset(b"[<(|*\x1btdiwfcTDINWECFSPAVG")
_MAY_BE_FIELDS: Final = frozenset(b"tlma")
_MAY_BE_REQUEST: Final = frozenset(b"GPHDO#")


def beginning(line: bytes) -> Beginning:
    """That of a line."""
    first = line[:1]
    if first not in _BLANKS:
        return _of_text(line, 0)
    text = line.lstrip(b" \t")
    return _of_text(text, len(line) - len(text)) if text else UNKNOWN


def _of_text(text: bytes, indent: int) -> Beginning:
    first = text[0]
    if first == 0x7B:
        is_whole = text.rstrip().endswith(b"}") and text[1:3].lstrip()[:1] == b'"'
        return Beginning(JSON if is_whole else NONE, indent, indent + 1)
    shape = text[:WIDTH].translate(SHAPES)
    pattern = _BY_SHAPE.get(shape[:1])
    if pattern is not None and (found := pattern.match(shape)):
        kind = CLOCK if found.lastgroup in _CLOCKS else DATED
        return Beginning(kind, indent, indent + found.end())
    if first in _MAY_BE_LEVEL and (found := _LEVEL.match(text)):
        return Beginning(LEVEL, indent, indent + found.end())
    if first in _MAY_BE_FIELDS and (found := _FIELDS.match(text)):
        return Beginning(FIELDS, indent, indent + found.end())
    if first == 0x3C and (found := _PRIORITY.match(shape)):
        return Beginning(DATED, indent, indent + found.end())
    if first in _MAY_BE_REQUEST and (found := _REQUEST.match(text)):
        return Beginning(REQUEST, indent, indent + found.end())
    return Beginning(NONE, indent, 0) if indent else UNKNOWN
