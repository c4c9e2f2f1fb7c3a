"""What the pipeline holds and misses, as plain values; see `results`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from logmesh.client.moments import from_timestamp
from logmesh.v1 import pipeline_service_pb2 as pb
from logmesh.v1.ingest_service_pb2 import SeqRange

Ranges = tuple[tuple[int, int], ...]
"""Numbers of batches as (first, last), both included: the first hundred ranges of them."""


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """What the database holds of one producer's spool: of batches 1 to `last_seq` all but `missing_batches`.

    `lost` are those of the `missing` that the producer says it does not hold any more. `lag` is how long the batches that were
    committed last had waited in a processor's log, of them the oldest; None, as `last_commit`, where nothing was committed.
    """

    spool_id: str
    producer: str
    last_seq: int
    missing: Ranges
    stored: int
    dead_letters: int
    last_commit: datetime | None
    lag: timedelta | None
    missing_batches: int
    lost: Ranges

    @classmethod
    def of(cls, entry: pb.LedgerEntry) -> Self:
        """From the message."""
        return cls(
            entry.spool_id,
            entry.producer,
            entry.last_seq,
            _ranges(entry.missing),
            entry.stored,
            entry.dead_letters,
            from_timestamp(entry.last_commit_time) if entry.HasField("last_commit_time") else None,
            entry.lag.ToTimedelta() if entry.HasField("lag") else None,
            # A gateway of before counts none, and lists all ranges.
            entry.missing_batches or sum(gap.last - gap.first + 1 for gap in entry.missing),
            _ranges(entry.lost),
        )


@dataclass(frozen=True, slots=True)
class ProcessorState:
    """One processor; of one that does not answer only `name` is known, and `version` is empty.

    `lag` is the age of the oldest batch that is logged and not committed, `unwritten_batches` counts these; `wal_fill` is 0 to 1.

    Since its start: records `stored`, records `rejected` by reason, and `write_errors`, attempts at the database that failed and
    were made again.
    """

    name: str
    ready: bool
    track: str
    version: str
    streams: int
    tails: int
    wal_bytes: int
    wal_fill: float
    unwritten_batches: int
    lag: timedelta | None
    stored: int
    rejected: Mapping[str, int]
    write_errors: int

    @classmethod
    def of(cls, state: pb.ProcessorState) -> Self:
        """From the message."""
        return cls(
            state.name,
            state.ready,
            state.track,
            state.version,
            state.streams,
            state.tails,
            state.wal_bytes,
            state.wal_fill,
            state.unwritten_batches,
            state.lag.ToTimedelta() if state.HasField("lag") else None,
            state.stored,
            dict(state.rejected),
            state.write_errors,
        )


@dataclass(frozen=True, slots=True)
class Summary:
    """The pipeline in a few figures; see `GetSummaryResponse` in protos/logmesh/v1/pipeline_service.proto.

    `lag` is None when no processor answers: then it is not known, and `last_commit` says when the newest batch was stored.
    """

    lost_batches: int
    unaccounted_batches: int
    lag: timedelta | None
    stored: int
    dead_letters: int
    producers: int
    processors_ready: int
    processors: int
    processors_answering: int
    last_commit: datetime | None

    @classmethod
    def of(cls, answer: pb.GetSummaryResponse) -> Self:
        """From the message."""
        return cls(
            answer.lost_batches,
            answer.unaccounted_batches,
            answer.lag.ToTimedelta() if answer.HasField("lag") else None,
            answer.stored,
            answer.dead_letters,
            answer.producers,
            answer.processors_ready,
            answer.processors,
            answer.processors_answering,
            from_timestamp(answer.last_commit_time) if answer.HasField("last_commit_time") else None,
        )


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that an operator must know of, and that stays until it is acknowledged or is over.

    `kind` is ``lost``, ``unaccounted``, or one that a later server adds; `numbers` are those of its `batches`, where they have some.
    `since` is when it became known, None where that was not noted, and `advice` what it means and what to do.
    """

    kind: str
    spool_id: str
    producer: str
    batches: int
    numbers: Ranges
    since: datetime | None
    advice: str

    @classmethod
    def of(cls, fact: pb.Fact) -> Self:
        """From the message."""
        return cls(
            fact.kind,
            fact.spool_id,
            fact.producer,
            fact.batches,
            _ranges(fact.numbers),
            from_timestamp(fact.since) if fact.HasField("since") else None,
            fact.advice,
        )

    def message(self) -> pb.Fact:
        """What of it names it to a server."""
        numbers = [SeqRange(first=first, last=last) for first, last in self.numbers]
        return pb.Fact(
            kind=self.kind, spool_id=self.spool_id, producer=self.producer, batches=self.batches, numbers=numbers
        )


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """A fact that was acknowledged: what, who did it, why and when. `producer` is the name that the spool's had then."""

    kind: str
    spool_id: str
    producer: str
    batches: int
    numbers: Ranges
    by: str
    reason: str
    time: datetime

    @classmethod
    def of(cls, found: pb.Acknowledgement) -> Self:
        """From the message."""
        return cls(
            found.kind,
            found.spool_id,
            found.producer,
            found.batches,
            _ranges(found.numbers),
            found.by,
            found.reason,
            from_timestamp(found.time),
        )


def _ranges(ranges: Iterable[SeqRange]) -> Ranges:
    return tuple((part.first, part.last) for part in ranges)
