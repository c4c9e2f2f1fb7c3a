"""What is bound to a statement for DuckDB, and the phrases that its conditions are made of."""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from logmesh.filters.ast import MapCompare, MapEquals, MapHas, MapMatches, MapPresent, Path
from logmesh.filters.folding import has_case
from logmesh.filters.regex import folded_text
from logmesh.lake.attribute_columns import AttributeColumn, Kind, column_name

_ASCII_LETTER: Final = re.compile("[a-zA-Z]")

MemberCondition = MapEquals | MapHas | MapCompare | MapMatches | MapPresent
Question = MemberCondition | Path
"""What DuckDB asks of a JSON object: whether the condition holds, or which text is there."""


class InColumn(NamedTuple):
    """An attribute's column in some files; `is_all` where no record has the attribute otherwise."""

    name: str
    key: str
    kind: Kind
    is_all: bool


class Binding:
    """`parameters` in the order of their numbers, from 1, and the `questions` that the statement asks, by theirs, from 0.

    What it writes is about files with these `columns` of attributes.
    """

    def __init__(self, columns: Sequence[AttributeColumn] = ()) -> None:
        self.parameters: list[object] = []
        self.questions: list[Question] = []
        self.columns = [
            InColumn(column_name(place), column.key, column.kind, column.others == 0)
            for place, column in enumerate(columns)
        ]

    def column_of(self, path: Path) -> InColumn | None:
        """The column of the attribute that has the whole path as its key."""
        if path.column != "attributes":
            return None
        return next((of for of in self.columns if of.key == ".".join(path.keys)), None)

    def bind(self, value: object) -> str:
        """A value's place in the statement."""
        self.parameters.append(value)
        return f"${len(self.parameters)}"

    def ask(self, question: Question, about: str = "") -> str:
        """A question to Python about an object: the one in the question's column where no other is named."""
        self.questions.append(question)
        name, path = ("text_within", question) if isinstance(question, Path) else ("holds_within", question.path)
        return f"{name}({about or path.column}, {len(self.questions) - 1})"

    def let(self, value: str, expression: str) -> str:
        """`expression`, in which `v` is the value, computed once."""
        return f"list_transform([{value}], lambda v: {expression})[1]"

    def contains(self, value: str, text: str) -> str:
        """Whether a text contains `text`, whatever the case."""
        if not has_case(text) and not _ASCII_LETTER.search(text):
            return f"contains({value}, {self.bind(text)})"
        # Not lower(): it folds more, and takes twice as long as letters of either case.
        return f"regexp_matches({value}, {self.bind(folded_text(text).re2)})"
