"""Decides what becomes of a batch before anything is written: new, seen before, refused. No I/O, no clock."""

from collections import OrderedDict
from dataclasses import dataclass, field
from enum import Enum, auto

from logmesh.record.ranges import RangeSet
from logmesh.v1 import ingest_service_pb2 as pb

MAX_AHEAD = 65_536
"""Batches above the lowest one that is missing: hours of one producer's while the database is away. What all of them may have waiting
is bounded by the log."""
SAID_AHEAD = 65_000
"""What producers are told, a little less."""
MAX_RANGES = 1_000
REMEMBERED_CHECKSUMS = 256
FORKED = "batch {seq} came before with other bytes, or after other batches: two producers share a spool id"


class Seen(Enum):
    """What the processor knows of a batch that comes in."""

    NEW = auto()
    WAITING = auto()  # on its way into the log; the acknowledgement will come
    LOGGED = auto()
    COMMITTED = auto()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a batch is not taken, as `Nack` says it."""

    code: "pb.NackCode.ValueType"
    reason: str
    retry_after_seconds: float | None = None


@dataclass(slots=True)
class SpoolState:
    """One spool as this processor knows it: what is committed, what is logged here, checksums of the last batches."""

    committed: RangeSet = field(default_factory=RangeSet)
    floor: int = 1  # lowest number that the producer can still send; what is missing below is lost and in the ledger
    abandoned: RangeSet = field(default_factory=RangeSet)  # numbers above it that will not come either
    waiting: set[int] = field(default_factory=set)
    logged: set[int] = field(default_factory=set)
    checksums: OrderedDict[int, int] = field(default_factory=OrderedDict)
    producer: str = ""
    principal: str = ""
    provisional: bool = False  # the ledger was not asked at the last Hello: then what is missing below is not known
    ranges: int = 0  # how many of what is logged were begun since then

    def admit(self, seq: int, crc: int) -> Seen | Refusal:
        """Judge a batch; one that is NEW counts as waiting from now on."""
        known = self.checksums.get(seq)
        if known is not None and known != crc:
            return Refusal(pb.NACK_CODE_ABORTED, FORKED.format(seq=seq))
        if seq in self.committed:
            return Seen.COMMITTED
        if seq in self.logged:
            return Seen.LOGGED
        if seq in self.waiting:
            return Seen.WAITING
        refusal = self._out_of_reach(seq) if self.provisional else self._out_of_order(seq)
        if refusal is not None:
            return refusal
        self.waiting.add(seq)
        self.checksums[seq] = crc
        while len(self.checksums) > max(REMEMBERED_CHECKSUMS, len(self.waiting) + len(self.logged)):
            self.checksums.popitem(last=False)
        return Seen.NEW

    def _out_of_order(self, seq: int) -> Refusal | None:
        lowest = self.lowest_awaited()
        if seq > lowest + MAX_AHEAD:
            return Refusal(pb.NACK_CODE_OUT_OF_RANGE, f"batch {seq} is too far ahead: {lowest} is missing", 1)
        if len(self.committed) >= MAX_RANGES and seq != lowest and self._gaps() >= MAX_RANGES:
            return Refusal(pb.NACK_CODE_OUT_OF_RANGE, f"too many gaps: send batch {lowest} first", 1)
        return None

    def _out_of_reach(self, seq: int) -> Refusal | None:
        """The same where what is missing below is not known: what is here may have as many batches and ranges."""
        under_way = len(self.waiting) + len(self.logged)
        if under_way > MAX_AHEAD:
            return Refusal(pb.NACK_CODE_OUT_OF_RANGE, f"{under_way} batches wait here for the database", 1)
        if seq - 1 in self.waiting or seq - 1 in self.logged or seq - 1 in self.committed:
            return None
        if self.ranges >= MAX_RANGES:
            return Refusal(pb.NACK_CODE_OUT_OF_RANGE, "too many gaps: send the batch before first", 1)
        self.ranges += 1
        return None

    def _gaps(self) -> int:
        """How many ranges may still come between those that are committed. What was abandoned is no gap that anything fills."""
        settled = RangeSet(self.abandoned)
        settled.add(0, self.floor - 1)
        for first, last in self.committed:
            settled.add(first, last)
        return len(settled)

    def lowest_awaited(self) -> int:
        """The least number that is not committed and may still come."""
        lowest = self.committed.lowest_missing(self.floor)
        while (past := self.abandoned.lowest_missing(lowest)) != lowest:
            lowest = self.committed.lowest_missing(past)
        return lowest

    def set_logged(self, seq: int) -> None:
        """The batch is durable here."""
        self.waiting.discard(seq)
        self.logged.add(seq)

    def set_refused(self, seq: int) -> None:
        """The batch is not on this disk, or not any more; it may be sent again."""
        self.waiting.discard(seq)
        self.logged.discard(seq)
        self.checksums.pop(seq, None)

    def set_committed(self, seq: int) -> None:
        """The batch is in the database."""
        self.logged.discard(seq)
        self.committed.add(seq)

    def idle(self) -> bool:
        """Whether nothing of the spool is under way here, so that this state may be forgotten."""
        return not self.waiting and not self.logged
