"""One run: a server's figures, from its first record to the last question."""

import sys
from dataclasses import dataclass, field

from benchmarks.peers.batches import Batches
from benchmarks.peers.peer import Peer
from benchmarks.peers.processes import cpu_seconds, peak_mib, resident_mib
from benchmarks.peers.questions import DATA, FOLDER, INGEST, PEAK, RESTING, SETTLED, Question

_SCANS = 10
_LOOKUPS = 50
_QUICK_SECONDS = 0.03


@dataclass(slots=True)
class Figures:
    """By name: CPU seconds of ingest, CPU milliseconds of a question, bytes a record, MiB. `answers` are what the questions found."""

    figures: dict[str, float] = field(default_factory=dict)
    answers: dict[Question, int] = field(default_factory=dict)


def measure(peer: Peer, batches: Batches, name: str) -> Figures:
    """Measure all of it, once."""
    run, records = Figures(), batches.day.records
    before = cpu_seconds(peer.processes())
    keeping = cpu_seconds(peer.merging())
    peer.ingest(batches)
    # What a keeper has merged meanwhile depends on how long it took, and counts below.
    run.figures[INGEST] = cpu_seconds(peer.processes()) - before - (cpu_seconds(peer.merging()) - keeping)
    assert peer.count() == records
    print(f"  {name}: all stored after {run.figures[INGEST]:.1f} s of CPU", file=sys.stderr)
    peer.settle()
    run.figures[SETTLED] = cpu_seconds(peer.processes()) - before
    run.figures[DATA], run.figures[FOLDER] = (size / records for size in peer.bytes_on_disk())
    for question in Question:
        _ask(peer, question, run)
        print(f"  {name}: {question}: {run.figures[question]:.1f} ms, {run.answers[question]:,} found", file=sys.stderr)
    run.figures[PEAK], run.figures[RESTING] = peak_mib(peer.processes()), resident_mib(peer.processes())
    return run


def _ask(peer: Peer, question: Question, run: Figures) -> None:
    peer.ask(question)
    began = cpu_seconds(peer.processes())
    run.answers[question] = peer.ask(question)
    # CPU time is counted in hundredths of a second, by process: what is quick is asked more often.
    times = _LOOKUPS if cpu_seconds(peer.processes()) - began <= _QUICK_SECONDS else _SCANS
    before = cpu_seconds(peer.processes())
    for _ in range(times):
        peer.ask(question)
    run.figures[question] = (cpu_seconds(peer.processes()) - before) / times * 1_000
