"""What a gateway answers, as plain values: times are aware datetimes in UTC, spans of time are timedeltas."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Self

from logmesh.client.moments import from_timestamp
from logmesh.client.record import Record, from_message
from logmesh.record.severity import severity_name
from logmesh.v1 import query_service_pb2 as pb
from logmesh.v1.record_pb2 import LogRecord


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
    than `start` when the server's time ran out: what is before it was not counted. `exact` is False then, and where a field has too
    many values to be sure which are the most frequent.
    """

    start: datetime
    width: timedelta
    series: tuple[Series, ...]
    previous: tuple[int, ...]
    counted_from: datetime
    exact: bool

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
            answer.exact,
        )

    def totals(self) -> list[int]:
        """The sum of all series, by bucket."""
        return [sum(counts) for counts in zip(*(one.counts for one in self.series), strict=True)]


@dataclass(frozen=True, slots=True)
class Facet:
    """The most frequent values of a field with their counts, the most frequent first.

    `rest` counts records with other values or none; `exact` is False when only the newest `counted` were looked at, which are those
    from `counted_from` on (None from a server of before).
    """

    field: str
    values: tuple[tuple[str, int], ...]
    rest: int
    counted: int
    exact: bool
    counted_from: datetime | None

    @classmethod
    def of(cls, facet: pb.Facet) -> Self:
        """From the message."""
        values = tuple((value.value, value.count) for value in facet.values)
        since = from_timestamp(facet.counted_from) if facet.HasField("counted_from") else None
        return cls(facet.field, values, facet.rest, facet.counted, facet.exact, since)


@dataclass(frozen=True)
class Trace:
    """A trace's records, oldest first. `truncated` says that there are more, `cached` that they came from the cache.

    `messages` are the records as they came; see `Search.messages`.
    """

    messages: tuple[LogRecord, ...] = field(repr=False)
    truncated: bool
    cached: bool

    @cached_property
    def records(self) -> tuple[Record, ...]:
        """Made of the messages when they are asked for, which is most of the work."""
        return tuple(map(from_message, self.messages))

    @classmethod
    def of(cls, answer: pb.GetTraceResponse) -> Self:
        """From the message."""
        return cls(tuple(answer.records), answer.truncated, answer.cached)


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
    """One service's records and errors, and those of the period before.

    `expected_errors` is what its traffic leads to expect; `errors_rose` and `fatal_rose` say what is beyond that and beyond chance.
    `silent`: it wrote steadily before and writes nothing now.
    """

    service: str
    records: int
    errors: int
    previous_records: int
    previous_errors: int
    fatal: int = 0
    previous_fatal: int = 0
    expected_errors: float = 0.0
    errors_rose: bool = False
    fatal_rose: bool = False
    silent: bool = False

    @classmethod
    def of(cls, change: pb.ServiceChange) -> Self:
        """From the message."""
        return cls(
            change.service, change.records, change.errors, change.previous_records, change.previous_errors,
            change.fatal, change.previous_fatal, change.expected_errors, change.errors_rose, change.fatal_rose, change.silent,
        )  # fmt: skip
