"""What an Append stream needs of the place where batches wait until they are committed: a spool on disk, or memory."""

from collections.abc import Mapping
from typing import Protocol

from logmesh.client.delivering.lanes import Divergence, HeldLane, Known, Lane


class Outbox(Protocol):
    """Batches in lanes (see `lanes`), each held until it is committed or will never be. A batch is known by its place."""

    def held(self) -> list[HeldLane]:
        """What is held of each lane, oldest first; the last takes new batches, and may be empty."""
        ...

    def lane(self, spool_id: str) -> Lane | None:
        """The lane of this id."""
        ...

    def at(self, place: int) -> tuple[Lane, int]:
        """The lane and the number of the batch at `place`."""
        ...

    def last_place(self) -> int:
        """Greatest place that is held, 0 for none."""
        ...

    def after(self, place: int) -> list[int]:
        """Uncommitted places above `place`, lowest first."""
        ...

    def lowest_uncommitted(self) -> int:
        """The lowest place that is not committed, 0 for none."""
        ...

    def uncommitted(self) -> int:
        """How many batches are not committed."""
        ...

    def reconcile(self, known: Mapping[str, Known]) -> list[Divergence]:
        """Take the ledger's word, by spool id, for what is committed; return where it does not fit what is remembered here.

        Batches that may be others than the ledger's are set aside by then.
        """
        ...

    def read(self, place: int) -> bytes:
        """The batch's message. Raises KeyError for one that is not held, JournalCorrupt for a damaged one."""
        ...

    def commit(self, first: int, last: int) -> int:
        """Mark places as committed; return how many records that newly are."""
        ...

    def set_aside(self, place: int, reason: str) -> str:
        """Go on without a batch that no processor will take; return what became of it, in words.

        Raises KeyError for one that is not held, JournalCorrupt for a damaged one.
        """
        ...

    def leave(self, lane: Lane) -> None:
        """Somebody else numbers other batches in this lane: what is appended from now on gets another one."""
        ...

    def give_up(self, place: int) -> None:
        """Go on without a batch that can't be read."""
        ...
