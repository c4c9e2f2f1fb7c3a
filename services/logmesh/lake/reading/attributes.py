"""Conditions on an attribute that has a column, and its text, as DuckDB says them of that column alone.

A value that is there is exact and of the column's kind; whole numbers have 18 digits at most. What DuckDB does not provably know of
one, numbers and quantities that are texts and how the largest and the least doubles are written, it asks of Python.
"""

import math
from decimal import Decimal
from fractions import Fraction
from typing import Final, assert_never

from logmesh.filters.ast import Literals, MapCompare, MapEquals, MapHas, MapMatches, MapPresent, Order, Path
from logmesh.filters.quantities import NUMBER_TEXT, WHOLE, Quantity
from logmesh.lake.reading.binding import Binding, InColumn, MemberCondition, Question
from logmesh.record.json_text import dump_json

_BEYOND_WHOLE: Final = 10**18
_LEAST_PLAIN: Final = 0.0001
_MOST_PLAIN: Final = 10**15


def column_test(to: Binding, node: MemberCondition, of: InColumn) -> str:
    """The condition on the column, where it has a value."""
    match node:
        case MapPresent():
            return "true"
        case MapEquals(_, literals):
            return _equals(to, literals, of)
        case MapHas(_, literals):
            return to.contains(of.name, literals.text) if of.kind == "text" else _equals(to, literals, of)
        case MapMatches(_, pattern):
            return f"regexp_matches({column_text(to, node.path, of)}, {to.bind(pattern.re2)})"
        case MapCompare(_, order, bound) if of.kind == "text":
            return _compare_text(to, node, order, bound, of)
        case MapCompare(_, order, bound):
            limit = limit_of(bound)
            return "false" if limit is None or of.kind == "bool" else _compare(to, order, limit, of)
        case _:
            assert_never(node)


def column_text(to: Binding, path: Path, of: InColumn) -> str:
    """The column's value as PostgreSQL writes it, NULL where it has none."""
    match of.kind:
        case "text":
            return of.name
        case "int" | "bool":
            return f"{of.name}::VARCHAR"
        case "double":  # which everybody writes alike where there is no exponent; PostgreSQL's zero has no sign
            plain = f"abs({of.name}) >= {_LEAST_PLAIN} AND abs({of.name}) < {_MOST_PLAIN}"
            return f"CASE WHEN {of.name} = 0 THEN '0.0' WHEN {plain} THEN {of.name}::VARCHAR ELSE {_asked(to, path, of)} END"
        case _:
            assert_never(of.kind)


def whole_text(to: Binding) -> str:
    """The JSON text of a record's attributes, NULL for none: its own, or what the columns say."""
    members = ", ".join(_member(to, of) for of in to.columns)
    return (
        f"coalesce(attributes, nullif('{{' || concat_ws(',', {members}) || '}}', '{{}}'))" if members else "attributes"
    )


def _member(to: Binding, of: InColumn) -> str:
    """`"key":value`, NULL without a value. What a column has of texts needs no escaping."""
    key = to.bind(dump_json(of.key).decode() + ":")
    match of.kind:
        case "text":
            return f"{key} || '\"' || {of.name} || '\"'"
        case "int" | "bool":
            return f"{key} || {of.name}"
        case "double":
            return f"{key} || to_json({of.name})"
        case _:
            assert_never(of.kind)


def limit_of(bound: Literals | Decimal | Quantity) -> Fraction | None:
    """What numbers are compared with; None where they don't compare."""
    match bound:
        case Literals():
            return None if bound.number is None else Fraction(bound.number)
        case Quantity(_, amount, unit):
            return None if unit is None else Fraction(amount) / Fraction(unit)
        case _:
            return Fraction(bound)


def whole_limit(order: Order, bound: Fraction, beyond: int) -> int | None:
    """What whole numbers below `beyond`, either way, are compared with for the same answer: the next one, up or down. None where none
    is equal."""
    if order is Order.EQ and (bound.denominator > 1 or abs(bound) >= beyond):
        return None
    limit = math.ceil(bound) if order in (Order.LT, Order.GE) else math.floor(bound)
    return max(-beyond, min(limit, beyond))


def nearest_double(number: Fraction) -> float:
    """The nearest double; an infinity beyond all of them."""
    try:
        return float(number)
    except OverflowError:
        return math.copysign(math.inf, number)


def _asked(to: Binding, question: Question, of: InColumn) -> str:
    """Python is asked about an object that has this value alone."""
    return to.ask(question, f"json_object({to.bind(of.key)}, {of.name})")


def _equals(to: Binding, literals: Literals, of: InColumn) -> str:
    match of.kind:
        case "text":
            return f"({of.name} = {to.bind(literals.text)})"
        case "bool":
            return "false" if literals.boolean is None else f"({of.name} = {str(literals.boolean).lower()})"
        case "int" | "double":
            if literals.number is None:
                return "false"
            return _compare(to, Order.EQ, Fraction(literals.number), of)
        case _:
            assert_never(of.kind)


def _compare_text(
    to: Binding, node: MemberCondition, order: Order, bound: Literals | Decimal | Quantity, of: InColumn
) -> str:
    match bound:
        case Literals():
            return f"({of.name} {order.value} {to.bind(bound.text)})"
        case Quantity(kind):
            written = WHOLE[kind]
        case _:
            written = NUMBER_TEXT
    matches = f"regexp_full_match({of.name}, {to.bind(written)})"
    return f"CASE WHEN {matches} THEN {_asked(to, node, of)} ELSE false END"


def _compare(to: Binding, order: Order, bound: Fraction, of: InColumn) -> str:
    if of.kind == "int":
        limit = whole_limit(order, bound, _BEYOND_WHOLE)
        return "false" if limit is None else f"({of.name} {order.value} {to.bind(limit)})"
    # Whichever is less as a double is less; of the same double, the number is what its shortest text says.
    double = nearest_double(bound)
    above = math.isinf(double) or Fraction(repr(double)) > bound
    below = not math.isinf(double) and Fraction(repr(double)) < bound
    match order:
        case Order.EQ:
            return "false" if above or below else f"({of.name} = {to.bind(double)})"
        case Order.LT | Order.LE:
            sign = "<=" if below or (not above and order is Order.LE) else "<"
        case _:
            sign = ">=" if above or (not below and order is Order.GE) else ">"
    return f"({of.name} {sign} {to.bind(double)})"
