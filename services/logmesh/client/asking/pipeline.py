"""What the pipeline holds and misses, as plain values; see `results`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from logmesh.client.moments import from_timestamp
from logmesh.v1 import pipeline_service_pb2 as pb


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """What the database holds of one producer's spool: of batches 1 to `last_seq` all but `missing_batches`.

    `missing` holds the first hundred ranges of these as (first, last), both included. `lag` is the time from the newest record
    to its commit.
    """

    spool_id: str
    producer: str
    last_seq: int
    missing: tuple[tuple[int, int], ...]
    stored: int
    dead_letters: int
    last_commit: datetime | None
    lag: timedelta | None
    missing_batches: int

    @classmethod
    def of(cls, entry: pb.LedgerEntry) -> Self:
        """From the message."""
        return cls(
            entry.spool_id,
            entry.producer,
            entry.last_seq,
            tuple((gap.first, gap.last) for gap in entry.missing),
            entry.stored,
            entry.dead_letters,
            from_timestamp(entry.last_commit_time) if entry.HasField("last_commit_time") else None,
            entry.lag.ToTimedelta() if entry.HasField("lag") else None,
            # A gateway of before counts none, and lists all ranges.
            entry.missing_batches or sum(gap.last - gap.first + 1 for gap in entry.missing),
        )


@dataclass(frozen=True, slots=True)
class ProcessorState:
    """One processor. `lag` is the age of the oldest batch that is logged and not committed; `wal_fill` is 0 to 1.

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
