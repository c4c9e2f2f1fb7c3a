"""Finds how severe a structured line is: by a field that holds a level's name, its letter or one of the usual numbers."""

import re
from bisect import bisect_right
from typing import Any, Final

from logmesh.producer.field_names import spellings
from logmesh.producer.level_names import LETTERS, NAMES, SPELLINGS, SYSLOG_LEVELS, level_of_status
from logmesh.record.limits import MAX_SEVERITY_TEXT_BYTES

# What a number means where names don't tell: each scale's steps, of which a number in between takes the lower.
_PINO = [(10, 1), (20, 5), (30, 9), (40, 13), (50, 17), (60, 21)]  # Bunyan's, and Python's but for FATAL
_PYTHON = [(5, 1), (10, 5), (20, 9), (30, 13), (40, 17), (50, 21), (51, 0)]
_HUNDREDS = [(100, 5), (200, 9), (250, 10), (300, 13), (400, 17), (500, 21), (550, 22), (600, 24)]  # Monolog's
_JAVA = [(700, 9), (900, 13), (1000, 17), (1001, 0)]  # java.util.logging's, above Monolog's
_THOUSANDS = [(5000, 1), (10000, 5), (20000, 9), (30000, 13), (40000, 17), (50000, 21), (60001, 0)]  # log4j's
_GOOGLE = [(100, 5), (200, 9), (300, 10), (400, 13), (500, 17), (600, 21), (700, 22), (800, 24), (801, 0)]
_ANY_SCALE: Final = _PINO + _HUNDREDS + _JAVA + _THOUSANDS
_OPENTELEMETRY: Final = [(number, number) for number in range(1, 25)] + [(25, 0)]
_SYSLOG: Final = [*enumerate(SYSLOG_LEVELS), (8, 0)]
_DOTNET: Final = [(0, 1), (1, 5), (2, 9), (3, 13), (4, 17), (5, 21), (6, 0)]
_MYSQL: Final = [(0, 9), (1, 17), (2, 13), (3, 9), (4, 0)]
_NEXTCLOUD: Final = [(0, 5), (1, 9), (2, 13), (3, 17), (4, 21), (5, 0)]
_INSIGHTS: Final = [(0, 3), (1, 9), (2, 13), (3, 17), (4, 21), (5, 0)]

_SEVERITY: Final = [*_SYSLOG[:-1], *_OPENTELEMETRY[8:], *_GOOGLE]

_Scale = list[tuple[int, int]]
# The fields, those first that say it in words.
_FIELDS: Final[tuple[tuple[list[str], _Scale], ...]] = (
    (spellings("level"), _ANY_SCALE),
    ([*spellings("severity"), *spellings("error", "severity"), "sev"], _SEVERITY),
    (["lvl", "Lvl", "@level", "@l", *spellings("level", "str")], _ANY_SCALE),
    (
        [
            *spellings("level", "name"),
            *spellings("severity", "text"),
            *spellings("severity", "label"),
            *spellings("level", "display", "name"),
        ],
        [],
    ),
    (spellings("log", "level"), [*_DOTNET, *_ANY_SCALE]),
    (spellings("log", "severity"), _SYSLOG),
    (spellings("severity", "number"), _OPENTELEMETRY),
    (["levelno", "level_no", "levelNo"], _PYTHON),
    ([*spellings("level", "value"), *spellings("level", "int"), *spellings("level", "num")], _ANY_SCALE),
    (spellings("severity", "level"), _INSIGHTS),
    ([*spellings("syslog", "severity"), *spellings("priority")], _SYSLOG),
    (["prio"], _MYSQL),
    (["at"], []),
)
_SCALES: Final = {key: scale for keys, scale in _FIELDS for key in keys}
_RANKS: Final = {key: rank for rank, key in enumerate(_SCALES)}
# Objects that hold a level among other things.
_HOLDERS: Final = ("log", "record", "fields", "@fields")
_PARTS: Final = ("levelStr", "name", "levelname", "label", "text", "level", "severity", "no", "value")
# What access logs in JSON name a request and its status.
_REQUESTS: Final = frozenset(
    ("method", "request", *spellings("request", "method"), *spellings("http", "method"), "RequestMethod", "cs-method", "verb",
     "ClientRequestMethod", "http.request.method")
)  # fmt: skip
_STATUSES: Final = frozenset(
    ("status", *spellings("status", "code"), *spellings("response", "code"), *spellings("http", "status"), "sc-status",
     "DownstreamStatus", "EdgeResponseStatus", "http.response.status_code")
)  # fmt: skip
_MESSAGES: Final = frozenset(("msg", "message", "event", "Message", "MESSAGE"))

