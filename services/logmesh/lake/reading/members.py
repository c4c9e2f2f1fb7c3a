"""Conditions on a member of a JSON object, and its text, as DuckDB says them.

Objects are in their one form (`writing/attributes`): each key once, a whole number without a fraction and with all its digits. DuckDB
gives a member as a token, `"text"`, `42`, `1.5`, `true`, `null`, `[…]`, `{…}`, whose whole numbers are exact. Numbers are compared with
the bound as doubles, which is quick: whichever is less as a double is less. Of equal ones whole numbers are compared as such, and of
others Python is asked. Lists, objects, quantities, and keys that its paths can't spell are Python's as well.
"""

from decimal import Decimal
from fractions import Fraction
from typing import Final, assert_never

from logmesh.filters.ast import Literals, MapCompare, MapEquals, MapHas, MapMatches, MapPresent, Order, Path
from logmesh.filters.quantities import NUMBER_TEXT, WHOLE, Quantity
from logmesh.lake.reading.attributes import column_test, limit_of, nearest_double, whole_limit
from logmesh.lake.reading.binding import Binding, MemberCondition
from logmesh.record.json_text import dump_json

_TEXT: Final = "(v ->> '$')"
_IS_TEXT: Final = "v < '-'"  # it begins with a quotation mark
_IS_NUMBER: Final = "v BETWEEN '-' AND ':'"  # it begins with a sign or a digit
_IS_WHOLE: Final = "NOT (contains(v, '.') OR contains(v, 'e') OR strlen(v) > 37)"
_IS_BOOLEAN: Final = "v IN ('true', 'false')"
_IS_NESTED: Final = "v[1] IN ('[', '{')"
_BEYOND_WHOLE: Final = 10**37
_LONG_DIGITS: Final = "[0-9.]{18}"
"""What a number may have that no double holds: without it in the object, its doubles are what was written."""
_MAY_DIFFER: Final = (
    "(v >= '-' AND v < '.' OR v >= '0' AND v < ':') AND (contains(v, '.') OR contains(v, 'e'))"
    " OR v >= '[' AND v < '\\' OR v >= '{' AND v < '|'"
)
"""A text that begins as a number with a fraction, a list or an object does; where texts begin, a comparison sees at once."""
_LEAST_PLAIN: Final = Decimal("0.001")
"""Lesser numbers may be written with an exponent."""


def member_test(to: Binding, node: MemberCondition) -> str:
    """The condition, never NULL."""
    if (of := to.column_of(node.path)) is None:
        return _object_test(to, node)
    own = column_test(to, node, of)
    if of.is_all and len(node.path.keys) == 1:
        return f"({of.name} IS NOT NULL AND {own})"
    return f"CASE WHEN {of.name} IS NOT NULL THEN {own} ELSE {_object_test(to, node)} END"


def _object_test(to: Binding, node: MemberCondition) -> str:
    """The condition on the object's text; where a record has none, columns say all of it."""
    asked, token = to.ask(node), _token(to, node.path)
    test = asked if token is None else to.let(token, _test(to, node, asked))
    possible = _possible(to, node)
    return f"coalesce(CASE WHEN {possible} THEN {test} END, false)" if possible else f"coalesce({test}, false)"


def object_text(to: Binding, path: Path) -> str:
    """The member's text as PostgreSQL writes it, by the object's text; NULL for none."""
    asked = to.ask(path)
    if len(path.keys) == 1 and _can_spell(path):
        # As a text at once, which is one look: a number that DuckDB may write its own way, a list and an object are Python's, as are
        # texts that look like one of these.
        text = f"({path.column} ->> {to.bind(_spell(*path.keys))})"
        return to.let(text, f"CASE WHEN {_MAY_DIFFER} THEN {asked} ELSE v END")
    token = _token(to, path)
    if token is None:
        return asked
    number = f"CASE WHEN {_is_unclear(to, path)} THEN {asked} ELSE v END"
    return to.let(
        token,
        f"CASE WHEN {_IS_TEXT} THEN {_TEXT} WHEN {_IS_NUMBER} THEN {number} WHEN {_IS_BOOLEAN} THEN v"
        f" WHEN v <> 'null' THEN {asked} END",
    )


def _token(to: Binding, path: Path) -> str | None:
    """The member as a token, NULL where there is none; None where no path of DuckDB says it."""
    if not _can_spell(path):
        return None
    whole = ".".join(path.keys)
    found = f"{path.column} -> {to.bind(_spell(whole))}"
    if len(path.keys) > 1:
        found = f"coalesce({found}, {path.column} -> {to.bind(_spell(*path.keys))})"
    return f"({found})::VARCHAR"


def _can_spell(path: Path) -> bool:
    return all(key.isprintable() and key and '"' not in key and "\\" not in key for key in path.keys)


