"""What an Append stream needs of the place where batches wait until they are committed: a spool on disk, or memory."""

from typing import Protocol

from logmesh.record.ranges import RangeSet


class Outbox(Protocol):
    """Batches of one spool id, numbered from 1, each held until it is committed or will never be."""

    @property
    def spool_id(self) -> str:
        """The identity under which the ledger knows these batches."""
        ...

    def next_epoch(self) -> int:
        """A number above all that have opened a stream of this spool."""
        ...

    def lowest_seq(self) -> int:
        """Lowest number that is held, 0 for none."""
        ...

    def last_seq(self) -> int:
        """Greatest number that is held, 0 for none."""
        ...

    def after(self, seq: int) -> list[int]:
        """Uncommitted numbers above `seq`, lowest first."""
        ...

    def lowest_uncommitted(self) -> int:
        """The lowest number that is not committed, 0 for none."""
        ...

    def uncommitted(self) -> int:
        """How many batches are not committed."""
        ...

    def reconcile(self, committed: RangeSet) -> list[int]:
        """Take the ledger's word for what is committed; return the numbers that it lacks, lowest first."""
        ...

    def read(self, seq: int) -> bytes:
        """The batch's message. Raises KeyError for one that is not held, JournalCorrupt for a damaged one."""
        ...

    def commit(self, first: int, last: int) -> int:
        """Mark batches as committed; return how many records that newly are."""
        ...

    def set_aside(self, seq: int, reason: str) -> str:
        """Go on without a batch that no processor will take; return what became of it, in words.

        Raises KeyError for one that is not held, JournalCorrupt for a damaged one.
        """
        ...

    def give_up(self, seq: int) -> None:
        """Go on without a batch that can't be read."""
        ...

    def abandoned(self) -> RangeSet:
        """Numbers that are not held and need not be waited for."""
        ...