LEVEL_KEYS: Final = frozenset((*_SCALES, *_HOLDERS, *_STATUSES, "@t", "s"))
"""The fields that may say a level."""

COLOUR: Final = re.compile(r"\x1b\[[\d;]*m")


def take_level(fields: dict[str, Any]) -> tuple[int, bytes]:
    """The severity that a field says and its text; that field leaves `fields`."""
    level = fields.get("level")
    if level.__class__ is str and (number := SPELLINGS.get(level, 0)):
        del fields["level"]
        return number, level.encode()
    if LEVEL_KEYS.isdisjoint(fields):
        return 0, b""
    for key in sorted(_RANKS.keys() & fields.keys(), key=_RANKS.__getitem__):
        number, text = _level_of(fields[key], _scale(key, fields))
        if number:
            del fields[key]
            return number, text.encode("utf-8", "replace")[:MAX_SEVERITY_TEXT_BYTES]
    for key in _HOLDERS:
        if isinstance(held := fields.get(key), dict):
            level = held.get("level") or held.get("severity") or held.get("lvl") or held.get("levelname")
            number, text = _level_of(level, _ANY_SCALE)
            if number:
                return number, text.encode("utf-8", "replace")[:MAX_SEVERITY_TEXT_BYTES]
    if "c" in fields and "t" in fields and isinstance(letter := fields.get("s"), str):
        # MongoDB's; D1 to D5 are its degrees of debugging.
        return LETTERS.get(letter[:1], 0), letter[:2].encode("utf-8", "replace")
    # Serilog's compact format leaves out the level of information.
    if "@t" in fields and ("@mt" in fields or "@m" in fields):
        return 9, b""
    return _level_of_request(fields), b""


def _level_of_request(fields: dict[str, Any]) -> int:
    """That of an access log's line: by its status, unless there is a message."""
    if _REQUESTS.isdisjoint(fields) or not _MESSAGES.isdisjoint(fields):
        return 0
    for key in _STATUSES & fields.keys():
        status = fields[key]
        if isinstance(status, str) and len(status) == 3 and status.isdecimal():
            status = int(status)
        if type(status) is int and 100 <= status < 600:
            return level_of_status(status)
    return 0


def _scale(key: str, fields: dict[str, Any]) -> _Scale:
    if key == "level" and "reqId" in fields and "remoteAddr" in fields:
        return _NEXTCLOUD
    if key == "level" and ("short_message" in fields or "SYSLOG_IDENTIFIER" in fields):
        return _SYSLOG
    return _SCALES[key]


def _level_of(value: Any, scale: _Scale) -> tuple[int, str]:
    if isinstance(value, str):
        return level_of_name(value) or _level_of_digits(value, scale), value
    if isinstance(value, int) and not isinstance(value, bool):
        return _level_of_number(value, scale), str(value)
    if isinstance(value, dict):
        for part in _PARTS:
            if (held := value.get(part)) is not None and not isinstance(held, dict):
                number, text = _level_of(held, _ANY_SCALE)
                if number:
                    return number, text
    return 0, ""


def level_of_name(text: str) -> int:
    """The severity of a level's name or letter, in any case and with any colour about it; 0 for anything else."""
    if number := NAMES.get(text.upper(), 0):
        return number
    if len(text) > MAX_SEVERITY_TEXT_BYTES:
        return 0
    name = COLOUR.sub("", text).strip(" []:").upper()
    name = name.removeprefix("SEVERITY_NUMBER_").removeprefix("LOGLEVEL.").removeprefix("LEVEL.")
    if number := NAMES.get(name, 0) or LETTERS.get(name, 0):
        return number
    # Go's levels between two names: `INFO+2`, `DEBUG-4`.
    base, sign, step = name.partition("+") if "+" in name else name.partition("-")
    return NAMES.get(base, 0) if sign and step.isdigit() else 0


def _level_of_digits(text: str, scale: _Scale) -> int:
    return _level_of_number(int(text), scale) if text.isascii() and text.isdigit() and len(text) < 6 else 0


def _level_of_number(number: int, scale: _Scale) -> int:
    step = bisect_right(scale, (number, 99)) - 1
    return scale[step][1] if step >= 0 else 0
