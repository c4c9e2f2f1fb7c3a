"""The pipeline's state as JSON values: counts are numbers, durations seconds, and null is what is not known."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from google.protobuf.json_format import MessageToDict

from logmesh.cli.status_report import Part, Report
from logmesh.v1.ingest_service_pb2 import SeqRange
from logmesh.v1.pipeline_service_pb2 import Acknowledgement, Fact, GetSummaryResponse, LedgerEntry, ProcessorState


def as_plain(report: Report) -> dict[str, Any]:
    """All of it; `failures` says why something is null or empty that may not be."""
    summary = None if report.summary.failure else report.summary.value
    return {
        "lost_batches": summary and summary.lost_batches,
        "unaccounted_batches": summary and summary.unaccounted_batches,
        "lag_seconds": summary and seconds_of(summary),
        "last_commit_time": summary and _time(summary, "last_commit_time"),
        "facts": [_fact(fact) for fact in report.facts.value.rows],
        "facts_total": report.facts.value.total,
        "producers": [_entry(entry) for entry in report.ledger.value.rows],
        "producers_total": report.ledger.value.total,
        "processors": [_state(state) for state in report.processors.value],
        "processors_answering": len(report.answering),
        "streams_by_track": streams_by_track(report.processors.value),
        "failures": _failures(
            summary=report.summary, ledger=report.ledger, facts=report.facts, processors=report.processors
        ),
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
        "time": _time(found, "time"),
    }


def streams_by_track(states: Iterable[ProcessorState]) -> dict[str, int]:
    """How many streams are open on the processors of each track, the largest first."""
    streams: Counter[str] = Counter()
    for state in states:
        if state.track:
            streams[state.track] += state.streams
    return dict(streams.most_common())


def seconds_of(message: LedgerEntry | ProcessorState | GetSummaryResponse) -> float | None:
    """Its lag; None where that is not known."""
    return message.lag.ToNanoseconds() / 1e9 if message.HasField("lag") else None


def missing_batches(entry: LedgerEntry) -> int:
    """How many batches below `last_seq` were not received; gateways of before count none and list all ranges."""
    return entry.missing_batches or sum(gap.last - gap.first + 1 for gap in entry.missing)


def _failures(**parts: Part[Any]) -> dict[str, str]:
    return {name: part.failure for name, part in parts.items() if part.failure}


def _fact(fact: Fact) -> dict[str, Any]:
    return {
        "kind": fact.kind,
        "producer": fact.producer,
        "spool_id": fact.spool_id,
        "batches": fact.batches,
        "numbers": _pairs(fact.numbers),
        "since": _time(fact, "since"),
        "advice": fact.advice,
    }


def _entry(entry: LedgerEntry) -> dict[str, Any]:
    return {
        "producer": entry.producer,
        "spool_id": entry.spool_id,
        "last_seq": entry.last_seq,
        "missing": _pairs(entry.missing),
        "missing_batches": missing_batches(entry),
        "lost": _pairs(entry.lost),
        "stored": entry.stored,
        "dead_letters": entry.dead_letters,
        "last_commit_time": _time(entry, "last_commit_time"),
        "lag_seconds": seconds_of(entry),
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
        "lag_seconds": seconds_of(state),
        "stored": state.stored,
        "rejected": dict(state.rejected),
        "write_errors": state.write_errors,
    }


def _pairs(ranges: Iterable[SeqRange]) -> list[list[int]]:
    return [[part.first, part.last] for part in ranges]


def _time(message: Any, name: str) -> str | None:
    return str(MessageToDict(getattr(message, name))) if message.HasField(name) else None
