"""Sorts a group by what the ledger holds of its spools, which are locked meanwhile. Pure.

Numbers say whether a batch is stored already. Chains say whether that is this batch: two copies of a running machine give other
batches the same numbers, and what the later of them sends must neither pass as stored nor be stored under a number that is taken.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from logmesh.processor.payload import Link
from logmesh.processor.writer.prepare import Prepared
from logmesh.record.batch import chained
from logmesh.record.ranges import RangeSet


@dataclass(slots=True)
class Standing:
    """What the ledger holds of a spool: numbers, the greatest of them that came with a chain (0: none), and that chain."""

    committed: RangeSet
    newest: int = 0
    chain: int = 0

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
    """What a committed flush did: batches that it stored, those that the ledger already held, those whose number another batch
    has, and those whose spool somebody else has locked; the last are to be tried again later."""

    stored: list[Prepared] = field(default_factory=list)
    duplicates: list[Prepared] = field(default_factory=list)
    forked: list[Prepared] = field(default_factory=list)
    locked: list[Prepared] = field(default_factory=list)


def sort(group: list[Prepared], standings: Mapping[int, Standing]) -> Flushed:
    """Sort batches; the standings come to hold what is stored. Spools that have none are locked by somebody else."""
    flushed = Flushed()
    for prepared in group:
        standing, seq = standings.get(prepared.spool), prepared.batch.seq
        if standing is None:
            flushed.locked.append(prepared)
        elif not standing.fits(seq, prepared.link):
            flushed.forked.append(prepared)
        elif seq in standing.committed:
            flushed.duplicates.append(prepared)
        else:
            standing.take(seq, prepared.link)
            flushed.stored.append(prepared)
    return flushed
