"""Batches in memory until they are committed: what a client without a disk has for a spool.

It survives lost connections and restarted processors, and nothing that ends its own process.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from logmesh.client.delivering.lanes import Divergence, HeldLane, Known, Lane, Lanes, Verdict, judge
from logmesh.record.batch import encode_link
from logmesh.v1.record_pb2 import LogColumns


@dataclass(frozen=True, slots=True)
class Held:
    """A batch's message and chain, and how many records it has."""

    place: int
    count: int
    chain: int
    message: bytes


class MemorySpool:
    """An `Outbox` that holds what is not committed, and nothing else. For one thread."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._lanes = Lanes()
        self._lanes.begin()
        self._held: dict[int, Held] = {}  # by place, in its order
        self._bytes = 0

    @property
    def spool_id(self) -> str:
        """The identity of what is held from now on."""
        return self._lanes.newest.spool_id

    def hold(self, columns: LogColumns) -> int:
        """Number a batch and hold it; return its place. Raises ValueError for one that is too large."""
        lane = self._lanes.newest
        message, chain = encode_link(lane.last_seq + 1, columns, False, lane.spool_id, lane.chain)
        lane.last_seq, lane.chain = lane.last_seq + 1, chain
        held = Held(lane.offset + lane.last_seq, len(columns.bodies), chain, message)
        self._held[held.place] = held
        self._bytes += len(message)
        return held.place

    def leave_to_parent(self) -> None:
        """The child has a copy, which it forgets."""

    def close(self) -> None:
        """Nothing of it outlives the process."""

    def has_room(self) -> bool:
        """Whether another batch may come."""
        return self._bytes < self._max_bytes

    def held(self) -> list[HeldLane]:
        """See `Outbox`: whatever lies between those that are held is committed or was refused."""
        by_lane: dict[str, list[int]] = {}
        for place in self._held:
            lane, seq = self._lanes.at(place)
            by_lane.setdefault(lane.spool_id, []).append(seq)
        self._lanes.forget({lane.spool_id for lane in self._lanes} - by_lane.keys())
        return self._lanes.held(by_lane)

    def lane(self, spool_id: str) -> Lane | None:
        """See `Outbox`."""
        return self._lanes.named(spool_id)

    def at(self, place: int) -> tuple[Lane, int]:
        """See `Outbox`."""
        return self._lanes.at(place)

    def last_place(self) -> int:
        """See `Outbox`."""
        return next(reversed(self._held), 0)

    def after(self, place: int) -> list[int]:
        """See `Outbox`."""
        newer = []
        for at in reversed(self._held):
            if at <= place:
                break
            newer.append(at)
        return newer[::-1]

    def lowest_uncommitted(self) -> int:
        """See `Outbox`."""
        return next(iter(self._held), 0)

    def uncommitted(self) -> int:
        """See `Outbox`."""
        return len(self._held)

    def reconcile(self, known: Mapping[str, Known]) -> list[Divergence]:
        """See `Outbox`; there is no place to set a batch aside."""
        lanes = [lane for lane in self._lanes if lane.spool_id in known]
        found = [self._settle_with(lane, known[lane.spool_id]) for lane in lanes]
        committed = []
        for place in self._held:
            lane, seq = self._lanes.at(place)
            if lane.spool_id in known and seq in known[lane.spool_id].committed:
                committed.append(place)
        self._drop(committed)
        return [divergence for divergence in found if divergence is not None]

    def read(self, place: int) -> bytes:
        """See `Outbox`; nothing here is ever damaged."""
        return self._held[place].message

    def commit(self, first: int, last: int) -> int:
        """See `Outbox`."""
        places = range(first, last + 1) if last - first < len(self._held) else self._held
        return self._drop([place for place in places if first <= place <= last and place in self._held])

    def set_aside(self, place: int, reason: str) -> str:
        """See `Outbox`; there is no place to keep it."""
        if place not in self._held:
            raise KeyError(place)
        self._drop([place])
        return "dropped, for there is no spool"

    def leave(self, lane: Lane) -> None:
        """See `Outbox`."""
        if lane is self._lanes.newest:
            self._lanes.begin()

    def give_up(self, place: int) -> None:
        """See `Outbox`."""
        self._drop([place])

    def _settle_with(self, lane: Lane, known: Known) -> Divergence | None:
        newest = self._held.get(lane.offset + known.newest_seq) if 0 < known.newest_seq <= lane.last_seq else None
        verdict = judge(lane, known, newest.chain if newest is not None else None)
        if verdict is Verdict.SAME or lane.is_told:
            return None
        lane.is_told = True
        if verdict is Verdict.REWOUND:
            return Divergence.of(verdict, lane, known, 0)
        doubtful = [place for place in self._held if lane.offset < place <= lane.offset + lane.last_seq]
        self._drop(doubtful)
        self.leave(lane)
        return Divergence.of(verdict, lane, known, len(doubtful))

    def _drop(self, places: Iterable[int]) -> int:
        records = 0
        for place in places:
            held = self._held.pop(place)
            self._bytes -= len(held.message)
            records += held.count
        return records
