"""The AST as a function of a record, for records that are not in the database yet. It answers as the SQL does."""

import operator
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, assert_never

import re2
from google.protobuf.struct_pb2 import Struct, Value

from logmesh.filters.ast import (
    And,
    IdEquals,
    IdPresent,
    Literals,
    MapCompare,
    MapEquals,
    MapHas,
    MapMatches,
    MapPresent,
    Node,
    Not,
    Or,
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
from logmesh.v1.record_pb2 import LogRecord

Predicate = Callable[[LogRecord], bool]

_COMPARE: Mapping[Order, Callable[[Any, Any], bool]] = {
    Order.EQ: operator.eq,
    Order.LT: operator.lt,
    Order.LE: operator.le,
    Order.GT: operator.gt,
    Order.GE: operator.ge,
}
# ASCII only, as PostgreSQL folds under COLLATE "C".
_FOLD = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def compile_predicate(node: Node) -> Predicate:
    """Return what tells whether a record matches. Compile once, call for each record."""
    match node:
        case And():
            all_of = [compile_predicate(child) for child in node.children]
            return lambda record: all(child(record) for child in all_of)
        case Or():
            any_of = [compile_predicate(child) for child in node.children]
            return lambda record: any(child(record) for child in any_of)
        case Not():
            child = compile_predicate(node.child)
            return lambda record: not child(record)
        case TextCompare(column, order, text):
            read, compare = _TEXT[column], _COMPARE[order]
            return lambda record: compare(read(record), text)
        case TextContains(column, text):
            read, folded = _TEXT[column], text.translate(_FOLD)
            return lambda record: folded in read(record).translate(_FOLD)
        case TextMatches(column, pattern):
            read, search = _TEXT[column], re2.compile(pattern.re2).search
            return lambda record: search(read(record)) is not None
        case TextPresent(column):
            read = _TEXT[column]
            return lambda record: read(record) != ""
        case SeverityCompare(order, number):
            compare = _COMPARE[order]
            return lambda record: compare(record.severity_number, number)
        case TimeCompare(order, unix_nano):
            compare = _COMPARE[order]
            return lambda record: compare(record.time_unix_nano, unix_nano)
        case IdEquals("trace_id", value):
            return lambda record: record.trace_id == value and any(value)
        case IdEquals(_, value):
            return lambda record: record.span_id == value and any(value)
        case IdPresent("trace_id"):
            return lambda record: any(record.trace_id)
        case IdPresent():
            return lambda record: any(record.span_id)
        case MapEquals(path, literals):
            return _on_value(path, lambda value: _equals(value, literals))
        case MapHas(path, literals):
            return _on_value(path, _has(literals))
        case MapCompare(path, order, bound):
            return _on_value(path, _ordered(_COMPARE[order], bound))
        case MapMatches(path, pattern):
            search = re2.compile(pattern.re2).search
            return _on_value(path, lambda value: _is_text(value) and search(value.string_value) is not None)
        case MapPresent(path):
            return _on_value(path, lambda value: value.WhichOneof("kind") not in (None, "null_value"))
        case _:
            assert_never(node)


_TEXT: dict[TextColumn, Callable[[LogRecord], str]] = {
    "service": lambda record: record.resource.service_name or "unknown_service",
    "instance": lambda record: record.resource.service_instance_id,
    "body": lambda record: record.body,
}


def _on_value(path: Path, test: Callable[[Value], bool]) -> Predicate:
    whole, keys = ".".join(path.keys), path.keys

    def predicate(record: LogRecord) -> bool:
        struct = record.attributes if path.column == "attributes" else record.resource.attributes
        value = _find(struct, whole, keys)
        return value is not None and test(value)

    return predicate


def _find(struct: Struct, whole: str, keys: tuple[str, ...]) -> Value | None:
    if whole in struct.fields:
        return struct.fields[whole]
    for key in keys[:-1]:
        if key not in struct.fields:
            return None
        struct = struct.fields[key].struct_value
    return struct.fields.get(keys[-1])


def _is_text(value: Value) -> bool:
    return value.WhichOneof("kind") == "string_value"


def _decimal(number: float) -> Decimal:
    # The shortest text that gives the double back: what the database holds of it.
    return Decimal(repr(number))


def _equals(value: Value, literals: Literals) -> bool:
    match value.WhichOneof("kind"):
        case "string_value":
            return value.string_value == literals.text
        case "number_value":
            return literals.number is not None and _decimal(value.number_value) == literals.number
        case "bool_value":
            return value.bool_value is literals.boolean
        case _:
            return False


def _has(literals: Literals) -> Callable[[Value], bool]:
    folded = literals.text.translate(_FOLD)

    def test(value: Value) -> bool:
        match value.WhichOneof("kind"):
            case "string_value":
                return folded in value.string_value.translate(_FOLD)
            case "list_value":
                return any(_equals(item, literals) for item in value.list_value.values)
            case "struct_value":
                return literals.text in value.struct_value.fields
            case _:
                return _equals(value, literals)

    return test


def _ordered(compare: Callable[[Any, Any], bool], bound: str | Decimal) -> Callable[[Value], bool]:
    if isinstance(bound, Decimal):
        return lambda value: value.WhichOneof("kind") == "number_value" and compare(_decimal(value.number_value), bound)
    return lambda value: _is_text(value) and compare(value.string_value, bound)
