"""The identities under which a spool numbers its batches, and what the ledger's word about them means. Pure.

A *lane* is one spool id with its own numbers from 1. Every opening of a spool begins a lane: what is appended from then on
has an identity that no copy of the folder can have given out. Batches of earlier lanes keep theirs, so that one that is on its
way already is recognised when it comes again.

Inside the process a batch is known by its *place*: one line of numbers through all lanes, in the order of appending.
"""

import uuid
from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

from logmesh.record.ranges import RangeSet


@dataclass(slots=True)
class Lane:
    """One spool id. The batch `seq` of it has the place `offset` + `seq`."""

    spool_id: str
    offset: int
    follows: str = ""
    """The spool id before it, empty where it is unknown."""
    last_seq: int = 0
    """Greatest number given out."""
    chain: int = 0
    """Of the batch `last_seq`, see `chained`."""
    is_open: bool = True
    """Whether this process began the lane: then it remembers all that it has said under it."""
    is_told: bool = False
    """Whether people were told that something is wrong with it."""


@dataclass(frozen=True, slots=True)
class HeldLane:
    """What Hello says of a lane: see `Hello` and `HeldSpool` in the contract."""

    spool_id: str
    lowest_seq: int
    last_seq: int
    abandoned: RangeSet
    follows: str


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger holds of a lane: numbers, the greatest of them that came with a chain (0: none), and that chain; and how many
    batches of other lanes that follow the same one."""

    committed: RangeSet = field(default_factory=RangeSet)
    newest_seq: int = 0
    newest_chain: int = 0
    rewound: int = 0


class Verdict(Enum):
    """How the ledger's word fits what a spool remembers of a lane."""

    SAME = auto()
    REWOUND = auto()
    """The ledger has numbers above all that an earlier process gave out, as far as its folder says, or lanes that followed the same
    one and are not in the folder: it is a copy, or was put back. What it holds are the same batches; what came after them may be read
    from the source a second time."""
    OVERTAKEN = auto()
    """The same of a lane of this process: it was put back together with its memory. The numbers that it gave out since may be
    other batches than those of the ledger."""
    FORKED = auto()
    """The ledger has other batches under these numbers: two copies of one running process have used the lane."""


def judge(lane: Lane, known: Known, chain_at_newest: int | None) -> Verdict:
    """Compare. `chain_at_newest` is the chain of the batch `known.newest_seq` where it is still held."""
    if chain_at_newest is not None and chain_at_newest != known.newest_chain:
        return Verdict.FORKED
    if known.committed.highest() > lane.last_seq:
        return Verdict.OVERTAKEN if lane.is_open else Verdict.REWOUND
    return Verdict.REWOUND if known.rewound else Verdict.SAME


@dataclass(frozen=True, slots=True)
class Divergence:
    """What a verdict means for a lane: `code` in one word, how many `batches` were set aside, all of it in words."""

    code: str
    spool_id: str
    batches: int
    what: str

    @classmethod
    def of(cls, verdict: Verdict, lane: Lane, known: Known, batches: int) -> "Divergence":
        """Say it."""
        name, highest = lane.spool_id, known.committed.highest()
        unknown = known.rewound or highest - lane.last_seq
        after = lane.follows if known.rewound else f"number {lane.last_seq} of {name}"
        what = {
            Verdict.REWOUND: f"the spool went back in time, or is a copy: the database has {unknown} batches after {after} that this"
            " folder does not know; their lines may be read, and stored, again",
            Verdict.OVERTAKEN: f"this process went back in time: the database has batches up to {highest} of {name}, and only"
            f" {lane.last_seq} were given out here; {batches} that may be others than the database's are set aside",
            Verdict.FORKED: f"two processes number their batches as {name}: batch {known.newest_seq} of the database is another"
            f" than the one here; {batches} that may not be stored are set aside",
        }
        return cls(verdict.name.lower(), name, batches, what[verdict])


class Lanes:
    """The lanes of one spool, oldest first; the last takes new batches."""

    def __init__(self) -> None:
        self._lanes: list[Lane] = []
        self._offsets: list[int] = []

    def __iter__(self) -> Iterator[Lane]:
        return iter(self._lanes)

    def __len__(self) -> int:
        return len(self._lanes)

    @property
    def newest(self) -> Lane:
        """The lane that takes new batches."""
        return self._lanes[-1]

    @property
    def next_place(self) -> int:
        """The place of the next batch."""
        return self.newest.offset + self.newest.last_seq + 1 if self._lanes else 1

    def begin(self, place: int = 1) -> Lane:
        """Begin a lane whose first batch has the next place, or `place` where that is greater."""
        return self.restore(str(uuid.uuid4()), max(self.next_place, place) - 1, is_open=True)

    def restore(self, spool_id: str, offset: int, follows: str = "", *, is_open: bool = False) -> Lane:
        """Add a lane that has an identity; all places before it count as given out."""
        if self._lanes:
            self.newest.last_seq = max(self.newest.last_seq, offset - self.newest.offset)
            follows = follows or self.newest.spool_id
        lane = Lane(spool_id, offset, follows, is_open=is_open)
        self._lanes.append(lane)
        self._offsets.append(offset)
        return lane

    def named(self, spool_id: str) -> Lane | None:
        """The lane of this id."""
        return next((lane for lane in reversed(self._lanes) if lane.spool_id == spool_id), None)

    def at(self, place: int) -> tuple[Lane, int]:
        """The lane and the number of the batch at `place`."""
        lane = self._lanes[max(bisect_right(self._offsets, place - 1) - 1, 0)]
        return lane, place - lane.offset

    def held(self, numbers: Mapping[str, list[int]]) -> list[HeldLane]:
        """What Hello says of the lanes, oldest first, given the numbers that are held of each, in order."""
        held = []
        for lane in self._lanes:
            seqs = numbers.get(lane.spool_id, [])
            # The newest lane's last batch may be in the journal and not yet among the numbers.
            upper = max(seqs, default=0) if lane is self.newest else lane.last_seq
            missing = RangeSet((seq, seq) for seq in (*seqs, upper + 1)).missing() if seqs else []
            abandoned = RangeSet((first, last) for first, last in missing if first >= seqs[0])
            held.append(HeldLane(lane.spool_id, seqs[0] if seqs else 0, lane.last_seq, abandoned, lane.follows))
        return held

    def forget(self, gone: Collection[str]) -> None:
        """Nothing of these lanes is held any more. The newest stays."""
        kept = [lane for lane in self._lanes if lane.spool_id not in gone or lane is self.newest]
        self._lanes, self._offsets = kept, [lane.offset for lane in kept]
