"""Batches in memory until they are committed: what a client without a disk has for a spool.

It survives lost connections and restarted processors, and nothing that ends its own process.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from logmesh.record.batch import encode_batch
from logmesh.record.ranges import RangeSet
from logmesh.v1.record_pb2 import LogColumns


@dataclass(frozen=True, slots=True)
class Held:
    """A batch's message, and how many records it has."""

    seq: int
    count: int
    message: bytes


class MemorySpool:
    """An `Outbox` that holds what is not committed, and nothing else. For one thread."""

    def __init__(self, max_bytes: int) -> None:
        self.spool_id = str(uuid.uuid4())
        self._max_bytes = max_bytes
        self._epoch = 0
        self._next_seq = 1
        self._held: dict[int, Held] = {}  # in order of number
        self._bytes = 0

    def hold(self, columns: LogColumns) -> int:
        """Number a batch and hold it; return the number. Raises ValueError for one that is too large."""
        held = Held(self._next_seq, len(columns.bodies), encode_batch(self._next_seq, columns, compress=False))
        self._next_seq += 1
        self._held[held.seq] = held
        self._bytes += len(held.message)
        return held.seq

    def leave_to_parent(self) -> None:
        """The child has a copy, which it forgets."""

    def close(self) -> None:
        """Nothing of it outlives the process."""

    def has_room(self) -> bool:
        """Whether another batch may come."""
        return self._bytes < self._max_bytes

    def next_epoch(self) -> int:
        """See `Outbox`."""
        self._epoch += 1
        return self._epoch

    def lowest_seq(self) -> int:
        """See `Outbox`."""
        return next(iter(self._held), 0)

    def last_seq(self) -> int:
        """See `Outbox`."""
        return next(reversed(self._held), 0)

    def after(self, seq: int) -> list[int]:
        """See `Outbox`."""
        newer = []
        for number in reversed(self._held):
            if number <= seq:
                break
            newer.append(number)
        return newer[::-1]

    def lowest_uncommitted(self) -> int:
        """See `Outbox`."""
        return self.lowest_seq()

    def uncommitted(self) -> int:
        """See `Outbox`."""
        return len(self._held)

    def reconcile(self, committed: RangeSet) -> list[int]:
        """See `Outbox`."""
        self._drop([seq for seq in self._held if seq in committed])
        return list(self._held)

    def read(self, seq: int) -> bytes:
        """See `Outbox`; nothing here is ever damaged."""
        return self._held[seq].message

    def commit(self, first: int, last: int) -> int:
        """See `Outbox`."""
        numbers = range(first, last + 1) if last - first < len(self._held) else self._held
        return self._drop([seq for seq in numbers if first <= seq <= last and seq in self._held])

    def set_aside(self, seq: int, reason: str) -> str:
        """See `Outbox`; there is no place to keep it."""
        if seq not in self._held:
            raise KeyError(seq)
        self._drop([seq])
        return "dropped, for there is no spool"

    def give_up(self, seq: int) -> None:
        """See `Outbox`."""
        self._drop([seq])

    def abandoned(self) -> RangeSet:
        """See `Outbox`: whatever lies between those that are held is committed or was refused."""
        held = RangeSet((seq, seq) for seq in self._held)
        lowest = self.lowest_seq()
        return RangeSet((first, last) for first, last in held.missing() if first >= lowest)

    def _drop(self, numbers: Iterable[int]) -> int:
        records = 0
        for seq in numbers:
            held = self._held.pop(seq)
            self._bytes -= len(held.message)
            records += held.count
        return records
