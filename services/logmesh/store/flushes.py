"""Flushes: transactions in which records were stored, and the order in which that was."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from logmesh.live.offer import Span
from logmesh.v1.record_pb2 import LogRecord


class Flush(NamedTuple):
    """What one transaction stored at `received` (microseconds since 1970), with times from `oldest` to before `newest`."""

    received: int
    oldest: datetime
    newest: datetime
    spans: Sequence[Span]
    """Positions of whole batches, or those of them that are asked for."""

    @property
    def has_records(self) -> bool:
        """Whether it stored more than dead letters."""
        return self.oldest < self.newest


class StoredAt(NamedTuple):
    """A place in the order in which records were stored: microseconds since 1970, spool, position."""

    received: int = 0
    spool: int = 0
    position: int = 0


class StoredPart(NamedTuple):
    """Records behind a place, each with its own; `whole` where no more follow."""

    records: Sequence[tuple[StoredAt, LogRecord]]
    whole: bool
