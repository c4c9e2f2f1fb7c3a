"""What a run asks of each server that it measures."""

from collections.abc import Sequence
from typing import Protocol

import psutil

from benchmarks.peers.batches import Batches
from benchmarks.peers.questions import Question


class Peer(Protocol):
    """A server with an empty folder, which is up. It measures nothing of itself."""

    def processes(self) -> Sequence[psutil.Process]:
        """Those whose CPU time counts, each with what it has started."""
        ...

    def merging(self) -> Sequence[psutil.Process]:
        """Those of them that only make large files of small ones."""
        ...

    def ingest(self, batches: Batches) -> None:
        """Send all, and return when all of it is counted by a question and survives a loss of power."""
        ...

    def count(self) -> int:
        """How many records there are."""
        ...

    def settle(self) -> None:
        """Return when there is nothing left that it does by itself with what it has."""
        ...

    def bytes_on_disk(self) -> tuple[int, int]:
        """Of the files that hold records, and of all that lies in its folder."""
        ...

    def ask(self, question: Question) -> int:
        """How many records, or rows, the answer has."""
        ...

    def stop(self) -> None:
        """End it."""
        ...
