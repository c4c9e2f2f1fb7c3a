"""Cuts batches by count, size and age. It holds no clock and does no I/O: time is an argument.

A batch is made of whole chunks, so that the positions that go with it are exactly where its records end.
"""

from dataclasses import dataclass
from typing import Final

from logmesh.producer.sources import Chunk, Position
from logmesh.record.columns import ColumnsBuilder
from logmesh.v1.record_pb2 import LogColumns

MAX_RECORDS: Final = 1_000
MAX_BYTES: Final = 1 << 20
MAX_AGE_SECONDS: Final = 0.5


@dataclass(frozen=True, slots=True)
class CutBatch:
    """Columns ready for `encode_link`, and where the sources stand after them; None forgets an entry.

    `count` may be 0 when only positions have changed: they are then to be kept without a batch.
    """

    columns: LogColumns
    count: int
    positions: dict[str, Position | None]


class Batcher:
    """Gathers chunks. Ask `room` for how much to read, `add` what came, and `cut` when `seconds_left` is over."""

    def __init__(
        self,
        max_records: int = MAX_RECORDS,
        max_bytes: int = MAX_BYTES,
        max_age_seconds: float = MAX_AGE_SECONDS,
    ) -> None:
        self._max_records = max_records
        self._max_bytes = max_bytes
        self._max_age_seconds = max_age_seconds
        self._start()

    def _start(self) -> None:
        self._builder = ColumnsBuilder()
        self._positions: dict[str, Position | None] = {}
        self._began_at: float | None = None

    @property
    def room(self) -> int:
        """How many records the next chunk may have, at least 1."""
        return self._max_records - len(self._builder)

    def seconds_left(self, now: float) -> float | None:
        """How long until the oldest record is too old to wait, 0 when it is; None when nothing waits."""
        if self._began_at is None:
            return None
        return max(0.0, self._began_at + self._max_age_seconds - now)

    def add(self, chunk: Chunk, now: float, observed_unix_nano: int) -> list[CutBatch]:
        """Takes a chunk in and gives the batches that are due: at most two.

        `now` is in seconds of any steady clock, `observed_unix_nano` the time of reading.
        """
        due = []
        size = chunk_bytes(chunk)
        if len(self._builder) and (self._builder.size + size > self._max_bytes or len(chunk) > self.room):
            due.append(self.cut(observed_unix_nano))
        if self._began_at is None and (len(chunk) or chunk.positions):
            self._began_at = now
        self._builder.extend(
            chunk.times,
            chunk.severities,
            chunk.severity_texts,
            chunk.bodies,
            chunk.attributes,
            chunk.trace_ids,
            chunk.span_ids,
            chunk.origins,
        )
        self._positions |= chunk.positions
        if self.room <= 0 or self._builder.size >= self._max_bytes or self.seconds_left(now) == 0:
            due.append(self.cut(observed_unix_nano))
        return due

    def cut(self, observed_unix_nano: int) -> CutBatch:
        """What waits, as a batch, and begins anew; its count is 0 when no record waits."""
        cut = CutBatch(self._builder.build(observed_unix_nano), len(self._builder), self._positions)
        self._start()
        return cut


def chunk_bytes(chunk: Chunk) -> int:
    """About how many bytes a chunk takes; see `ColumnsBuilder.size`."""
    return 46 * len(chunk) + sum(map(len, chunk.bodies)) + sum(map(len, chunk.attributes))
