"""What a gateway answers, as plain values: times are aware datetimes in UTC, spans of time are timedeltas."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from logmesh.client.moments import from_timestamp
from logmesh.client.record import Record, from_message
from logmesh.record.severity import severity_name
from logmesh.v1 import query_service_pb2 as pb


@dataclass(frozen=True, slots=True)
class Series:
    """Counts by bucket of one value; `is_rest` is the sum of all values that are not told apart."""

    value: str
    is_rest: bool
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts over time. Bucket `n` is from ``start + n * width`` on.

    `previous` holds the totals of the period of the same length before, empty unless asked for. `counted_from` is later
    than `start` when the server's time ran out: what is before it was not counted.
    """

    start: datetime
    width: timedelta
    series: tuple[Series, ...]
    previous: tuple[int, ...]
    counted_from: datetime

    @classmethod
    def of(cls, answer: pb.HistogramResponse) -> Self:
        """From the message."""
        start = from_timestamp(answer.start_time)
        return cls(
            start,
            answer.width.ToTimedelta(),
            tuple(Series(one.value, one.is_rest, tuple(one.counts)) for one in answer.series),
            tuple(answer.previous),
            from_timestamp(answer.counted_from) if answer.HasField("counted_from") else start,
        )

    def totals(self) -> list[int]:
        """The sum of all series, by bucket."""
        return [sum(counts) for counts in zip(*(one.counts for one in self.series), strict=True)]


@dataclass(frozen=True, slots=True)
class Facet:
    """The most frequent values of a field with their counts, the most frequent first.

    `rest` counts records with other values or none; `exact` is False when only the newest `counted` were looked at.
    """

    field: str
    values: tuple[tuple[str, int], ...]
    rest: int
    counted: int
    exact: bool

    @classmethod
    def of(cls, facet: pb.Facet) -> Self:
        """From the message."""
        values = tuple((value.value, value.count) for value in facet.values)
        return cls(facet.field, values, facet.rest, facet.counted, facet.exact)


@dataclass(frozen=True, slots=True)
class Trace:
    """A trace's records, oldest first. `truncated` says that there are more, `cached` that they came from the cache."""

    records: tuple[Record, ...]
    truncated: bool
    cached: bool

    @classmethod
    def of(cls, answer: pb.GetTraceResponse) -> Self:
        """From the message."""
        return cls(tuple(map(from_message, answer.records)), answer.truncated, answer.cached)


@dataclass(frozen=True, slots=True)
class Context:
    """What the same instance logged before and after a record, oldest first; the record is ``records[index]``."""

    records: tuple[Record, ...]
    index: int

    @classmethod
    def of(cls, answer: pb.GetContextResponse) -> Self:
        """From the message."""
        return cls(tuple(map(from_message, answer.records)), answer.index)


@dataclass(frozen=True, slots=True)
class Pattern:
    """One template, ``<*>`` where bodies vary. `severity` is that of the most severe record; `is_new` says that the period
    of the same length before had none."""

    template: str
    count: int
    severity: str
    services: tuple[str, ...]
    example: Record
    is_new: bool


@dataclass(frozen=True, slots=True)
class Patterns:
    """Templates, the most frequent first; `exact` is False when only the newest `counted` records were looked at."""

    patterns: tuple[Pattern, ...]
    counted: int
    exact: bool

    @classmethod
    def of(cls, answer: pb.ListPatternsResponse) -> Self:
        """From the message."""
        patterns = tuple(
            Pattern(
                one.template,
                one.count,
                severity_name(one.severity_number),
                tuple(one.services),
                from_message(one.example),
                one.is_new,
            )
            for one in answer.patterns
        )
        return cls(patterns, answer.counted, answer.exact)


@dataclass(frozen=True, slots=True)
class ServiceChange:
    """One service's records and errors, and those of the period before."""

    service: str
    records: int
    errors: int
    previous_records: int
    previous_errors: int

    @classmethod
    def of(cls, change: pb.ServiceChange) -> Self:
        """From the message."""
        return cls(change.service, change.records, change.errors, change.previous_records, change.previous_errors)
