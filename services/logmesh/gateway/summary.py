"""The pipeline in a few figures: pure sums over the ledger and the processors' states."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from google.protobuf.duration_pb2 import Duration

from logmesh.v1.ingest_service_pb2 import SeqRange
from logmesh.v1.pipeline_service_pb2 import GetSummaryResponse, LedgerEntry, ProcessorState

HEARD_WITHIN = timedelta(hours=1)
_LAGGING_WITHIN = timedelta(minutes=1)


def summarize(
    entries: Iterable[LedgerEntry], processors: Sequence[ProcessorState], now: datetime
) -> GetSummaryResponse:
    """Sum up what was heard of within the last hour before `now`, which is naive UTC.

    While a processor is away, or has batches in its log, what is missing may be with it: then nothing is called lost.
    """
    heard = [entry for entry in entries if _age(entry, now) <= HEARD_WITHIN]
    missing = sum(_count(entry.missing) for entry in heard)
    settled = all(state.ready and not state.unwritten_batches for state in processors)
    lost = sum(_count(entry.lost) for entry in heard) if settled else 0
    lags = [state.lag.ToNanoseconds() for state in processors]
    lags += [entry.lag.ToNanoseconds() for entry in heard if _age(entry, now) <= _LAGGING_WITHIN]
    lag = Duration()
    lag.FromNanoseconds(max(lags, default=0))
    return GetSummaryResponse(
        lost_batches=lost,
        unaccounted_batches=missing - lost,
        lag=lag,
        stored=sum(entry.stored for entry in heard),
        dead_letters=sum(entry.dead_letters for entry in heard),
        producers=len(heard),
        processors_ready=sum(state.ready for state in processors),
        processors=len(processors),
    )


def _age(entry: LedgerEntry, now: datetime) -> timedelta:
    return now - entry.last_commit_time.ToDatetime() if entry.HasField("last_commit_time") else timedelta.max


def _count(ranges: Iterable[SeqRange]) -> int:
    return sum(part.last - part.first + 1 for part in ranges)