def _spell(*keys: str) -> str:
    return "$" + "".join(f'."{key}"' for key in keys)


def _possible(to: Binding, node: MemberCondition) -> str:
    """What the object's text must contain for an equality to hold; empty where nothing is known. It takes half of what reading does."""
    if not isinstance(node, MapEquals) or node.value.structure is not None:
        return ""
    needles = [dump_json(node.value.text).decode()[1:-1]]
    if (number := node.value.number) is not None:
        if 0 < abs(number) < _LEAST_PLAIN:
            return ""
        digits = f"{number:f}"
        digits = (digits.rstrip("0").rstrip(".") if "." in digits else digits) if number else "0"
        needles = [digits] if digits in needles[0] else [*needles, digits]
    if not all(needles):
        return ""
    return "(" + " OR ".join(f"contains({node.path.column}, {to.bind(needle)})" for needle in needles) + ")"


def _test(to: Binding, node: MemberCondition, asked: str) -> str:
    """The condition on the token `v`."""
    match node:
        case MapEquals(_, literals):
            return _equals(to, literals, asked)
        case MapHas(_, literals):
            return (
                f"CASE WHEN {_IS_TEXT} THEN {to.contains(_TEXT, literals.text)}"
                f" WHEN {_IS_NESTED} THEN {asked} ELSE {_equals(to, literals, asked)} END"
            )
        case MapCompare(_, order, bound):
            return _compare(to, order, bound, asked)
        case MapMatches(_, pattern):
            matches = to.bind(pattern.re2)
            number = f"CASE WHEN {_is_unclear(to, node.path)} THEN {asked} ELSE regexp_matches(v, {matches}) END"
            return (
                f"CASE WHEN {_IS_TEXT} THEN regexp_matches({_TEXT}, {matches}) WHEN {_IS_NUMBER} THEN {number}"
                f" WHEN {_IS_BOOLEAN} THEN regexp_matches(v, {matches}) ELSE false END"
            )
        case MapPresent():
            return "v <> 'null'"
        case _:
            assert_never(node)


def _is_unclear(to: Binding, path: Path) -> str:
    """Whether a number's token may be another text than PostgreSQL writes."""
    inexact = f"contains(v, '.') AND regexp_matches({path.column}, {to.bind(_LONG_DIGITS)})"
    return f"(contains(v, 'e') OR v = '-0.0' OR {inexact})"


def _equals(to: Binding, literals: Literals, asked: str) -> str:
    cases = f"WHEN {_IS_TEXT} THEN {_TEXT} = {to.bind(literals.text)}"
    if literals.number is not None:
        number = _number(to, Order.EQ, Fraction(literals.number), asked)
        cases += f" WHEN {_IS_NUMBER} THEN {number}"
    if literals.boolean is not None:
        cases += f" WHEN {_IS_BOOLEAN} THEN v = {to.bind(literals.text)}"
    if literals.structure is not None:
        cases += f" WHEN {_IS_NESTED} THEN {asked}"
    return f"CASE {cases} ELSE false END"


def _compare(to: Binding, order: Order, bound: Literals | Decimal | Quantity, asked: str) -> str:
    match bound:
        case Literals():
            of_text = f"{_TEXT} {order.value} {to.bind(bound.text)}"
        case Quantity(kind):
            of_text = f"CASE WHEN regexp_full_match({_TEXT}, {to.bind(WHOLE[kind])}) THEN {asked} ELSE false END"
        case _:
            of_text = f"CASE WHEN regexp_full_match({_TEXT}, {to.bind(NUMBER_TEXT)}) THEN {asked} ELSE false END"
    limit = limit_of(bound)
    number = "" if limit is None else f" WHEN {_IS_NUMBER} THEN {_number(to, order, limit, asked)}"
    return f"CASE WHEN {_IS_TEXT} THEN {of_text}{number} ELSE false END"


def _number(to: Binding, order: Order, bound: Fraction, asked: str) -> str:
    """The token is a number, and compares so."""
    double = to.bind(nearest_double(bound))
    below, above = (str(order in of).lower() for of in ((Order.LT, Order.LE), (Order.GT, Order.GE)))
    equal = f"CASE WHEN {_IS_WHOLE} THEN {_whole(to, order, bound)} ELSE {asked} END"
    return (
        f"CASE WHEN try_cast(v AS DOUBLE) < {double} THEN {below}"
        f" WHEN try_cast(v AS DOUBLE) > {double} THEN {above} ELSE {equal} END"
    )


def _whole(to: Binding, order: Order, bound: Fraction) -> str:
    """How a whole number compares: as with the next whole one, up or down, bounded by what a column of them holds."""
    limit = whole_limit(order, bound, _BEYOND_WHOLE)
    return "false" if limit is None else f"v::HUGEINT {order.value} {to.bind(limit)}::HUGEINT"
