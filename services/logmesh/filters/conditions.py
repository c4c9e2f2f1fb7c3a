"""One comparison, as it was written, to conditions on typed fields: `severity >= WARNING`, `attributes.user : 42`."""

import re
from datetime import UTC, datetime
from typing import Final, cast

from logmesh.filters.ast import (
    And,
    IdColumn,
    IdEquals,
    IdPresent,
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
from logmesh.filters.quantities import read_quantity
from logmesh.filters.values import Value, read_literals, read_pattern, starred
from logmesh.record.severity import SEVERITY_NAMES, SEVERITY_NUMBERS
from logmesh.record.trace_ids import read_trace_id

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
_TIME: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?([Zz]|[+-]\d\d:\d\d)?)?", re.ASCII
)
_ORDERS: Final = ("<", "<=", ">", ">=")
_WITHOUT_PATTERNS: Final = ("severity", "time", "trace_id", "span_id")
_ID_DIGITS: Final = {"trace_id": 32, "span_id": 16}
_SPAN_ID: Final = re.compile(r"[0-9a-fA-F]{16}", re.ASCII)
_LATEST_UNIX_NANO: Final = (1 << 63) - 1


_EQUAL: Final = {":": "=~", "=": "=~", "!=": "!~"}
"""What a comparison with a pattern is."""
_FOREIGN: Final = {"==": "=", "<>": "!="}
"""Comparisons of other languages. Suggested and not accepted."""


def condition(keys: tuple[str, ...], position: int, comparator: str, value: Value) -> Node:
    """The condition that `keys comparator value` states; `position` is that of the field. Raises FilterError."""
    if comparator in _FOREIGN:
        raise FilterError(f'"{comparator}" is no comparison', position, suggestion=_FOREIGN[comparator])
    if value.anything and comparator == "=":
        comparator = ":"
    if value.anything and comparator == "!=":
        raise FilterError("no value is unlike any value", value.position, suggestion=f"NOT {'.'.join(keys)}:*")
    if value.has_star and not value.anything and keys[0] not in _WITHOUT_PATTERNS and comparator in _EQUAL:
        # At its ends a star says nothing of what is contained.
        if comparator == ":" and "*" not in value.text.strip("*"):
            value = Value(value.text.strip("*"), True, value.position)
        else:
            value = starred(value, whole=comparator != ":")
    if value.is_pattern:
        comparator = _EQUAL.get(comparator, comparator)
        if comparator not in _EQUAL.values():
            raise FilterError("a pattern has no order", value.position, expected=(":", "=~", "!~"))
    elif "*" in value.text and not value.quoted and comparator in _ORDERS and keys[0] not in _WITHOUT_PATTERNS:
        raise FilterError("a star has no order", value.position, suggestion=f'"{value.text[:40]}"')
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
    if len(name) <= 2 and name.isdigit():
        return FilterError("a time with a space in it needs quotes", position, expected=('"2026-01-31 12:00"',))
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
            return TextMatches(column, read_pattern(value))
        case "!~":
            return Not(TextMatches(column, read_pattern(value)))
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
    if name.isascii() and name.isdigit() and len(name) <= 4 and int(name) <= 24:
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
    if column == "trace_id":
        id_bytes = read_trace_id(value.text)
    else:
        id_bytes = bytes.fromhex(value.text) if _SPAN_ID.fullmatch(value.text) else None
    if id_bytes is None:
        width = _ID_DIGITS[column]
        raise FilterError(
            f'"{value.text[:40]}" is not a {column}', value.position, expected=(f"{width} hexadecimal digits",)
        )
    equals = IdEquals(column, id_bytes)
    return And((IdPresent(column), Not(equals))) if comparator == "!=" else equals


def _map_condition(path: Path, comparator: str, value: Value) -> Node:
    match comparator:
        case ":":
            return MapPresent(path) if value.anything else MapHas(path, read_literals(value))
        case "=~":
            return MapMatches(path, read_pattern(value))
        case "!~":
            return And((MapPresent(path), Not(MapMatches(path, read_pattern(value)))))
        case "=":
            return MapEquals(path, read_literals(value))
        case "!=":
            return And((MapPresent(path), Not(MapEquals(path, read_literals(value)))))
        case _:
            literals = read_literals(value)
            if value.quoted:
                return MapCompare(path, Order(comparator), literals)
            if literals.number is not None:
                return MapCompare(path, Order(comparator), literals.number)
            return MapCompare(path, Order(comparator), read_quantity(value.text, path.keys[-1]) or literals)
