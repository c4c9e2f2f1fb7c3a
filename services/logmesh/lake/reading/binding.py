"""What is bound to a statement for DuckDB, and the phrases that its conditions are made of."""

import re
from typing import Final

from logmesh.filters.ast import MapCompare, MapEquals, MapHas, MapMatches, MapPresent, Path
from logmesh.filters.folding import has_case
from logmesh.filters.regex import folded_text

_ASCII_LETTER: Final = re.compile("[a-zA-Z]")

Question = MapEquals | MapHas | MapCompare | MapMatches | MapPresent | Path
"""What DuckDB asks of a JSON object: whether the condition holds, or which text is there."""


class Binding:
    """`parameters` in the order of their numbers, from 1, and the `questions` that the statement asks, by theirs, from 0."""

    def __init__(self) -> None:
        self.parameters: list[object] = []
        self.questions: list[Question] = []

    def bind(self, value: object) -> str:
        """A value's place in the statement."""
        self.parameters.append(value)
        return f"${len(self.parameters)}"

    def ask(self, question: Question) -> str:
        """A question to Python about the object in the question's column."""
        self.questions.append(question)
        if isinstance(question, Path):
            return f"text_within({question.column}, {len(self.questions) - 1})"
        return f"holds_within({question.path.column}, {len(self.questions) - 1})"

    def let(self, value: str, expression: str) -> str:
        """`expression`, in which `v` is the value, computed once."""
        return f"list_transform([{value}], lambda v: {expression})[1]"

    def contains(self, value: str, text: str) -> str:
        """Whether a text contains `text`, whatever the case."""
        if not has_case(text) and not _ASCII_LETTER.search(text):
            return f"contains({value}, {self.bind(text)})"
        # Not lower(): it folds more, and takes twice as long as letters of either case.
        return f"regexp_matches({value}, {self.bind(folded_text(text).re2)})"
