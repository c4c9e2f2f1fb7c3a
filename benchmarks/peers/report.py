"""Medians of the runs as a table, with what was aimed at."""

import statistics
from collections.abc import Mapping, Sequence

from benchmarks.peers.questions import AIMS, DATA, FOLDER, INGEST, PEAK, RESTING, SETTLED, Question
from benchmarks.peers.run import Figures

_UNITS = {INGEST: "CPU s", SETTLED: "CPU s", DATA: "B/record", FOLDER: "B/record", PEAK: "MiB", RESTING: "MiB"}
_ROWS = (INGEST, SETTLED, DATA, FOLDER, *Question, PEAK, RESTING)


def report(runs: Mapping[str, Sequence[Figures]], ours: str) -> str:
    """Lines of the table: `ours` among the peers' runs beside one other, or alone."""
    other = next((name for name in runs if name != ours), None)
    lines = [f"{'':<46}{other or '':>16}{ours:>16}{'ratio':>8}   aim"]
    for row in _ROWS:
        got = {name: statistics.median(run.figures[row] for run in mine) for name, mine in runs.items()}
        theirs = got.get(other or "")
        aim = AIMS.get(row)
        kept = aim and aim.kept(theirs, got[ours])
        said = f"{aim}{'' if kept or kept is None else '  MISSED'}" if aim else ""
        beside = f"{theirs:>16.1f}" if theirs is not None else " " * 16
        ratio = f"{got[ours] / theirs:>8.2f}" if theirs else " " * 8
        unit = _UNITS.get(row, "CPU ms")
        lines.append(f"{f'{row}, {unit}':<46}{beside}{got[ours]:>16.1f}{ratio}   {said}".rstrip())
    return "\n".join([*lines, *_disagreements(runs)])


def _disagreements(runs: Mapping[str, Sequence[Figures]]) -> list[str]:
    """Questions to which answers differ: their figures are of different work."""
    found = {question: {name: mine[-1].answers[question] for name, mine in runs.items()} for question in Question}
    return [f"answers differ: {question}: {each}" for question, each in found.items() if len(set(each.values())) > 1]
