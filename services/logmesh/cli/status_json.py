"""The pipeline's state as JSON values: counts are numbers, durations seconds, and null is what is not known."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from logmesh.cli.status_report import Report
from logmesh.client.asking.pipeline import Acknowledgement, Fact, LedgerEntry, ProcessorState, Ranges
from logmesh.client.moments import to_timestamp


def as_plain(report: Report) -> dict[str, Any]:
    """All of it; `failures` says why something is null or empty that may not be."""
    summary = report.summary
    return {
        "lost_batches": summary and summary.lost_batches,
        "unaccounted_batches": summary and summary.unaccounted_batches,
        "lag_seconds": summary and _seconds(summary.lag),
        "last_commit_time": summary and _time(summary.last_commit),
        "facts": [_fact(fact) for fact in report.facts],
        "facts_total": report.facts.total,
        "producers": [_entry(entry) for entry in report.ledger],
        "producers_total": report.ledger.total,
        "processors": [_state(state) for state in report.processors],
        "processors_answering": len(report.answering),
        "streams_by_track": streams_by_track(report.processors),
        "failures": dict(report.failures),
    }


def as_plain_acknowledgement(found: Acknowledgement) -> dict[str, Any]:
    """Who acknowledged what, when and why."""
    return {
        "kind": found.kind,
        "producer": found.producer,
        "spool_id": found.spool_id,
        "batches": found.batches,
        "numbers": _pairs(found.numbers),
        "by": found.by,
        "reason": found.reason,
        "time": _time(found.time),
    }


def streams_by_track(states: Iterable[ProcessorState]) -> dict[str, int]:
    """How many streams are open on the processors of each track, the largest first."""
    streams: Counter[str] = Counter()
    for state in states:
        if state.track:
            streams[state.track] += state.streams
    return dict(streams.most_common())


def _fact(fact: Fact) -> dict[str, Any]:
    return {
        "kind": fact.kind,
        "producer": fact.producer,
        "spool_id": fact.spool_id,
        "batches": fact.batches,
        "numbers": _pairs(fact.numbers),
        "since": _time(fact.since),
        "advice": fact.advice,
    }


def _entry(entry: LedgerEntry) -> dict[str, Any]:
    return {
        "producer": entry.producer,
        "spool_id": entry.spool_id,
        "last_seq": entry.last_seq,
        "missing": _pairs(entry.missing),
        "missing_batches": entry.missing_batches,
        "lost": _pairs(entry.lost),
        "stored": entry.stored,
        "dead_letters": entry.dead_letters,
        "last_commit_time": _time(entry.last_commit),
        "lag_seconds": _seconds(entry.lag),
    }


def _state(state: ProcessorState) -> dict[str, Any]:
    return {
        "name": state.name,
        "ready": state.ready,
        "track": state.track,
        "version": state.version,
        "streams": state.streams,
        "wal_bytes": state.wal_bytes,
        "unwritten_batches": state.unwritten_batches,
        "lag_seconds": _seconds(state.lag),
        "stored": state.stored,
        "rejected": dict(state.rejected),
        "write_errors": state.write_errors,
    }


def _pairs(ranges: Ranges) -> list[list[int]]:
    return [list(numbers) for numbers in ranges]


def _seconds(lag: timedelta | None) -> float | None:
    return None if lag is None else lag.total_seconds()


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else to_timestamp(moment).ToJsonString()
