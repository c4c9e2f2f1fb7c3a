"""One comparison, as it was written, to conditions on typed fields: `severity >= WARNING`, `attributes.user : 42`."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final, cast

from logmesh.filters.ast import (
    And,
    IdColumn,
    IdEquals,
    IdPresent,
    Literals,
    MapColumn,
    MapCompare,
    MapEquals,
    MapHas,
    MapMatches,
    MapPresent,
    Node,
    Not,
    Order,
    Path,
    SeverityCompare,
    TextColumn,
    TextCompare,
    TextContains,
    TextMatches,
    TextPresent,
    TimeCompare,
)
from logmesh.filters.errors import FilterError, closest
from logmesh.filters.regex import Regex, RegexError, parse_regex
from logmesh.record.severity import SEVERITY_NAMES, SEVERITY_NUMBERS

FIELDS: Final = (
    "service", "instance", "severity", "body", "trace_id", "span_id", "time", "attributes", "resource",
)  # fmt: skip
"""Every field there is; `attributes` and `resource` are followed by a dot and a key."""

ELSEWHERE: Final = {
    "message": "body", "msg": "body", "text": "body", "textpayload": "body", "log": "body",
    "level": "severity", "lvl": "severity", "timestamp": "time", "ts": "time", "trace": "trace_id", "span": "span_id",
    "host": "instance", "pod": "instance", "app": "service", "jsonpayload": "attributes", "labels": "attributes",
}  # fmt: skip
"""What other systems call them. Suggested and not accepted: one name for a thing."""
_UNSET_SEVERITY: Final = {"UNSPECIFIED": 0, "DEFAULT": 0}
_NUMBER: Final = re.compile(r"[+-]?(?:\d{1,64}(?:\.\d{0,64})?|\.\d{1,64})(?:[eE][+-]?\d{1,3})?", re.ASCII)
_TIME: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?([Zz]|[+-]\d\d:\d\d)?)?", re.ASCII
)
_ID_BYTES: Final = {"trace_id": 16, "span_id": 8}
_LATEST_UNIX_NANO: Final = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Value:
    """The right side of a comparison, quotes and escapes undone."""

    text: str
    quoted: bool
    position: int

    @property
    def anything(self) -> bool:
        """`*` in `field:*`, which asks whether there is a value."""
        return not self.quoted and self.text == "*"


def condition(keys: tuple[str, ...], position: int, comparator: str, value: Value) -> Node:
    """The condition that `keys comparator value` states; `position` is that of the field. Raises FilterError."""
    field = keys[0]
    if field == "resource" and keys[1:] in (("service", "name"), ("service.name",)):
        field, keys = "service", ("service",)
    if field == "resource" and keys[1:] in (("service", "instance", "id"), ("service.instance.id",)):
        field, keys = "instance", ("instance",)
    if field in ("attributes", "resource"):
        if len(keys) == 1 or not all(keys):
            raise FilterError(f"{field} needs a key", position, expected=(f"{field}.<key>",))
        return _map_condition(Path(cast(MapColumn, field), keys[1:]), comparator, value)
    if len(keys) > 1 or field not in FIELDS:
        raise _unknown_field(".".join(keys), position)
    match field:
        case "severity":
            return _severity_condition(comparator, value)
        case "time":
            return _time_condition(comparator, value)
        case "trace_id" | "span_id":
            return _id_condition(field, comparator, value)
        case _:
            return _text_condition(cast(TextColumn, field), comparator, value)


def _unknown_field(name: str, position: int) -> FilterError:
    first = name.split(".")[0].lower()
    meant = ELSEWHERE.get(first) or closest(first, FIELDS)
    if meant in ("attributes", "resource"):
        meant += name[len(first) :] or ".<key>"
    if not meant:
        meant = f"attributes.{name[:60]}"
    return FilterError(f'there is no field "{name[:60]}"', position, expected=FIELDS, suggestion=meant)


def _text_condition(column: TextColumn, comparator: str, value: Value) -> Node:
    match comparator:
        case ":":
            return TextPresent(column) if value.anything else TextContains(column, value.text)
        case "=~":
            return TextMatches(column, _pattern(value))
        case "!~":
            return Not(TextMatches(column, _pattern(value)))
        case "!=":
            return Not(TextCompare(column, Order.EQ, value.text))
        case _:
            return TextCompare(column, Order(comparator), value.text)


def _severity_condition(comparator: str, value: Value) -> Node:
    if comparator in ("=~", "!~"):
        raise FilterError("severity has an order and no pattern", value.position, suggestion="severity >= WARNING")
    if comparator == ":" and value.anything:
        return SeverityCompare(Order.GT, 0)
    name = value.text.strip().upper()
    if name.isascii() and name.isdigit() and int(name[:4]) <= 24:
        number = int(name)
    elif (known := SEVERITY_NUMBERS.get(name, _UNSET_SEVERITY.get(name))) is not None:
        number = known
    else:
        meant = closest(name, [known.lower() for known in SEVERITY_NUMBERS]).upper()
        raise FilterError(
            f'"{value.text[:40]}" is not a severity', value.position, expected=SEVERITY_NAMES[1::4], suggestion=meant
        )
    if comparator == "!=":
        return Not(SeverityCompare(Order.EQ, number))
    return SeverityCompare(Order.EQ if comparator == ":" else Order(comparator), number)


def _time_condition(comparator: str, value: Value) -> Node:
    if comparator not in ("=", "!=", "<", "<=", ">", ">="):
        raise FilterError("time has an order only", value.position, expected=("=", "!=", "<", "<=", ">", ">="))
    unix_nano = _unix_nano(value)
    if comparator == "!=":
        return Not(TimeCompare(Order.EQ, unix_nano))
    return TimeCompare(Order(comparator), unix_nano)


def _unix_nano(value: Value) -> int:
    match = _TIME.fullmatch(value.text)
    try:
        if match is None:
            raise ValueError
        date, minutes, seconds, fraction, zone = match.groups()
        zone = "+00:00" if zone in (None, "Z", "z") else zone
        moment = datetime.fromisoformat(f"{date}T{minutes or '00:00'}:{seconds or '00'}{zone}")
        whole = moment - datetime(1970, 1, 1, tzinfo=UTC)
        unix_nano = (whole.days * 86_400 + whole.seconds) * 1_000_000_000 + int((fraction or "").ljust(9, "0"))
        if not 0 <= unix_nano <= _LATEST_UNIX_NANO:
            raise ValueError
    except (ValueError, OverflowError):
        raise FilterError(
            f'"{value.text[:40]}" is not a time', value.position, expected=('"2026-01-31T12:00:00Z"', "2026-01-31")
        ) from None
    return unix_nano


def _id_condition(column: IdColumn, comparator: str, value: Value) -> Node:
    if comparator not in ("=", "!=", ":"):
        raise FilterError(f"{column} has no order and no pattern", value.position, expected=("=", "!=", ":"))
    if comparator == ":" and value.anything:
        return IdPresent(column)
    width = _ID_BYTES[column]
    digits = value.text.replace("-", "") if column == "trace_id" else value.text
    if not re.fullmatch(rf"[0-9a-fA-F]{{{2 * width}}}", digits):
        raise FilterError(
            f'"{value.text[:40]}" is not a {column}', value.position, expected=(f"{2 * width} hexadecimal digits",)
        )
    equals = IdEquals(column, bytes.fromhex(digits))
    return And((IdPresent(column), Not(equals))) if comparator == "!=" else equals


def _map_condition(path: Path, comparator: str, value: Value) -> Node:
    match comparator:
        case ":":
            return MapPresent(path) if value.anything else MapHas(path, _literals(value))
        case "=~":
            return MapMatches(path, _pattern(value))
        case "!~":
            return And((MapPresent(path), Not(MapMatches(path, _pattern(value)))))
        case "=":
            return MapEquals(path, _literals(value))
        case "!=":
            return And((MapPresent(path), Not(MapEquals(path, _literals(value)))))
        case _:
            number = None if value.quoted else _literals(value).number
            return MapCompare(path, Order(comparator), value.text if number is None else number)


def _literals(value: Value) -> Literals:
    number = Decimal(value.text) if _NUMBER.fullmatch(value.text) else None
    return Literals(value.text, number, {"true": True, "false": False}.get(value.text))


def _pattern(value: Value) -> Regex:
    try:
        return parse_regex(value.text)
    except RegexError as error:
        position = value.position + value.quoted + error.position
        raise FilterError(f'the pattern "{value.text[:40]}": {error.problem}', position) from error
