"""What DuckDB asks of Python while it runs a statement: whether a JSON object holds a condition, and which text it has at a path.

The predicate answers, as it does for live records: there is one truth, and it is asked where DuckDB's own could differ.
"""

from collections.abc import Callable, Sequence

import duckdb
from duckdb.func import FunctionNullHandling

from logmesh.filters.ast import Path
from logmesh.filters.predicate import compile_predicate, compile_text
from logmesh.lake.reading.binding import Question
from logmesh.record.attributes import attributes_from_json
from logmesh.v1.record_pb2 import LogRecord


class Answers:
    """The functions of one connection; `questions` are those of the statement that runs."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._answers: list[Callable[[str], bool | str | None]] = []
        for name, kind in (("holds_within", "BOOLEAN"), ("text_within", "VARCHAR")):
            connection.create_function(
                name, self._answer, ["VARCHAR", "INTEGER"], kind, null_handling=FunctionNullHandling.SPECIAL
            )

    def prepare(self, questions: Sequence[Question]) -> None:
        """Take the questions of the next statement."""
        self._answers = [_answer(question) for question in questions]

    def _answer(self, text: str | None, number: int) -> bool | str | None:
        return None if text is None else self._answers[number](text)


def _answer(question: Question) -> Callable[[str], bool | str | None]:
    about: Callable[[LogRecord], bool | str | None]
    if isinstance(question, Path):
        column, about = question.column, compile_text(question)
    else:
        column, about = question.path.column, compile_predicate(question)

    def answer(text: str) -> bool | str | None:
        record = LogRecord()
        into = record.attributes if column == "attributes" else record.resource.attributes
        attributes_from_json(text.encode(), into)
        return about(record)

    return answer
