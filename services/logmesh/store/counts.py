"""Figures that stores answer with, and the buckets they are asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from logmesh.store.time_range import TimeRange


@dataclass(frozen=True, slots=True)
class Buckets:
    """`count` buckets of `width_nano` from `start_unix_nano` on; the last ends at or after the end of the range."""

    start_unix_nano: int
    width_nano: int
    count: int
    range: TimeRange
    """What is counted: the range asked for, whose ends may lie within the first and the last bucket."""

    def index(self, unix_nano: int) -> int:
        """The bucket of a time."""
        return (unix_nano - self.start_unix_nano) // self.width_nano

    def before(self) -> "Buckets":
        """As many buckets before these; the first and the last are as far from whole as those of these."""
        nano = self.count * self.width_nano
        return Buckets(max(0, self.start_unix_nano - nano), self.width_nano, self.count, self.range.earlier(nano))


class KeyCount(NamedTuple):
    """Records of a bucket whose value is the key-th of those asked for, from 1 on: 0 is no value, one more than there are any other."""

    bucket: int
    key: int
    records: int


class ValueCount(NamedTuple):
    """Records of a bucket by value: `value` is None for records without one and, where `is_rest`, for those not named."""

    bucket: int
    value: str | None
    is_rest: bool
    records: int


class FieldCounts(NamedTuple):
    """The most frequent values of a field with their records, the most first; equal ones by their text.

    `counted` records were counted, those without a value among them. Where they are the newest so many, `oldest_unix_nano` is the
    oldest of them, to the minute at least.
    """

    values: Sequence[tuple[str, int]]
    counted: int = 0
    oldest_unix_nano: int = 0


@dataclass(frozen=True, slots=True)
class Totals:
    """What a service wrote in a period; `minutes` is in how many of them, `oldest` and `newest` are the first and the last."""

    records: int = 0
    errors: int = 0
    fatal: int = 0
    minutes: int = 0
    oldest: datetime | None = None
    newest: datetime | None = None
