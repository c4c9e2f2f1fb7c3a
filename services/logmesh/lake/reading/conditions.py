"""The filter tree as a condition over the columns of a file of the lake, for DuckDB. Every text a user wrote is a bound parameter.

DuckDB's regular expressions are RE2, its texts compare by bytes, and case is spelt out as everywhere. Of JSON it says what it provably
knows; the rest it asks of Python, by row and number of the question (`answers`).
"""

from collections.abc import Sequence
from typing import assert_never

from logmesh.filters.ast import (
    And,
    IdEquals,
    IdPresent,
    MapCompare,
    MapEquals,
    MapHas,
    MapMatches,
    MapPresent,
    Node,
    Not,
    Or,
    Path,
    SeverityCompare,
    TextCompare,
    TextContains,
    TextMatches,
    TextPresent,
    TimeCompare,
)
from logmesh.filters.fields import LEVELS, Column, Field
from logmesh.filters.regex import Regex
from logmesh.filters.sql import MAX_VALUE_CHARACTERS
from logmesh.lake.attribute_columns import AttributeColumn
from logmesh.lake.reading.attributes import column_text, whole_text
from logmesh.lake.reading.binding import Binding
from logmesh.lake.reading.members import member_test, object_text


class Conditions(Binding):
    """Writes conditions and values of one statement; `parameters` and `questions` are those of all that it has written."""

    def over(self, columns: Sequence[AttributeColumn]) -> "Conditions":
        """Who writes another part of the same statement, about files with these columns."""
        other = Conditions(columns)
        other.parameters, other.questions = self.parameters, self.questions
        return other

    def condition(self, node: Node) -> str:
        """The condition. It is never NULL."""
        match node:
            case And():
                return "(" + " AND ".join(map(self.condition, node.children)) + ")" if node.children else "true"
            case Or():
                return "(" + " OR ".join(map(self.condition, node.children)) + ")" if node.children else "false"
            case Not():
                return f"(NOT {self.condition(node.child)})"
            case TextCompare(column, order, value):
                return f"({column} {order.value} {self.bind(value)})"
            case TextContains(column, value):
                return self.contains(column, value)
            case TextMatches(column, pattern):
                return self._text_matches(column, pattern)
            case TextPresent(column):
                return f"({column} <> '')"
            case SeverityCompare(order, number):
                return f"(severity {order.value} {self.bind(number)})"
            case TimeCompare(order, unix_nano):
                return f"(time {order.value} {self.bind(unix_nano)})"
            case IdEquals(column, value):
                # An id of zeros is none, and stored as none.
                return f"({column} IS NOT NULL AND {column} = {self.bind(value)})" if any(value) else "false"
            case IdPresent(column):
                return f"({column} IS NOT NULL)"
            case MapEquals() | MapHas() | MapCompare() | MapMatches() | MapPresent():
                return member_test(self, node)
            case _:
                assert_never(node)

    def attributes(self) -> str:
        """The JSON text of a record's attributes, NULL for none."""
        return whole_text(self)

    def value(self, field: Field) -> str:
        """A field's value as text, NULL for none."""
        match field:
            case Column("level"):
                return f"{self.bind(list(LEVELS))}[(severity + 3) // 4]"
            case Column("service"):
                return "service"
            case Column():
                return "nullif(instance, '')"
            case Path():
                return self._member(field)

    def key(self, field: Field, values: Sequence[str]) -> str:
        """Which of `values` the field has: its place, counted from 1; 0 for none, one more than there are for any other."""
        if field == Column("level") and tuple(values) == LEVELS:
            return "((severity + 3) // 4)"
        place = f"coalesce(list_position({self.bind(list(values))}, v), {len(values) + 1})"
        return self.let(self.value(field), f"CASE WHEN v IS NULL THEN 0 ELSE {place} END")

    def _member(self, path: Path) -> str:
        of = self.column_of(path)
        own = "" if of is None else column_text(self, path, of)
        if of is not None and of.kind == "text":
            # Not by `let`: of a dictionary's text, a function is computed once.
            own = f"CASE WHEN length({own}) BETWEEN 1 AND {MAX_VALUE_CHARACTERS} THEN {own} END"
        if of is not None and of.is_all and len(path.keys) == 1:
            return own
        text = self.let(
            object_text(self, path), f"CASE WHEN length(v) <= {MAX_VALUE_CHARACTERS} THEN nullif(v, '') END"
        )
        return text if of is None else f"CASE WHEN {of.name} IS NOT NULL THEN {own} ELSE {text} END"

    def _text_matches(self, column: str, pattern: Regex) -> str:
        """What every match contains is looked for first: that takes less than a match."""
        matches = f"regexp_matches({column}, {self.bind(pattern.re2)})"
        if not pattern.literal:
            return matches
        return f"(contains({column}, {self.bind(pattern.literal)}) AND {matches})"
