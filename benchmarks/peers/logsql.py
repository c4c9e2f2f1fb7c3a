"""The questions in LogsQL."""

import json

from benchmarks.peers.day import Day
from benchmarks.peers.questions import Question


def queries(day: Day) -> dict[Question, tuple[str, int]]:
    """Queries, and how many of the newest records are asked for: 0 for all. A service is a field of a stream."""
    asked, counted = day.asked, " | stats count() n"
    service = f'{{service.name="{asked.service}"}}'
    return {
        Question.PHRASE: (f'"{asked.phrase}"' + counted, 0),
        Question.SUBSTRING: (f'~"{asked.phrase[1:-1]}"' + counted, 0),
        Question.REGEX: (f"~{json.dumps(asked.regex)}" + counted, 0),
        Question.HISTOGRAM: ("* | stats by (_time:1m, severity_text) count() records", 0),
        Question.TOP: ("* | top 10 by (route)", 0),
        Question.EQUAL: ("status:=503" + counted, 0),
        Question.TRACE: (f'trace_id:="{asked.trace}"', 0),
        Question.WARNINGS: (f"{service} severity_number:in(13,17)", 100),
        Question.LAST: ("*", 100),
        Question.RARE: (f'"{asked.rare}"', 100),
        Question.NUMBER: (f'"{asked.number}"', 100),
        Question.NOWHERE: (f'"{asked.nowhere}"', 100),
        Question.FIRST: (f'"{asked.phrase}"', 1),
    }
