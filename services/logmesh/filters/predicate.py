"""The AST as a function of a record, for records that are not in the database yet. It answers as the SQL does."""

import json
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from math import isfinite
from typing import Any, assert_never

import re2

from logmesh.filters.ast import (
    And,
    IdEquals,
    IdPresent,
    Literals,
    MapCompare,
    MapEquals,
    MapHas,
    MapLeaf,
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
from logmesh.filters.folding import fold_ascii, has_case
from logmesh.filters.quantities import NUMBER_TEXT, Quantity, amount_of, in_units
from logmesh.filters.regex import folded_text
from logmesh.filters.values import read_structure
from logmesh.record.values import BYTES_KEY, Values, decimal_of, json_bytes, json_double, json_value
from logmesh.v1.record_pb2 import AnyValue, LogRecord

Predicate = Callable[[LogRecord], bool]
ValueTest = Callable[[AnyValue], bool]

_NUMBER_TEXT = re.compile(NUMBER_TEXT)

COMPARE: Mapping[Order, Callable[[Any, Any], bool]] = {
    Order.EQ: operator.eq,
    Order.LT: operator.lt,
    Order.LE: operator.le,
    Order.GT: operator.gt,
    Order.GE: operator.ge,
}
"""What tells whether a value is in this order to a bound."""


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
            read, compare = _TEXT[column], COMPARE[order]
            return lambda record: compare(read(record), text)
        case TextContains(column, text):
            read, contains = _TEXT[column], _contains(text)
            return lambda record: contains(read(record))
        case TextMatches(column, pattern):
            read, search = _TEXT[column], re2.compile(pattern.re2).search
            return lambda record: search(read(record)) is not None
        case TextPresent(column):
            read = _TEXT[column]
            return lambda record: read(record) != ""
        case SeverityCompare(order, number):
            compare = COMPARE[order]
            return lambda record: compare(record.severity_number, number)
        case TimeCompare(order, unix_nano):
            compare = COMPARE[order]
            return lambda record: compare(record.time_unix_nano, unix_nano)
        case IdEquals("trace_id", value):
            return lambda record: record.trace_id == value and any(value)
        case IdEquals(_, value):
            return lambda record: record.span_id == value and any(value)
        case IdPresent("trace_id"):
            return lambda record: any(record.trace_id)
        case IdPresent():
            return lambda record: any(record.span_id)
        case MapEquals() | MapHas() | MapCompare() | MapMatches() | MapPresent():
            return _on_value(node.path, compile_value_test(node))
        case _:
            assert_never(node)


def compile_value_test(node: MapLeaf) -> ValueTest:
    """Return what tells whether the value at the node's path, where there is one, is as the node says."""
    match node:
        case MapEquals(_, literals):
            return _equals(literals)
        case MapHas(_, literals):
            return _has(literals)
        case MapCompare(_, order, bound):
            return _ordered(COMPARE[order], bound)
        case MapMatches(_, pattern):
            search = re2.compile(pattern.re2).search
            return lambda value: (text := _text_of(value)) is not None and search(text) is not None
        case MapPresent():
            return lambda value: value.WhichOneof("kind") is not None
        case _:
            assert_never(node)


def compile_text(path: Path) -> Callable[[LogRecord], str | None]:
    """Return what gives the value at `path` as text, None for none, as `compile_value` has it."""
    whole, keys = ".".join(path.keys), path.keys

    def text(record: LogRecord) -> str | None:
        values = record.attributes if path.column == "attributes" else record.resource.attributes
        value = _find(values, whole, keys)
        if value is None or value.WhichOneof("kind") is None:
            return None
        found = _text_of(value)
        return _written(json_value(value)) if found is None else found

    return text


_TEXT: dict[TextColumn, Callable[[LogRecord], str]] = {
    "service": lambda record: record.resource.service_name or "unknown_service",
    "instance": lambda record: record.resource.service_instance_id,
    "body": lambda record: record.body,
}


def _contains(text: str) -> Callable[[str], bool]:
    """Whether a text contains `text`, in whatever case."""
    if has_case(text):
        search = re2.compile(folded_text(text).re2).search
        return lambda value: search(value) is not None
    folded = fold_ascii(text)
    return lambda value: folded in fold_ascii(value)


def _on_value(path: Path, test: ValueTest) -> Predicate:
    whole, keys = ".".join(path.keys), path.keys

    def predicate(record: LogRecord) -> bool:
        values = record.attributes if path.column == "attributes" else record.resource.attributes
        value = _find(values, whole, keys)
        return value is not None and test(value)

    return predicate


def _find(values: Values, whole: str, keys: tuple[str, ...]) -> AnyValue | None:
    if whole in values:
        return values[whole]
    *above, last = keys
    for key in above:
        if key not in values:
            return None
        value = values[key]
        if value.HasField("bytes_value") and last == BYTES_KEY and key == above[-1]:
            return AnyValue(string_value=json_bytes(value.bytes_value)[BYTES_KEY])
        values = value.kvlist_value.values
    return values.get(last)


def _is_text(value: AnyValue) -> bool:
    return value.WhichOneof("kind") == "string_value"


def _text_of(value: AnyValue) -> str | None:
    """A text, a number or a boolean as PostgreSQL writes it; None for anything else."""
    if _is_text(value):
        return value.string_value
    if value.HasField("bool_value"):
        return "true" if value.bool_value else "false"
    # Its zero has no sign.
    return None if (number := _number(value)) is None else f"{number or abs(number):f}"


def _number(value: AnyValue) -> Decimal | None:
    """The number that the database holds, as it is written there; None for what is none."""
    match value.WhichOneof("kind"):
        case "int_value":
            return Decimal(value.int_value)
        case "double_value" if isfinite(value.double_value):
            held = json_double(value.double_value)
            return held if isinstance(held, Decimal) else Decimal(repr(held))
        case "decimal_value":
            number = decimal_of(value)
            return number if isinstance(number, Decimal) else None
        case _:
            return None


def _equals(literals: Literals) -> Callable[[AnyValue], bool]:
    structure = None if literals.structure is None else read_structure(literals.structure)

    def test(value: AnyValue) -> bool:
        match value.WhichOneof("kind"):
            case "string_value":
                return value.string_value == literals.text
            case "int_value" | "double_value" | "decimal_value":
                return literals.number is not None and _number(value) == literals.number
            case "bool_value":
                return value.bool_value is literals.boolean
            case "array_value" | "kvlist_value" | "bytes_value":
                return structure is not None and _same(json_value(value), structure)
            case _:
                return False

    return test


def _same(value: Any, other: Any) -> bool:
    """Whether two values of JSON are the same to PostgreSQL: numbers by their worth, members in any order."""
    match value:
        case list():
            return isinstance(other, list) and len(value) == len(other) and all(map(_same, value, other))
        case dict():
            if not isinstance(other, dict) or value.keys() != other.keys():
                return False
            return all(_same(item, other[key]) for key, item in value.items())
        case bool() | None:
            return value is other
        case int() | float() | Decimal():
            return isinstance(other, Decimal) and Decimal(str(value)) == other
        case _:
            return isinstance(other, str) and value == other


def _written(value: Any) -> str:
    """A value of JSON as PostgreSQL writes it: short members first."""
    match value:
        case list():
            return f"[{', '.join(map(_written, value))}]"
        case dict():
            members = sorted(value.items(), key=lambda member: (len(member[0].encode()), member[0].encode()))
            return f"{{{', '.join(f'{_written(name)}: {_written(one)}' for name, one in members)}}}"
        case float() | Decimal():
            number = Decimal(str(value))
            return f"{number or abs(number):f}"
        case _:
            return json.dumps(value, ensure_ascii=False)


def _has(literals: Literals) -> Callable[[AnyValue], bool]:
    contains, equals = _contains(literals.text), _equals(literals)
    # A list within a list is no item that a filter names.
    is_item = _equals(replace(literals, structure=None))

    def test(value: AnyValue) -> bool:
        match value.WhichOneof("kind"):
            case "string_value":
                return contains(value.string_value)
            case "array_value":
                return any(map(is_item, value.array_value.values)) or equals(value)
            case "kvlist_value":
                return literals.text in value.kvlist_value.values or equals(value)
            case "bytes_value":
                return literals.text == BYTES_KEY or equals(value)
            case _:
                return equals(value)

    return test


def _ordered(compare: Callable[[Any, Any], bool], bound: Literals | Decimal | Quantity) -> Callable[[AnyValue], bool]:
    match bound:
        case Quantity(kind, amount, number_unit):

            def of_quantity(value: AnyValue) -> bool:
                found: Decimal | None
                if number_unit is not None and (number := _number(value)) is not None:
                    found = in_units(number, number_unit)
                else:
                    found = amount_of(value.string_value, kind) if _is_text(value) else None
                return found is not None and compare(found, amount)

            return of_quantity
        case Literals():

            def of_text(value: AnyValue) -> bool:
                if bound.number is not None and (number := _number(value)) is not None:
                    return compare(number, bound.number)
                return _is_text(value) and compare(value.string_value, bound.text)

            return of_text
        case Decimal():

            def of_number(value: AnyValue) -> bool:
                number = _number(value)
                if number is None and _is_text(value) and _NUMBER_TEXT.fullmatch(value.string_value):
                    number = Decimal(value.string_value)
                return number is not None and compare(number, bound)

            return of_number
