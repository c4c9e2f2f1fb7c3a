"""What is asked of each server, and what else is measured of it, with the aims."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class Question(StrEnum):
    """A question; its answer is a number of records, or of rows."""

    PHRASE = "count of a phrase"
    SUBSTRING = "count of a part of a phrase"
    REGEX = "count of a regular expression"
    HISTOGRAM = "histogram by minute and level"
    TOP = "top 10 of an attribute"
    EQUAL = "count where an attribute = a value"
    TRACE = "trace by id"
    WARNINGS = "last 100 of a service's warnings"
    LAST = "last 100"
    RARE = "newest 100 of a rare word"
    NUMBER = "newest 100 of a rare number"
    NOWHERE = "newest 100 of what is nowhere"
    FIRST = "first row of a phrase"


INGEST, SETTLED = "ingest, until on disk and counted", "settled, all merging included"
DATA, FOLDER = "records' own files", "whole folder"
PEAK, RESTING = "sum of the processes' peaks", "at rest behind the questions"


@dataclass(frozen=True, slots=True)
class Aim:
    """`times`: the other takes so many times as much, at least; `ratio`: Logmesh takes that part of the other, at most; `at most`: it
    takes no more, in the figure's own unit."""

    kind: Literal["times", "ratio", "at most"]
    bound: float

    def kept(self, other: float | None, ours: float) -> bool | None:
        """None where it can't be said."""
        if self.kind == "at most":
            return ours <= self.bound
        if other is None:
            return None
        return other >= self.bound * ours if self.kind == "times" else ours <= self.bound * other

    def __str__(self) -> str:
        return {"times": f"≥ {self.bound:g} ×", "ratio": f"≤ {self.bound:g}", "at most": f"≤ {self.bound:g} in all"}[
            self.kind
        ]


AIMS: dict[str, Aim] = {
    INGEST: Aim("times", 3.0),
    SETTLED: Aim("times", 1.8),
    DATA: Aim("ratio", 0.9),
    Question.PHRASE: Aim("ratio", 1.1),
    Question.SUBSTRING: Aim("ratio", 1.1),
    Question.REGEX: Aim("ratio", 1.1),
    Question.HISTOGRAM: Aim("ratio", 0.4),
    Question.TOP: Aim("ratio", 0.3),
    Question.EQUAL: Aim("ratio", 0.7),
    Question.TRACE: Aim("at most", 12),
    Question.WARNINGS: Aim("at most", 8),
    Question.RARE: Aim("at most", 20),
    Question.NOWHERE: Aim("at most", 3),
    Question.FIRST: Aim("at most", 15),
}
