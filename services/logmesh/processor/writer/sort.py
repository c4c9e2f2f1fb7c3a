"""Sorts a group by what the ledger holds of its spools, which are locked meanwhile. Pure.

Numbers say whether a batch is stored already. Chains say whether that is this batch: two copies of a running machine give other
batches the same numbers, and what the later of them sends must neither pass as stored nor be stored under a number that is taken.
A batch that follows one that was refused for its chain is of the same copy, and refused, too.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from logmesh.processor.payload import Link
from logmesh.processor.writer.prepare import Prepared
from logmesh.record.batch import chained
from logmesh.record.ranges import RangeSet
from logmesh.runtime.identity import NOBODY
from logmesh.storage.ledger import SpoolKey

_REMEMBERED_BRANCHES = 10_000


@dataclass(slots=True)
class LedgerRow:
    """What the ledger holds of a spool: numbers, the greatest of them that came with a chain (0: none), and that chain."""

    committed: RangeSet
    newest: int = 0
    chain: int = 0
    principal: str = ""

    def takes_from(self, principal: str) -> bool:
        """Whether what a principal sent may be of this spool; where nobody knew who sends, it may."""
        return principal == self.principal or principal in NOBODY or self.principal in NOBODY

    def fits(self, seq: int, link: Link | None) -> bool:
        """Whether a batch can follow, or be, the newest one. Of any other nothing is known."""
        if link is None or not self.newest:
            return True
        if seq == self.newest:
            return link.chain == self.chain
        return seq != self.newest + 1 or link.chain == chained(self.chain, link.crc32c)

    def take(self, seq: int, link: Link | None) -> None:
        """The batch is stored with this flush."""
        self.committed.add(seq)
        if link is not None and seq > self.newest:
            self.newest, self.chain = seq, link.chain


@dataclass(frozen=True, slots=True)
class Flushed:
    """What a committed flush did: batches that it stored, those of requests that another batch has stored, those that the ledger
    already held, those whose number another batch has, those that came provisionally from another principal than the spool's, and
    those whose spool somebody else has locked; the last are to be tried again later."""

    stored: list[Prepared] = field(default_factory=list)
    repeated: list[Prepared] = field(default_factory=list)
    duplicates: list[Prepared] = field(default_factory=list)
    forked: list[Prepared] = field(default_factory=list)
    foreign: list[Prepared] = field(default_factory=list)
    locked: list[Prepared] = field(default_factory=list)


class Branches:
    """By spool, the last batch that was refused because another has its number: number and chain."""

    def __init__(self) -> None:
        self._tips: dict[SpoolKey, tuple[int, int]] = {}

    def copy(self) -> "Branches":
        """The same, to be changed by itself: a transaction that fails must leave no trace here, for the next one sorts the same."""
        other = Branches()
        other._tips = self._tips.copy()
        return other

    def become(self, other: "Branches") -> None:
        """What `other` has learnt holds."""
        self._tips = other._tips

    def grow(self, key: SpoolKey, seq: int, link: Link | None) -> bool:
        """Whether the batch follows the last one that was refused; it is the last one then."""
        newest, chain = self._tips.get(key, (0, 0))
        if link is None or seq != newest + 1 or not newest or link.chain != chained(chain, link.crc32c):
            return False
        self.refused(key, seq, link)
        return True

    def refused(self, key: SpoolKey, seq: int, link: Link | None) -> None:
        """A batch does not fit."""
        if link is None:
            return
        if key not in self._tips and len(self._tips) >= _REMEMBERED_BRANCHES:
            self._tips.clear()
        self._tips[key] = seq, link.chain

    def stored(self, key: SpoolKey, seq: int, link: Link | None) -> None:
        """A batch is stored: if it was refused before, then by another database, or another state of it."""
        if link is not None and self._tips.get(key) == (seq, link.chain):
            del self._tips[key]


def sort(group: list[Prepared], ledger: Mapping[int, LedgerRow], branches: Branches) -> Flushed:
    """Sort batches; their rows of the ledger come to hold what is stored. Spools that have no row here are locked by somebody else."""
    flushed = Flushed()
    for prepared in group:
        batch, link = prepared.batch, prepared.link
        row, seq = ledger.get(prepared.spool), batch.seq
        if row is None:
            flushed.locked.append(prepared)
        elif batch.provisional and not row.takes_from(batch.principal):
            flushed.foreign.append(prepared)
        elif not row.fits(seq, link):
            branches.refused(batch.key, seq, link)
            flushed.forked.append(prepared)
        elif seq in row.committed:
            flushed.duplicates.append(prepared)
        elif branches.grow(batch.key, seq, link):
            flushed.forked.append(prepared)
        else:
            row.take(seq, link)
            branches.stored(batch.key, seq, link)
            flushed.stored.append(prepared)
    return flushed
