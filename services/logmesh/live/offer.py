"""Records that were looked at together: those that matched, as bytes, and the positions that need not be looked at again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Span(NamedTuple):
    """Positions of one spool, both ends included."""

    spool: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Offer:
    """Serialised `LogRecord`s that matched, of `looked` records at `spans`, which came at `came_unix_nano`."""

    spans: Sequence[Span]
    records: Sequence[bytes]
    looked: int
    came_unix_nano: int
    size: int
    """Bytes of the records."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """`dropped` matching records of `looked` at `spans` that were left out; they came from `start` to before `end`."""

    spans: Sequence[Span]
    dropped: int
    looked: int
    start_unix_nano: int
    end_unix_nano: int
