"""The AST as a WHERE clause for logmesh.records. Every text a user wrote is a bound parameter, never SQL."""

import json
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import assert_never

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
from logmesh.filters.fields import LEVELS, Column, Field
from logmesh.filters.folding import fold_ascii, has_case
from logmesh.filters.quantities import NUMBER_TEXT, PART, UNITS, WHOLE, Kind, Quantity
from logmesh.filters.regex import Regex, folded_text

MAX_VALUE_CHARACTERS = 256
"""Longer values are not told apart: they count as none."""

_TEXT: dict[TextColumn, str] = {"service": "service", "instance": "instance", "body": "body"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def compile_sql(node: Node, first_parameter: int = 1) -> tuple[str, list[object]]:
    """Return the condition and its parameters, numbered from ``$first_parameter``. The condition is never NULL."""
    writer = _Writer(first_parameter)
    return writer.condition(node), writer.parameters


def compile_value(field: Field, first_parameter: int = 1) -> tuple[str, list[object]]:
    """Return an expression for a field's value as text, NULL for none, and its parameters."""
    writer = _Writer(first_parameter)
    return writer.text_of(field), writer.parameters


def compile_key(field: Field, values: Sequence[str], first_parameter: int = 1) -> tuple[str, list[object]]:
    """Return an expression for which of `values` the field has, and its parameters.

    It is the value's place, counted from 1; 0 for a record without a value, one more than there are for any other.
    """
    if field == Column("level") and tuple(values) == LEVELS:
        return "((severity + 3) / 4)", []
    writer = _Writer(first_parameter)
    value = writer.text_of(field)
    place = f"coalesce(array_position({writer.bind(list(values), 'text[]')}, {value}), {len(values) + 1})"
    return f"(CASE WHEN {value} IS NULL THEN 0 ELSE {place} END)", writer.parameters


def like_escape(text: str) -> str:
    """`text` as LIKE takes it literally."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


class _Writer:
    def __init__(self, first: int) -> None:
        self._first = first
        self.parameters: list[object] = []

    def bind(self, value: object, sql_type: str) -> str:
        self.parameters.append(value)
        return f"${self._first + len(self.parameters) - 1}::{sql_type}"

    def condition(self, node: Node) -> str:
        match node:
            case And():
                return "(" + " AND ".join(map(self.condition, node.children)) + ")" if node.children else "TRUE"
            case Or():
                return "(" + " OR ".join(map(self.condition, node.children)) + ")" if node.children else "FALSE"
            case Not():
                return f"(NOT {self.condition(node.child)})"
            case TextCompare(column, order, value):
                # Equality keeps the column's own collation: an index can serve it, and all agree on what is equal.
                collate = "" if order is Order.EQ else ' COLLATE "C"'
                return f"({_TEXT[column]}{collate} {order.value} {self.bind(value, 'text')})"
            case TextContains(column, value):
                return self.contains(_TEXT[column], value)
            case TextMatches(column, pattern):
                return self.text_matches(_TEXT[column], pattern)
            case TextPresent(column):
                return f"({_TEXT[column]} <> '')"
            case SeverityCompare(order, number):
                return f"(severity {order.value} {self.bind(number, 'smallint')})"
            case TimeCompare(order, unix_nano):
                microseconds, ns = divmod(unix_nano, 1000)
                time = self.bind(_EPOCH + timedelta(microseconds=microseconds), "timestamptz")
                return f"((time, ns) {order.value} ({time}, {self.bind(ns, 'smallint')}))"
            case IdEquals("trace_id", value):
                return f"(trace_id IS NOT NULL AND trace_id = {self.bind(uuid.UUID(bytes=value), 'uuid')})"
            case IdEquals(_, value):
                span = self.bind(int.from_bytes(value, "big", signed=True), "bigint")
                return f"(span_id IS NOT NULL AND span_id = {span})"
            case IdPresent(column):
                return "(trace_id IS NOT NULL)" if column == "trace_id" else "(span_id IS NOT NULL)"
            case MapEquals(path, literals):
                return f"coalesce({self.value(path)} = {self.any_of(_json_values(literals))}, false)"
            case MapHas(path, literals):
                return self.has(path, literals)
            case MapCompare(path, order, bound):
                return self.compare(path, order, bound)
            case MapMatches(path, pattern):
                member = self.value(path)
                matches = f"({member} #>> '{{}}') {self.matches(pattern.postgresql)}"
                return f"coalesce(jsonb_typeof({member}) IN ('string', 'number', 'boolean') AND {matches}, false)"
            case MapPresent(path):
                return f"coalesce(jsonb_typeof({self.value(path)}) <> 'null', false)"
            case _:
                assert_never(node)

    def text_of(self, field: Field) -> str:
        match field:
            case Column("level"):
                return f"({self.bind(list(LEVELS), 'text[]')})[(severity + 3) / 4]"
            case Column("service"):
                return "service"
            case Column():
                return "nullif(instance, '')"
            case Path():
                text = f"({self.value(field)} #>> '{{}}')"
                return f"CASE WHEN length({text}) <= {MAX_VALUE_CHARACTERS} THEN nullif({text}, '') END"

    def contains(self, value: str, text: str) -> str:
        if has_case(text):
            return f"({value} {self.matches(folded_text(text).postgresql)})"
        # ASCII letters alone change case under "C". Lowering a body and looking for bytes in it takes three quarters of ILIKE.
        return f'(strpos(lower({value} COLLATE "C"), {self.bind(fold_ascii(text), "text")}) > 0)'

    def text_matches(self, column: str, pattern: Regex) -> str:
        """What every match contains is looked for first: that takes a third of what a pattern takes, or less."""
        if len(pattern.folded_literal) > len(pattern.literal):
            # CASE, because what costs more by the planner's count would be looked at last.
            begins = self.contains(column, pattern.folded_literal)
            return f"(CASE WHEN {begins} THEN {column} {self.matches(pattern.postgresql)} ELSE false END)"
        matches = f"{column} {self.matches(pattern.postgresql)}"
        if not pattern.literal:
            return f"({matches})"
        literal = self.bind(f"%{like_escape(pattern.literal)}%", "text")
        return f'({column} LIKE {literal} COLLATE "C" AND {matches})'

    def matches(self, pattern: str) -> str:
        return f'~ {self.bind(pattern, "text")} COLLATE "C"'

    def value(self, path: Path) -> str:
        """The jsonb at `path`, NULL where there is none."""
        column = "attributes" if path.column == "attributes" else "resource"
        whole = f"({column} -> {self.bind('.'.join(path.keys), 'text')})"
        if len(path.keys) == 1:
            return whole
        # Step by step: the operator for whole paths would take "0" for an index into a list.
        steps = " -> ".join(self.bind(key, "text") for key in path.keys)
        return f"coalesce({whole}, {column} -> {steps})"

    def any_of(self, values: list[str]) -> str:
        return f"ANY({self.bind(values, 'jsonb[]')})"

    def has(self, path: Path, literals: Literals) -> str:
        member, scalars = self.value(path), self.any_of(_scalars(literals))
        contains = self.contains(f"({member} #>> '{{}}')", literals.text)
        same = ""
        if literals.structure is not None:
            same = f" OR {member} = {self.bind(literals.structure, 'jsonb')}"
        return (
            f"coalesce(CASE jsonb_typeof({member})"
            f" WHEN 'string' THEN {contains}"
            f" WHEN 'array' THEN {member} @> {scalars}{same}"
            f" WHEN 'object' THEN {member} ? {self.bind(literals.text, 'text')}{same}"
            f" ELSE {member} = {scalars} END, false)"
        )

    def compare(self, path: Path, order: Order, bound: Literals | Decimal | Quantity) -> str:
        # CASE, because AND promises no order and a cast fails for what is no number.
        member = self.value(path)
        text = f"({member} #>> '{{}}')"
        match bound:
            case Literals():
                of_text = f'{text} COLLATE "C" {order.value} {self.bind(bound.text, "text")}'
                of_number = ""
                if bound.number is not None:
                    of_number = f"({member})::numeric {order.value} {self.bind(bound.number, 'numeric')}"
            case Quantity(kind, amount, number_unit):
                limit = self.bind(amount, "numeric")
                of_text = f"CASE WHEN {text} {self.whole(WHOLE[kind])} THEN {self.amount(text, kind)} {order.value} {limit} END"
                of_number = ""
                if number_unit is not None:
                    of_number = f"({member})::numeric * {self.bind(number_unit, 'numeric')} {order.value} {limit}"
            case _:
                limit = self.bind(bound, "numeric")
                of_number = f"({member})::numeric {order.value} {limit}"
                is_number = self.whole(NUMBER_TEXT)
                of_text = f"CASE WHEN {text} {is_number} THEN {text}::numeric {order.value} {limit} END"
        number = f" WHEN 'number' THEN {of_number}" if of_number else ""
        return f"coalesce(CASE jsonb_typeof({member}) WHEN 'string' THEN {of_text}{number} END, false)"

    def whole(self, pattern: str) -> str:
        return self.matches(f"^(?:{pattern})$")

    def amount(self, text: str, kind: Kind) -> str:
        """What a quantity's text is in nanoseconds or bytes: the sum of its parts."""
        units, part = UNITS[kind], self.bind(PART[kind], "text")
        worths = self.bind(list(units.values()), "numeric[]")
        place = (
            f"array_position({self.bind(list(units), 'text[]')}, {'lower(part[2])' if kind == 'size' else 'part[2]'})"
        )
        parts = f'regexp_matches({text} COLLATE "C", {part}, {self.bind("g", "text")}) AS part'
        worth = f"sum(part[1]::numeric * ({worths})[{place}])"
        return f"(SELECT {worth} FROM {parts})"  # noqa: S608  # all values are bound


def _scalars(literals: Literals) -> list[str]:
    values = [json.dumps(literals.text)]
    if literals.number is not None:
        values.append(str(literals.number))
    if literals.boolean is not None:
        values.append(json.dumps(literals.boolean))
    return values


def _json_values(literals: Literals) -> list[str]:
    return _scalars(literals) + ([] if literals.structure is None else [literals.structure])
